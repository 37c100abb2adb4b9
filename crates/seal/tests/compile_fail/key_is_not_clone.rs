use sealpost_seal::Key;

fn copy(value: &Key) -> Key {
    value.clone()
}

fn main() {}

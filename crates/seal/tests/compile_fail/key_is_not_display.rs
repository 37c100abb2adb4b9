use sealpost_seal::Key;

fn log(value: &Key) -> String {
    value.to_string()
}

fn main() {}

use sealpost_seal::Sealed;

fn copy(value: &Sealed<String>) -> Sealed<String> {
    value.clone()
}

fn main() {}

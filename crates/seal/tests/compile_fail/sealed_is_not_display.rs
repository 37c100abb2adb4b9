use sealpost_seal::Sealed;

fn log(value: &Sealed<String>) -> String {
    value.to_string()
}

fn main() {}

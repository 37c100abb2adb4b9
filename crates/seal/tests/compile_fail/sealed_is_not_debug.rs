use sealpost_seal::Sealed;

fn log(value: &Sealed<String>) -> String {
    format!("{value:?}")
}

fn main() {}

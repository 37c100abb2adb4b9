use sealpost_seal::SecretText;

fn log(value: &SecretText) -> String {
    format!("{value:?}")
}

fn main() {}

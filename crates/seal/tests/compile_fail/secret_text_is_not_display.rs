use sealpost_seal::SecretText;

fn log(value: &SecretText) -> String {
    value.to_string()
}

fn main() {}

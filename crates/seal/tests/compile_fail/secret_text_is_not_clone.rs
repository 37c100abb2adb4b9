use sealpost_seal::SecretText;

fn copy(value: &SecretText) -> SecretText {
    value.clone()
}

fn main() {}

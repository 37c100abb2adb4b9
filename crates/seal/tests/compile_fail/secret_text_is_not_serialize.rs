use sealpost_seal::SecretText;

fn answer(value: &SecretText) -> String {
    serde_json::to_string(value).unwrap()
}

fn main() {}

use sealpost_seal::Personal;

fn answer(value: &Personal<String>) -> String {
    serde_json::to_string(value).unwrap()
}

fn main() {}

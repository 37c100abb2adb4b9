use sealpost_seal::Key;

fn answer(value: &Key) -> String {
    serde_json::to_string(value).unwrap()
}

fn main() {}

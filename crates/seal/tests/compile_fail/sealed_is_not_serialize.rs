use sealpost_seal::Sealed;

fn answer(value: &Sealed<String>) -> String {
    serde_json::to_string(value).unwrap()
}

fn main() {}

use sealpost_seal::Personal;

fn peek(value: &Personal<String>) -> &str {
    &value.0
}

fn main() {}

use sealpost_seal::Personal;

fn peek(value: &Personal<String>) -> &str {
    value.expose()
}

fn main() {}

use sealpost_seal::Personal;

fn log(value: &Personal<String>) -> String {
    value.to_string()
}

fn main() {}

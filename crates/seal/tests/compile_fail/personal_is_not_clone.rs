use sealpost_seal::Personal;

fn copy(value: &Personal<String>) -> Personal<String> {
    value.clone()
}

fn main() {}

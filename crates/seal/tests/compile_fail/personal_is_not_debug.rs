use sealpost_seal::Personal;

fn log(value: &Personal<String>) -> String {
    format!("{value:?}")
}

fn main() {}

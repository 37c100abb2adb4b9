use sealpost_seal::Key;

fn log(value: &Key) -> String {
    format!("{value:?}")
}

fn main() {}

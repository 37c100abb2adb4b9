use sealpost_seal::token::PlainKey;

fn log(key: &PlainKey) -> String {
    format!("{key:?}")
}

fn main() {}

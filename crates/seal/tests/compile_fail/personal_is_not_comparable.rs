use sealpost_seal::Personal;

fn same(one: &Personal<String>, other: &Personal<String>) -> bool {
    one == other
}

fn main() {}

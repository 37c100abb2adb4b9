use sealpost_seal::SecretText;

fn same(one: &SecretText, other: &SecretText) -> bool {
    one == other
}

fn main() {}

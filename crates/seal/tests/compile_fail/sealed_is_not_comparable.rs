use sealpost_seal::Sealed;

fn same(one: &Sealed<String>, other: &Sealed<String>) -> bool {
    one == other
}

fn main() {}

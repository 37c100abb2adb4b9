use sealpost_seal::Key;

fn same(one: &Key, other: &Key) -> bool {
    one == other
}

fn main() {}

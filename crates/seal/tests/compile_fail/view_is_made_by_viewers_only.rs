use sealpost_seal::View;

fn main() {
    let _ = View::Shown("clear".to_owned());
}

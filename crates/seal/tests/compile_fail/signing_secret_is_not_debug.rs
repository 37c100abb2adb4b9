use sealpost_seal::signature::SigningSecret;

fn log(secret: &SigningSecret) -> String {
    format!("{secret:?}")
}

fn main() {}

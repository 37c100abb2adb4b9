//! Why something can't be done with a secret.

sealpost_web::codes! {
    /// 409: another one is called so.
    SECRET_EXISTS = 409 "secret_exists" "A secret with this name exists already";
    /// 409: something would be left without it.
    SECRET_IN_USE = 409 "secret_in_use" "This secret is in use: what uses it goes first";
    /// 409: it was made for something else, and is replaced there.
    SECRET_MANAGED = 409 "secret_managed" "This secret belongs to what uses it, and is replaced there";
}

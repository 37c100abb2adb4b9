//! Why something can't be done with a secret.

sealpost_web::codes! {
    /// 409: it was opened, taken back, or its time is over.
    HANDOVER_OVER = 409 "handover_over" "This hand-over is not open any more";
    /// 410: the link of a hand-over opens nothing, or nothing any more.
    HANDOVER_SPENT = 410 "handover_spent" "This link opens nothing any more";
    /// 409: another one is called so.
    SECRET_EXISTS = 409 "secret_exists" "A secret with this name exists already";
    /// 409: something would be left without it.
    SECRET_IN_USE = 409 "secret_in_use" "This secret is in use: what uses it goes first";
    /// 409: it was made for something else, and is replaced there.
    SECRET_MANAGED = 409 "secret_managed" "This secret belongs to what uses it, and is replaced there";
}

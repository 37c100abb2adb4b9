//! Why a passkey is not believed, and why something can't be done with one.

sealpost_web::codes! {
    /// 403: the answer is not by a passkey we know, or not made here and now. The ledger says why.
    PASSKEY_REFUSED = 403 "passkey_refused" "This passkey was not accepted";
    /// 409: too much time has passed, or the answer was used before.
    CHALLENGE_SPENT = 409 "challenge_spent" "This took too long, or was done before: try again";
    /// 409: there would be none left.
    LAST_PASSKEY = 409 "last_passkey" "This is your only passkey: register another one first";
    /// 409: there are as many as there may be.
    PASSKEYS_FULL = 409 "passkeys_full" "A member has 20 passkeys at most";
    /// 409: it is registered already.
    PASSKEY_EXISTS = 409 "passkey_exists" "This passkey is registered already";
}

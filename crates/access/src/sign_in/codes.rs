//! Why somebody isn't signed in.

sealpost_web::codes! {
    /// 403: nobody has this code, or it was used. Nobody learns which.
    RECOVERY_CODE_REFUSED = 403 "recovery_code_refused" "This recovery code was not accepted";
    /// 410: the link was followed before, its time is over, or it never was one. Nobody learns which.
    LINK_SPENT = 410 "link_spent" "This link can't be used any more";
}

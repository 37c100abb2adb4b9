//! Why somebody isn't signed in.

sealpost_web::codes! {
    /// 403: nobody has this code, or it was used. Nobody learns which.
    RECOVERY_CODE_REFUSED = 403 "recovery_code_refused" "This recovery code was not accepted";
    /// 403: the organisation has its members sign in by its service.
    SSO_REQUIRED = 403 "sso_required" "Your organisation has you sign in by its own service";
    /// 410: the link was followed before, its time is over, or it never was one. Nobody learns which.
    LINK_SPENT = 410 "link_spent" "This link can't be used any more";
}

//! Why a setting stays as it is.

sealpost_web::codes! {
    /// 409: it says what is in force.
    REVISION_IN_FORCE = 409 "revision_in_force" "This is what is in force";
    /// 409: no feature of this version knows the setting.
    REVISION_UNKNOWN = 409 "revision_unknown" "This version doesn't have this setting";
}

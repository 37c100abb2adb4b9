//! Why a setting stays as it is.

sealpost_web::codes! {
    /// 422: it can't be switched off.
    SWITCH_ALWAYS_ON = 422 "switch_always_on" "This protection is always on";
    /// 422: there is nothing to switch in this version.
    SWITCH_UNAVAILABLE = 422 "switch_unavailable" "This version doesn't have this yet";
    /// 422: details would be gone sooner, and nobody says why.
    RETENTION_REASON_REQUIRED = 422 "retention_reason_required" "To keep details for a shorter time takes a reason";
}

//! Why there is no certificate, as clients learn it.

sealpost_web::codes! {
    /// 409: the erasure is not done yet.
    ERASURE_UNDER_WAY = 409 "erasure_under_way" "The erasure is still under way";
}

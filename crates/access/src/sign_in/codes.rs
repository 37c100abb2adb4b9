//! Why somebody isn't signed in.

sealpost_web::codes! {
    /// 410: the link was followed before, its time is over, or it never was one. Nobody learns which.
    LINK_SPENT = 410 "link_spent" "This link can't be used any more";
}

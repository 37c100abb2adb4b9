//! Why the lists stay as they are.

sealpost_web::codes! {
    /// 409: nothing waits to be confirmed.
    NETWORKS_NOT_PENDING = 409 "networks_not_pending" "No change of the networks waits: it was confirmed, taken back, or has undone itself";
    /// 412: what `If-Match` names isn't how it stands.
    NETWORKS_MOVED = 412 "networks_moved" "Other lists hold than those that were looked at";
    /// 422: whoever asks would be shut out.
    OWN_ADDRESS_EXCLUDED = 422 "own_address_excluded" "You would shut yourself out";
}

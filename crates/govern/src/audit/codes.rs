//! Why there is no proof.

sealpost_web::codes! {
    /// 404: nothing is signed yet.
    CHECKPOINT_PENDING = 404 "checkpoint_pending" "No checkpoint has been signed yet; there will be one within a second";
    /// 422: no such leaf or size.
    PROOF_OUT_OF_RANGE = 422 "proof_out_of_range" "The ledger has no such leaf or size";
}

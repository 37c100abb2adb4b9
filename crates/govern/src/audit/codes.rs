//! Why there is no proof, and no export.

sealpost_web::codes! {
    /// 403: the ledger holds more than the test environment.
    EXPORT_LIVE_ONLY = 403 "export_live_only" "The ledger holds both environments: it is exported from the live one";
    /// 404: nothing is signed yet.
    CHECKPOINT_PENDING = 404 "checkpoint_pending" "No checkpoint has been signed yet; there will be one within a second";
    /// 422: no such leaf or size.
    PROOF_OUT_OF_RANGE = 422 "proof_out_of_range" "The ledger has no such leaf or size";
    /// 422: nobody would wait for it.
    LEDGER_TOO_LONG = 422 "ledger_too_long" "The ledger is too long to be verified while you wait: export it and verify the file";
}

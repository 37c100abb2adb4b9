//! Why something stays stored, or a policy as it is.

sealpost_web::codes! {
    /// 422: more would be stored in test than in live.
    STORAGE_TEST_LOOSER = 422 "storage_test_looser" "The test environment stores no more than the live one";
    /// 409: what is kept isn't purged.
    STORAGE_KEPT = 409 "storage_kept" "This class keeps its payloads: choose another mode first";
    /// 422: whoever purges says of what.
    PURGE_UNCONFIRMED = 422 "purge_unconfirmed" "A purge is confirmed by the name of its class";
    /// 422: nobody and nothing of these is here.
    HOLD_TARGET_UNKNOWN = 422 "hold_target_unknown" "A hold is about one contact, or about 1 to 1000 messages, that are there";
    /// 409: it was lifted before.
    HOLD_LIFTED = 409 "hold_lifted" "The hold was lifted before";
    /// 409: somebody is held.
    LEGAL_HOLD = 409 "legal_hold" "A legal hold keeps this person from being erased";
}

//! Why a policy stays as it is, and what it refuses.

sealpost_web::codes! {
    /// 403: a key of the test environment would decide about live data.
    LIVE_KEY_REQUIRED = 403 "live_key_required" "This holds for both environments: it takes a live key";
    /// 409: somebody else decided at the same moment.
    MASKING_RACED = 409 "masking_raced" "Somebody else has just changed the policy: read it again";
    /// 429: this key has looked as often today as the policy lets anybody.
    REVEAL_BUDGET_EXHAUSTED = 429 "reveal_budget_exhausted" "No looks at clear data are left for today (UTC)";
    /// 422: the change shows more than before, and nobody says why.
    REASON_REQUIRED = 422 "reason_required" "A weaker policy takes a reason";
    /// 422: the test environment would show what live hides.
    TEST_LOOSER_THAN_LIVE = 422 "test_looser_than_live" "The test environment may hide more than live, and never less";
    /// 422: rules without the mode that has some, or the other way round.
    MASKING_RULES_MISPLACED = 422 "masking_rules_misplaced" "Mode `patterns` needs rules, and no other mode has any";
}

//! Why merges are refused, as clients learn it.

sealpost_web::codes! {
    /// 422: the contact to merge into is nobody's.
    MERGE_TARGET_UNKNOWN = 422 "merge_target_unknown" "There is no such contact to merge into";
    /// 422: a contact can't be merged into itself.
    MERGE_INTO_ITSELF = 422 "merge_into_itself" "A contact can’t be merged into itself";
}

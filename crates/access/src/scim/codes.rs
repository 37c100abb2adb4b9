//! Why a directory is refused.

sealpost_web::codes! {
    /// 400: the filter is none, or more than is taken.
    SCIM_FILTER_INVALID = 400 "scim_filter_invalid" "The filter is malformed, too deep or too long";
    /// 400: the path of a change is none.
    SCIM_PATH_INVALID = 400 "scim_path_invalid" "The path is malformed or leads nowhere";
    /// 400: not a request of the standard.
    SCIM_SYNTAX_INVALID = 400 "scim_syntax_invalid" "The request does not follow the standard";
    /// 400: there is nothing to change.
    SCIM_NO_TARGET = 400 "scim_no_target" "There is nothing that the path leads to";
    /// 400: nobody changes that.
    SCIM_MUTABILITY = 400 "scim_mutability" "This attribute can't be changed";
    /// 400: a value is missing or wrong.
    SCIM_VALUE_INVALID = 400 "scim_value_invalid" "A value is missing or can't be what its attribute holds";
    /// 400: more than is done at once.
    SCIM_TOO_MANY = 400 "scim_too_many" "More than is taken or looked through at once";
    /// 401: nobody has this token.
    SCIM_TOKEN_UNKNOWN = 401 "scim_token_unknown" "No directory has this token";
    /// 401: revoked.
    SCIM_TOKEN_REVOKED = 401 "scim_token_revoked" "This token has been revoked";
    /// 409: another user has this name.
    SCIM_NAME_TAKEN = 409 "scim_name_taken" "Another user has this userName";
    /// 409: there are as many as there may be.
    SCIM_TOKENS_FULL = 409 "scim_tokens_full" "An organisation has 50 tokens for directories at most";
    /// 412: what `If-Match` names isn't how it stands.
    SCIM_VERSION_MISMATCH = 412 "scim_version_mismatch" "This was changed since that version";
    /// 422: no such team.
    SCIM_GROUP_UNKNOWN = 422 "scim_group_unknown" "There is no such team";
}

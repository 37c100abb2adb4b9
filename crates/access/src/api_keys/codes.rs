//! Why a key is refused, and why something can't be done with one.

sealpost_web::codes! {
    /// 401: not a key: prefix, length or checksum.
    KEY_MALFORMED = 401 "key_malformed" "This is not an API key; was it copied completely?";
    /// 401: a secret key in the header for publishable ones.
    KEY_HEADER_WRONG = 401 "key_header_wrong" "A secret key was presented as a publishable one";
    /// 401: nobody has this key.
    KEY_UNKNOWN = 401 "key_unknown" "Nobody has this API key";
    /// 401: revoked.
    KEY_REVOKED = 401 "key_revoked" "This API key has been revoked";
    /// 401: its time is over.
    KEY_EXPIRED = 401 "key_expired" "This API key has expired";
    /// 401: its successor has taken over.
    KEY_ROTATED_OUT = 401 "key_rotated_out" "This API key has been replaced by its successor";
    /// 403: from a network the key is not tied to.
    KEY_ADDRESS_REFUSED = 403 "key_address_refused" "This API key may not be used from here";
    /// 403: a secret key from a web page.
    SECRET_KEY_IN_BROWSER = 403 "secret_key_in_browser" "A secret key was used in a browser: replace it, others have seen it";
    /// 403: more than the creator may do.
    SCOPES_EXCEEDED = 403 "scopes_exceeded" "A key can't be given what its creator may not do";
    /// 403: it would see more than its creator does.
    MASK_PROFILE_EXCEEDED = 403 "mask_profile_exceeded" "A key can't see more than its creator does, and a publishable one sees nothing";
    /// 409: it has ended already.
    KEY_NOT_ACTIVE = 409 "key_not_active" "This API key is not active any more";
    /// 422: a publishable key may not hold this.
    SCOPES_NOT_PUBLISHABLE = 422 "scopes_not_publishable" "A publishable key may not hold these scopes";
    /// 422: a secret key without scopes can do nothing.
    SCOPES_EMPTY = 422 "scopes_empty" "A secret key needs at least one scope";
}

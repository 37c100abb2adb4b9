//! The codes every route may answer with. Features declare theirs the same way.

crate::codes! {
    /// 400: the credential stands in the URL, where it ends up in logs and histories.
    CREDENTIAL_IN_URL = 400 "credential_in_url" "A credential must not be in the URL";
    /// 400: more than one credential.
    CREDENTIAL_AMBIGUOUS = 400 "credential_ambiguous" "More than one credential was presented";
    /// 400: the cursor is damaged, foreign, or was made with another filter.
    CURSOR_INVALID = 400 "cursor_invalid" "The cursor does not belong to this list";
    /// 400: the body is not strict JSON.
    JSON_INVALID = 400 "json_invalid" "The body is not valid JSON";
    /// 400: neither `test` nor `live`.
    ENVIRONMENT_INVALID = 400 "environment_invalid" "The header Sealpost-Environment is neither `test` nor `live`";
    /// 400: the request names more than one host (RFC 9112 §3.2).
    HOST_INVALID = 400 "host_invalid" "The request names more than one host";
    /// 400: it comes through a proxy that is trusted to say from whom, and doesn't.
    FORWARDED_INVALID = 400 "forwarded_invalid" "The proxy does not say for whom it asks";
    /// 400: a query parameter is unknown or wrong.
    QUERY_INVALID = 400 "query_invalid" "A query parameter is unknown or wrong";
    /// 400: the route takes no body.
    BODY_UNEXPECTED = 400 "body_unexpected" "This route takes no body";
    /// 400: the client stopped sending before the body was complete.
    BODY_INCOMPLETE = 400 "body_incomplete" "The body is incomplete";
    /// 400: the idempotency key is not 1 to 255 visible ASCII characters.
    IDEMPOTENCY_KEY_INVALID = 400 "idempotency_key_invalid" "The idempotency key is not 1 to 255 visible ASCII characters";
    /// 401: no credential.
    CREDENTIAL_MISSING = 401 "credential_missing" "No credential was presented";
    /// 401: nobody has this credential.
    CREDENTIAL_INVALID = 401 "credential_invalid" "The credential is not valid";
    /// 403: plain HTTP.
    HTTPS_REQUIRED = 403 "https_required" "HTTPS is required";
    /// 403: the caller lacks a permission.
    PERMISSION_MISSING = 403 "permission_missing" "The credential lacks a permission";
    /// 403: the organisation lists networks for this, and the request comes from none of them.
    NETWORK_NOT_ADMITTED = 403 "network_not_admitted" "The organisation does not admit this from where it comes";
    /// 403: a cookie speaks for somebody, and the request doesn't come from a page of ours.
    CROSS_SITE_REFUSED = 403 "cross_site_refused" "This request does not come from a page of this server";
    /// 403: the token that only a page of ours knows is missing or another's.
    CSRF_TOKEN_INVALID = 403 "csrf_token_invalid" "The page this comes from is outdated: load it again";
    /// 403: the session began with a link, and its member has yet to register a passkey.
    PASSKEY_REQUIRED = 403 "passkey_required" "Register a passkey first";
    /// 403: the page is shown as another role sees it, and nothing is done from there.
    PREVIEW_READ_ONLY = 403 "preview_read_only" "You are looking as another role sees it: nothing can be done from here";
    /// 403: it isn't for whoever was let in to help.
    SUPPORT_OUT_OF_REACH = 403 "support_out_of_reach" "Support access doesn't reach this";
    /// 403: the route is for signed-in members.
    SESSION_REQUIRED = 403 "session_required" "This route needs a signed-in member";
    /// 403: the act is sensitive, and nobody has proved lately that it is them.
    STEP_UP_REQUIRED = 403 "step_up_required" "Confirm with your passkey that it is you, then try again";
    /// 403: the route is for directories that provision members, and for nobody else; they are for nothing else.
    DIRECTORY_TOKEN_REQUIRED = 403 "directory_token_required" "This route needs the token of a directory";
    /// 403: the route wants a secret key.
    SECRET_KEY_REQUIRED = 403 "secret_key_required" "This route needs a secret key";
    /// 404: absent, foreign and hidden look the same.
    NOT_FOUND = 404 "not_found" "There is nothing here that this credential may see";
    /// 405: the path exists, the method doesn't.
    METHOD_NOT_ALLOWED = 405 "method_not_allowed" "This path does not answer to this method";
    /// 408: the body took too long.
    REQUEST_TIMEOUT = 408 "request_timeout" "The body took too long to arrive";
    /// 409: the same request is being worked on.
    IDEMPOTENCY_IN_FLIGHT = 409 "idempotency_in_flight" "A request with this idempotency key is still being worked on";
    /// 409: somebody else was faster; nothing was done.
    CHANGED_MEANWHILE = 409 "changed_meanwhile" "This was changed by somebody else meanwhile; look again";
    /// 413: the body is too large.
    BODY_TOO_LARGE = 413 "body_too_large" "The body is too large";
    /// 414: the URL is too long.
    URL_TOO_LONG = 414 "url_too_long" "The URL is too long";
    /// 415: the body's media type is not the route's.
    MEDIA_TYPE_UNSUPPORTED = 415 "media_type_unsupported" "The body's media type is not supported";
    /// 422: a field is unknown, missing or wrong.
    BODY_INVALID = 422 "body_invalid" "The body has fields that are unknown, missing or wrong";
    /// 422: a number would change its value in a JavaScript client.
    NUMBER_UNSAFE = 422 "number_unsafe" "A number is too large or too fine to be exchanged safely";
    /// 422: the key was used with another request.
    IDEMPOTENCY_MISMATCH = 422 "idempotency_mismatch" "This idempotency key was used with a different request";
    /// 422: header and body disagree.
    IDEMPOTENCY_KEY_CONFLICT = 422 "idempotency_key_conflict" "Header and body name different idempotency keys";
    /// 429: too many requests.
    RATE_LIMITED = 429 "rate_limited" "Too many requests";
    /// 431: the headers are too large.
    HEADERS_TOO_LARGE = 431 "headers_too_large" "The request's headers are too large";
    /// 500: a bug or an outage.
    INTERNAL = 500 "internal" "Something went wrong on our side";
    /// 500: the answer held what was kept from whoever asked.
    RESPONSE_WITHHELD = 500 "response_withheld" "The answer would have shown what you may not see, and was withheld";
    /// 503: nothing can be written, and nothing was.
    STORAGE_UNAVAILABLE = 503 "storage_unavailable" "Nothing can be stored at the moment; try again";
    /// 503: too busy.
    OVERLOADED = 503 "overloaded" "Too busy; try again";
}

//! Why a session is refused.

sealpost_web::codes! {
    /// 401: not a session, or nobody's.
    SESSION_UNKNOWN = 401 "session_unknown" "Nobody is signed in with this cookie";
    /// 401: a time, its member or somebody else ended it.
    SESSION_ENDED = 401 "session_ended" "This session has ended: sign in again";
    /// 403: the member's role ties them to other networks.
    SESSION_ADDRESS_REFUSED = 403 "session_address_refused" "Your role may not be used from here";
}

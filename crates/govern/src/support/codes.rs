//! Why support access is not asked for, begun or gone on with.

sealpost_web::codes! {
    /// 401: no support access has this session.
    SUPPORT_SESSION_UNKNOWN = 401 "support_session_unknown" "This session of support access is not known";
    /// 401: it is over.
    SUPPORT_SESSION_ENDED = 401 "support_session_ended" "This support access is over";
    /// 409: there is nothing left to end, or to begin.
    SUPPORT_OVER = 409 "support_over" "This support access is over";
    /// 409: nobody gets a link who is on the host.
    SUPPORT_NO_LINK = 409 "support_no_link" "This support access is for the host: it takes no link";
    /// 409: whoever is a member is let in as one, and has no say in it.
    SUPPORT_IS_MEMBER = 409 "support_is_member" "This address is a member's own: they are let in as a member";
    /// 422: nobody may be granted this.
    SUPPORT_SCOPE = 422 "support_scope" "Support access can't be asked for so";
}

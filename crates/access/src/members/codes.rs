//! Why something can't be done to members.

sealpost_web::codes! {
    /// 403: only an owner decides about owners.
    OWNERS_ONLY = 403 "owners_only" "Only an owner makes and unmakes owners";
    /// 403: it is about whoever asks.
    ONESELF = 403 "oneself" "Nobody changes what they may themselves";
    /// 403: more than whoever asks may.
    ROLE_EXCEEDS = 403 "role_exceeds" "Nobody gives what they lack";
    /// 403: the other may more.
    OUTRANKED = 403 "outranked" "Nobody changes somebody who may more than they";
    /// 409: the organisation would have no owner.
    LAST_OWNER = 409 "last_owner" "An organisation keeps an owner";
    /// 409: another member has this address.
    MEMBER_EXISTS = 409 "member_exists" "A member has this e-mail address";
    /// 409: not where the member stands.
    MEMBER_STATE = 409 "member_state" "This can't be done to a member who stands where this one does";
    /// 409: it gives a role, so a directory says who is in it.
    TEAM_GIVES_ROLE = 409 "team_gives_role" "This team gives a role: the directory says who is in it";
    /// 422: no such role.
    ROLE_UNKNOWN = 422 "role_unknown" "There is no such role";
    /// 422: no such team.
    TEAM_UNKNOWN = 422 "team_unknown" "There is no such team";
}

//! Why something can't be done with a team.

sealpost_web::codes! {
    /// 409: another team has this name.
    TEAM_NAME_TAKEN = 409 "team_name_taken" "Another team has this name";
    /// 409: there are as many as there may be.
    TEAMS_FULL = 409 "teams_full" "An organisation has 200 teams at most";
    /// 422: somebody on the list is no member.
    TEAM_MEMBER_UNKNOWN = 422 "team_member_unknown" "Somebody on the list is no member";
}

//! Why something can't be done with a role.

sealpost_web::codes! {
    /// 403: it is the role of whoever asks.
    OWN_ROLE = 403 "own_role" "Nobody changes their own role";
    /// 409: another role has this name.
    ROLE_NAME_TAKEN = 409 "role_name_taken" "Another role has this name";
    /// 409: somebody has it.
    ROLE_IN_USE = 409 "role_in_use" "Members have this role: give them another first";
    /// 409: there are as many as there may be.
    ROLES_FULL = 409 "roles_full" "An organisation has 100 roles of its own at most";
}

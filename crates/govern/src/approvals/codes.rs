//! Why nothing becomes of a request, or of a vote.

sealpost_web::codes! {
    /// 409: it was decided, taken back, or its time is over.
    APPROVAL_OVER = 409 "approval_over" "It doesn't wait any more";
    /// 409: the digest is not of what would go live.
    APPROVAL_CHANGED = 409 "approval_changed" "It was changed meanwhile: look at it again";
    /// 409: nobody approves what they asked for themselves.
    APPROVAL_OWN = 409 "approval_own" "Somebody else has to agree";
    /// 409: they wrote what would go live, or would have what is asked for.
    APPROVAL_TIED = 409 "approval_tied" "Whoever wrote it, or would have it, doesn't vote on it";
    /// 409: whoever has nobody to ask waits a day.
    APPROVAL_TOO_EARLY = 409 "approval_too_early" "Whoever has nobody to ask waits a day";
    /// 409: others were asked.
    APPROVAL_NOT_ASKED = 409 "approval_not_asked" "Your vote doesn't count here";
    /// 409: a vote counts once.
    APPROVAL_VOTED = 409 "approval_voted" "You have said so already";
    /// 409: only whoever asked may change it or take it back.
    APPROVAL_NOT_YOURS = 409 "approval_not_yours" "Only whoever asked may do this";
    /// 409: too few have agreed, or some of them may not any more.
    APPROVAL_TOO_FEW = 409 "approval_too_few" "Too few have agreed";
    /// 409: nobody knows whose key this is, so nobody could tell them from who agrees.
    APPROVAL_PERSON_UNKNOWN = 409 "approval_person_unknown" "It isn't known who made this key: use one that a member made, or sign in";
    /// 409: nothing that was granted has this form.
    APPROVAL_MISMATCH = 409 "approval_mismatch" "This isn't what was approved";
    /// 409: it is done by whoever asked, where it is done.
    APPROVAL_BY_ASKER = 409 "approval_by_asker" "Whoever asked does this themselves";
    /// 409: what only members change, no key puts into force.
    APPROVAL_BY_MEMBERS = 409 "approval_by_members" "Only a signed-in member puts this into force";
    /// 409: nobody has looked at what the last emergency did.
    APPROVAL_FOLLOW_UP_DUE = 409 "approval_follow_up_due" "What was done in an emergency has to be looked at first";
    /// 409: there is nothing to look at.
    APPROVAL_NO_EMERGENCY = 409 "approval_no_emergency" "It wasn't done in an emergency, or was looked at";
    /// 409: somebody else decided at the same moment.
    APPROVAL_RACED = 409 "approval_raced" "Somebody else was faster: look at it again";
    /// 409: the rules want votes that a passkey has signed, and no key has one.
    APPROVAL_UNSIGNED = 409 "approval_unsigned" "A vote on this has to be signed with a passkey: vote in the dashboard";
    /// 422: it can't be so.
    APPROVAL_IMPOSSIBLE = 422 "approval_impossible" "This can't be asked for so";
    /// 422: there aren't so many.
    APPROVERS_TOO_FEW = 422 "approvers_too_few" "There aren't as many members who could agree";
}

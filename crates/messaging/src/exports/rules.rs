//! What an export takes, decided without any I/O.

use super::model::Form;

/// What an export takes besides the permission and, of a member, a fresh proof that it is them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// A reason, and one of the caller's looks of the day.
    Reason,
    /// The same, and that others agree.
    Approval,
}

/// What it takes to export what is held about a person: the same in every form; `with_approval`, if the organisation says so.
pub(super) const fn takes(form: Form, with_approval: bool) -> Takes {
    match (form, with_approval) {
        (Form::Json | Form::Pdf, false) => Takes::Reason,
        (Form::Json | Form::Pdf, true) => Takes::Approval,
    }
}

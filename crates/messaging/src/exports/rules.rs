//! What an export takes, decided without any I/O.

use super::model::Form;

/// What an export takes besides the permission and, of a member, a fresh proof that it is them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// A reason, and one of the caller's looks of the day.
    Reason,
}

/// What it takes to export what is held about a person. The one place that will ask for an approval, too.
pub(super) const fn takes(form: Form) -> Takes {
    match form {
        Form::Json | Form::Pdf => Takes::Reason,
    }
}

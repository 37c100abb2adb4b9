//! How what a role says is said.

use sealpost_seal::viewer::MaskProfile;
use sealpost_web::shell::parts::Choice;

use crate::roles::{Minutes, Visibility};

/// How much of phone numbers somebody sees.
pub(in crate::roles) const fn masks(profile: MaskProfile) -> &'static str {
    match profile {
        MaskProfile::Full => "Nothing",
        MaskProfile::Last4 => "The last four digits",
        MaskProfile::First3Last4 => "The first three digits and the last four",
        MaskProfile::None => "All of it, where the organisation doesn’t mask",
    }
}

/// Whose conversations somebody sees.
pub(in crate::roles) const fn visibility(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Own => "Their own",
        Visibility::Unassigned => "Their own, and those of nobody yet",
        Visibility::Team => "Their own, their teams’, and those of nobody yet",
        Visibility::All => "All",
    }
}

/// Its word, as it is sent.
pub(super) const fn visibility_word(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Own => "own",
        Visibility::Unassigned => "unassigned",
        Visibility::Team => "team",
        Visibility::All => "all",
    }
}

/// Mask profiles to choose from.
pub(super) fn mask_choices() -> Vec<Choice> {
    [MaskProfile::Full, MaskProfile::Last4, MaskProfile::First3Last4, MaskProfile::None]
        .map(|profile| Choice::new(profile.as_str(), masks(profile)))
        .into()
}

/// Visibilities to choose from.
pub(super) fn visibility_choices() -> Vec<Choice> {
    [Visibility::All, Visibility::Team, Visibility::Unassigned, Visibility::Own]
        .map(|one| Choice::new(visibility_word(one), visibility(one)))
        .into()
}

/// `90` becomes `1 h 30 min`.
pub(in crate::roles) fn span(minutes: Minutes) -> String {
    match (minutes.count() / 60, minutes.count() % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_said_in_hours_where_there_are_some() {
        let said = |minutes| span(Minutes::new(minutes));
        assert_eq!([said(15), said(60), said(90), said(1440)], ["15 min", "1 h", "1 h 30 min", "24 h"]);
    }

    #[test]
    fn words_are_those_of_the_api() {
        for one in [Visibility::Own, Visibility::Unassigned, Visibility::Team, Visibility::All] {
            assert_eq!(serde_json::json!(one), visibility_word(one));
        }
    }
}

use super::*;
use proptest::prelude::*;

fn seen(viewer: &Viewer, clear: &str, field: Field) -> String {
    let view = viewer.text(&Personal::new(clear.to_owned()), field);
    serde_json::to_string(&view).unwrap()
}

const FIELDS: [Field; 5] = [Field::Phone, Field::Email, Field::Name, Field::Payload, Field::Other];

#[test]
fn a_masked_viewer_sees_the_same_five_letters_for_everything() {
    for field in FIELDS {
        for clear in ["", "1", "+4791234567", "a much longer value"] {
            let json = seen(&Viewer::masked(), clear, field);
            assert_eq!(json, r#"{"masked":true,"display":"xxxxx"}"#);
        }
    }
}

#[test]
fn a_recorded_look_shows_the_value_as_a_plain_string() {
    let viewer = Viewer::clear(RevealGrant::after_leaf([7; 16]));
    for field in FIELDS {
        assert_eq!(seen(&viewer, "+4791234567", field), r#""+4791234567""#);
    }
    assert_eq!(viewer.grant().map(|grant| grant.leaf()), Some([7; 16]));
    assert_eq!(Viewer::masked().grant(), None);
}

#[test]
fn a_value_that_was_not_kept_says_which_rule_dropped_it() {
    let json = serde_json::to_string(&View::NotStored("payload.none")).unwrap();
    let expected = r#"{"masked":false,"stored":false,"display":"not stored by policy","rule":"payload.none"}"#;
    assert_eq!(json, expected);
}

#[test]
fn at_least_four_digits_stay_hidden_also_in_short_numbers() {
    use MaskProfile::{First3Last4, Full, Last4};
    for (profile, number, display) in [
        (Full, "+4791234567", "xxxxx"),
        (Last4, "+4791234567", "•••••4567"),
        (First3Last4, "+4791234567", "+47•••••4567"),
        (First3Last4, "+47 912 345 678", "+479•••••5678"),
        (First3Last4, "+491701234567", "+491•••••4567"),
        (First3Last4, "91234567", "•••••4567"),
        (Last4, "123456", "•••••56"),
        (Last4, "12345", "•••••5"),
        (Last4, "1234", "xxxxx"),
        (First3Last4, "12", "xxxxx"),
        (Last4, "", "xxxxx"),
    ] {
        let view = Viewer::with_profile(profile).text(&Personal::new(number.into()), Field::Phone);
        assert_eq!(view.display(), display);
    }
}

#[test]
fn no_profile_lifts_what_the_organisation_masks() {
    let viewer = Viewer::with_profile(MaskProfile::None);
    let phone = viewer.text(&Personal::new("+4791234567".into()), Field::Phone);
    assert_eq!(phone.display(), "+47•••••4567");
    assert!(viewer.text(&Personal::new("Ada".into()), Field::Name).is_masked());
}

#[test]
fn with_masking_off_a_role_still_never_sees_phone_numbers_inside_text() {
    let viewer = Viewer::new(MaskProfile::Last4, MaskMode::Off);
    let text = Personal::new("Call +47 912 34 567 or 0047-912.34.568 at 10:30, order 12345".into());
    assert_eq!(viewer.text(&text, Field::Payload).display(), "Call •••••4567 or •••••4568 at 10:30, order 12345");
    let open = Viewer::new(MaskProfile::None, MaskMode::Off);
    assert!(!open.text(&text, Field::Payload).is_masked());
}

#[test]
fn dates_stay_readable_and_numbers_behind_them_do_not() {
    let viewer = Viewer::new(MaskProfile::Full, MaskMode::Off);
    let seen = |text: &str| {
        let view = viewer.text(&Personal::new(text.to_owned()), Field::Payload);
        view.display().to_owned()
    };
    for text in ["on 2026-01-15 10:30", "15.01.2026", "from 15/01/2026 12", "2026-01-15T09:30"] {
        assert_eq!(seen(text), text);
    }
    assert_eq!(seen("2026-01-15 91234567"), "2026-01-15 xxxxx");
    assert_eq!(seen("9123-45-67"), "xxxxx");
    assert_eq!(seen("2026-01-1591234567"), "xxxxx");
}

struct Word(&'static str);

impl Patterns for Word {
    fn hidden_in(&self, text: &str) -> Vec<Range<usize>> {
        text.match_indices(self.0).map(|(at, word)| at..at + word.len()).collect()
    }
}

#[test]
fn patterns_hide_what_they_match_and_destinations_and_people_always() {
    let mode = MaskMode::Patterns(Arc::new(Word("Ada")));
    let viewer = Viewer::new(MaskProfile::None, mode);
    let text = Personal::new("Dear Ada, Ada's code".into());
    assert_eq!(viewer.text(&text, Field::Payload).display(), "Dear xxxxx, xxxxx's code");
    for field in [Field::Email, Field::Phone, Field::Name, Field::Other] {
        assert!(viewer.text(&Personal::new("+4791234567".into()), field).is_masked(), "{field:?}");
    }
}

#[test]
fn what_is_hidden_side_by_side_is_hidden_as_one() {
    let mode = MaskMode::Patterns(Arc::new(Word("7")));
    let viewer = Viewer::new(MaskProfile::None, mode);
    assert_eq!(viewer.text(&Personal::new("a777b7".into()), Field::Payload).display(), "axxxxxbxxxxx");
}

#[test]
fn a_pattern_inside_a_phone_number_hides_all_of_it() {
    let mode = MaskMode::Patterns(Arc::new(Word("9123")));
    let viewer = Viewer::new(MaskProfile::Last4, mode);
    let text = Personal::new("call +4791234567 now".into());
    assert_eq!(viewer.text(&text, Field::Payload).display(), "call xxxxx now");
}

#[test]
fn debug_never_prints_what_is_shown() {
    let viewer = Viewer::clear(RevealGrant::after_leaf([7; 16]));
    let view = viewer.text(&Personal::new("Ada".into()), Field::Name);
    assert_eq!(format!("{view:?}"), "Shown(xxxxx)");
}

#[test]
fn profile_names_round_trip() {
    for name in ["full", "last4", "first3_last4", "none"] {
        let profile = MaskProfile::from_name(name).unwrap();
        assert_eq!(profile.as_str(), name);
        assert_eq!(serde_json::to_value(profile).unwrap(), name);
    }
    assert!(MaskProfile::from_name("last5").is_none());
}

proptest! {
    #[test]
    fn the_middle_of_a_number_never_shows(digits in "[0-9]{1,15}", text in "[a-z .]{0,10}") {
        for profile in [MaskProfile::Full, MaskProfile::Last4, MaskProfile::First3Last4] {
            for (mode, field) in [(MaskMode::All, Field::Phone), (MaskMode::Off, Field::Phone)] {
                let view = Viewer::new(profile, mode).text(&Personal::new(digits.clone()), field);
                let shown = view.display().chars().filter(char::is_ascii_digit).count();
                prop_assert!(shown <= digits.len().saturating_sub(4));
            }
            if digits.len() >= 7 {
                let value = Personal::new(format!("{text}{digits}{text}"));
                let view = Viewer::new(profile, MaskMode::Off).text(&value, Field::Payload);
                prop_assert!(!view.display().contains(&digits));
            }
        }
    }

    #[test]
    fn any_text_can_be_masked(text in "\\PC{0,60}") {
        for profile in [MaskProfile::Full, MaskProfile::Last4, MaskProfile::First3Last4] {
            let _ = Viewer::new(profile, MaskMode::Off).text(&Personal::new(text.clone()), Field::Payload);
            let _ = Viewer::with_profile(profile).text(&Personal::new(text.clone()), Field::Phone);
        }
    }
}

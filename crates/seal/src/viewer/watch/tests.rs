use std::sync::Arc;

use proptest::prelude::*;

use crate::Personal;
use crate::viewer::{Field, MaskMode, MaskProfile, Patterns, RevealGrant, Viewer, Watch};

fn hiding(values: &[(&str, Field)]) -> Arc<Watch> {
    let watch = Arc::new(Watch::default());
    let viewer = Viewer::masked().watched(&watch);
    for (value, field) in values {
        viewer.text(&Personal::new((*value).to_owned()), *field);
    }
    watch
}

fn leaks(watch: &Watch, text: &str) -> bool {
    watch.leaks_into(text.as_bytes())
}

#[test]
fn a_number_is_found_however_it_is_written() {
    let watch = hiding(&[("+4791234567", Field::Phone)]);
    for text in [
        "+4791234567",
        r#"{"to":"+4791234567"}"#,
        r#"{"to":4791234567}"#,
        "call +47 912 34 567 now",
        "call 0047-912.34.567",
        "+47 (0) 912 34 567",
        "+47 (912) 34567",
        "call 91234567, please",
        "912 34 567",
        "912\u{a0}34\u{202f}567",
        "912\u{2011}34\u{2011}567",
        "tel:+47-912-34-567",
        "/contacts?q=%2B47%20912%2034%20567",
        "/contacts?q=%2B4791234567&x=1",
        r#"<a title="&#43;47&nbsp;912&#32;34&#x20;567">"#,
        r"\u002b4791234567",
        r"line\n91234567\n",
        "BEGIN:VCARD\r\nTEL;TYPE=cell:+47 912 34 567\r\nEND:VCARD",
        "TEL:+47912\r\n 34567",
        "attachment; filename=\"statement_4791234567.pdf\"",
        "statement-912-34-567.pdf",
        "ref4791234567x",
        "1479123456789",
        "order 7 91234567",
        "on 2026-11-30 91234567",
    ] {
        assert!(leaks(&watch, text), "{text}");
    }
}

#[test]
fn another_number_is_not_taken_for_it() {
    let watch = hiding(&[("+4791234567", Field::Phone)]);
    for text in [
        "+4791234568",
        "•••••4567",
        "1234567",
        "4567",
        "912",
        "34 567",
        "2026-11-30T07:12:34.567Z",
        "9123, 4567",
        "<td>912</td><td>34567</td>",
        "[912,34,567]",
        "a91234f567",
        "9123456",
        "191234567",
        "",
    ] {
        assert!(!leaks(&watch, text), "{text}");
    }
}

#[test]
fn a_date_is_no_number_of_anybodys() {
    let watch = hiding(&[("+4520261130", Field::Phone), ("+12026113007", Field::Phone)]);
    for text in ["2026-11-30", "at 2026-11-30 07:12", "2026-11-30T07:12:00Z", "2026.11.30"] {
        assert!(!leaks(&watch, text), "{text}");
    }
    assert!(leaks(&watch, "20261130") && leaks(&watch, "(202) 611-3007"));
}

#[test]
fn an_address_is_found_however_it_is_written() {
    let watch = hiding(&[("Ada.B+news@Example.org", Field::Email)]);
    for text in [
        "ada.b+news@example.org",
        "ADA.B+NEWS@EXAMPLE.ORG",
        "write to <Ada.B+news@example.org>.",
        "mailto:ada.b%2Bnews%40example.org",
        "ada.b+news&#64;example.org",
        "ada.b+news&commat;example.org",
        r"\nada.b\u002bnews\u0040example.org",
        "x=ada.b+news@example.org&y",
        "EMAIL;TYPE=work:ada.b+news@example.org",
        "filename=\"ada.b+news@example.org.pdf\"",
        "filename=\"statement_ada.b+news@example.org\"",
    ] {
        assert!(leaks(&watch, text), "{text}");
    }
    for text in ["b+news@example.org", "xada.b+news@example.org", "ada.b+news@example.organic", "@example.org"] {
        assert!(!leaks(&watch, text), "{text}");
    }
}

#[test]
fn what_could_be_any_word_is_not_looked_for() {
    let watch = hiding(&[
        ("Ada", Field::Name),
        ("417233", Field::Payload),
        ("10012345678", Field::Payload),
        ("1234567", Field::Phone),
        ("yes", Field::Other),
        ("a@b", Field::Payload),
    ]);
    assert!(watch.is_idle());
    assert!(!leaks(&watch, "Ada 417233 10012345678 1234567 yes a@b"));
    let watch = hiding(&[("+47 912 34 567", Field::Payload), ("ada@example.org", Field::Other)]);
    assert!(leaks(&watch, "91234567") && leaks(&watch, "ada@example.org"));
}

#[test]
fn what_is_shown_by_right_is_no_leak() {
    let watch = Arc::new(Watch::default());
    let viewer = Viewer::masked().watched(&watch);
    let (phone, email) = (Personal::new("+4791234567".to_owned()), Personal::new("ada@example.org".to_owned()));
    viewer.opened(&phone, Field::Phone);
    viewer.opened(&email, Field::Email);
    let clear = viewer.lifted(RevealGrant::after_leaf([1; 16]));
    clear.text(&phone, Field::Phone);
    assert!(!leaks(&watch, "+47 912 34 567"));
    assert!(leaks(&watch, "ada@example.org"), "only what was asked for is shown");
    clear.text(&Personal::new("Write to ada@example.org".to_owned()), Field::Payload);
    assert!(!leaks(&watch, "ada@example.org and 91234567"), "it stands in a text that is shown");
}

#[test]
fn whoever_sees_everything_costs_nothing() {
    let watch = Arc::new(Watch::default());
    let phone = Personal::new("+4791234567".to_owned());
    for viewer in [Viewer::new(MaskProfile::None, MaskMode::Off), Viewer::clear(RevealGrant::after_leaf([1; 16]))] {
        let viewer = viewer.watched(&watch);
        viewer.opened(&phone, Field::Phone);
        viewer.text(&phone, Field::Phone);
    }
    assert!(watch.is_idle() && !leaks(&watch, "+4791234567"));
}

#[test]
fn an_answer_that_may_be_kept_is_watched_like_any_other() {
    let watch = Arc::new(Watch::default());
    let viewer = Viewer::new(MaskProfile::None, MaskMode::Off).watched(&watch).blinded();
    viewer.text(&Personal::new("+4791234567".to_owned()), Field::Phone);
    assert!(leaks(&watch, "91234567"));
}

struct Nothing;

impl Patterns for Nothing {
    fn hidden_in(&self, _: &str) -> Vec<std::ops::Range<usize>> {
        Vec::new()
    }
}

#[test]
fn what_rules_leave_in_a_text_is_shown_by_right() {
    let watch = Arc::new(Watch::default());
    let viewer = Viewer::new(MaskProfile::None, MaskMode::Patterns(Arc::new(Nothing))).watched(&watch);
    viewer.text(&Personal::new("ada@example.org".to_owned()), Field::Email);
    assert!(leaks(&watch, "ada@example.org"));
    viewer.text(&Personal::new("Dear ada@example.org".to_owned()), Field::Payload);
    assert!(!leaks(&watch, "Dear ada@example.org"));
}

/// Groups of digits with signs between them, as people write them.
fn spelled(digits: &str, cuts: &[usize], sign: &str) -> String {
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && cuts.contains(&at) {
            out.push_str(sign);
        }
        out.push(digit);
    }
    out
}

proptest! {
    #[test]
    fn no_grouping_hides_a_number(
        digits in "[1-9][0-9]{7,14}", cuts in proptest::collection::vec(1_usize..15, 0..5),
        sign in "[ ./_-]|\\) |\r\n |\u{a0}", before in "[a-z :\"]{0,8}", prefix in "|\\+|00",
    ) {
        let watch = hiding(&[(&format!("+{digits}"), Field::Phone)]);
        let text = format!("{before}{prefix}{}", spelled(&digits, &cuts, &sign));
        // Whatever looks like a date is left alone.
        prop_assume!(!text.contains("19") && !text.contains("20"));
        prop_assert!(leaks(&watch, &text), "{text}");
    }

    #[test]
    fn addresses_are_found_in_any_case_and_escape(local in "[a-z0-9][a-z0-9._+-]{0,10}[a-z0-9]", domain in "[a-z]{2,8}\\.[a-z]{2,3}", upper: bool) {
        let address = format!("{local}@{domain}");
        let watch = hiding(&[(&address, Field::Email)]);
        let text = if upper { address.to_uppercase() } else { address };
        let escaped = text.replace('@', "%40").replace('+', "%2b");
        let entities = text.replace('@', "&#x40;").replace('.', "&#46;");
        for text in [format!("<{text}>"), format!("?to={escaped}&"), format!("\"{entities}\"")] {
            prop_assert!(leaks(&watch, &text), "{text}");
        }
    }

    #[test]
    fn random_numbers_are_hardly_ever_taken_for_somebodys(digits in "[1-9][0-9]{9,14}", other in "[0-9]{1,9}") {
        let watch = hiding(&[(&format!("+{digits}"), Field::Phone)]);
        prop_assume!(!digits.contains(&other) || other.len() < 7);
        let text = format!("seq {other}, at {other}");
        prop_assert!(!leaks(&watch, &text));
    }

    #[test]
    fn any_bytes_can_be_searched(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let watch = hiding(&[("+4791234567", Field::Phone), ("ada@example.org", Field::Email)]);
        let _ = watch.leaks_into(&bytes);
    }
}

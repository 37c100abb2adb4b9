use std::path::Path;

use super::*;

/// What this parser does with the texts that RFC 8259 leaves to implementations.
const IMPLEMENTATION_DEFINED: &[(&str, &str)] = &[
    ("i_number_double_huge_neg_exp.json", "number_unsafe"),
    ("i_number_huge_exp.json", "number_unsafe"),
    ("i_number_neg_int_huge_exp.json", "number_unsafe"),
    ("i_number_pos_double_huge_exp.json", "number_unsafe"),
    ("i_number_real_neg_overflow.json", "number_unsafe"),
    ("i_number_real_pos_overflow.json", "number_unsafe"),
    ("i_number_real_underflow.json", "number_unsafe"),
    ("i_number_too_big_neg_int.json", "number_unsafe"),
    ("i_number_too_big_pos_int.json", "number_unsafe"),
    ("i_number_very_big_negative_int.json", "number_unsafe"),
    ("i_object_key_lone_2nd_surrogate.json", "lone_surrogate"),
    ("i_string_1st_surrogate_but_2nd_missing.json", "lone_surrogate"),
    ("i_string_1st_valid_surrogate_2nd_invalid.json", "lone_surrogate"),
    ("i_string_UTF-16LE_with_BOM.json", "not_utf8"),
    ("i_string_UTF-8_invalid_sequence.json", "not_utf8"),
    ("i_string_UTF8_surrogate_U+D800.json", "not_utf8"),
    ("i_string_incomplete_surrogate_and_escape_valid.json", "lone_surrogate"),
    ("i_string_incomplete_surrogate_pair.json", "lone_surrogate"),
    ("i_string_incomplete_surrogates_escape_valid.json", "lone_surrogate"),
    ("i_string_invalid_lonely_surrogate.json", "lone_surrogate"),
    ("i_string_invalid_surrogate.json", "lone_surrogate"),
    ("i_string_invalid_utf-8.json", "not_utf8"),
    ("i_string_inverted_surrogates_U+1D11E.json", "lone_surrogate"),
    ("i_string_iso_latin_1.json", "not_utf8"),
    ("i_string_lone_second_surrogate.json", "lone_surrogate"),
    ("i_string_lone_utf8_continuation_byte.json", "not_utf8"),
    ("i_string_not_in_unicode_range.json", "not_utf8"),
    ("i_string_overlong_sequence_2_bytes.json", "not_utf8"),
    ("i_string_overlong_sequence_6_bytes.json", "not_utf8"),
    ("i_string_overlong_sequence_6_bytes_null.json", "not_utf8"),
    ("i_string_truncated-utf-8.json", "not_utf8"),
    ("i_string_utf16BE_no_BOM.json", "not_utf8"),
    ("i_string_utf16LE_no_BOM.json", "not_utf8"),
    ("i_structure_500_nested_arrays.json", "too_deep"),
    ("i_structure_UTF-8_BOM_empty_object.json", "syntax"),
];

/// Valid JSON that this parser refuses on purpose: I-JSON (RFC 7493 §2.3) has no duplicate names.
const STRICTER: &[&str] = &["y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"];

/// serde_json keeps the sign of `-0`; a JavaScript client writes it back as `0`, and so do we.
const MINUS_NOUGHT: &[&str] = &["y_number_minus_zero.json", "y_number_negative_zero.json"];

fn suite() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors/json/test_parsing");
    let files = std::fs::read_dir(folder).expect("the JSON test suite is in ../shared/vectors");
    let mut all: Vec<_> = files
        .map(|file| file.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(path).unwrap()))
        .filter(|(name, _)| name.ends_with(".json"))
        .collect();
    all.sort();
    all
}

fn verdict(bytes: &[u8]) -> Result<(), &'static str> {
    parse_strictly(bytes).map(drop).map_err(|broken| broken.what.as_str())
}

#[test]
fn every_text_of_the_json_test_suite_is_judged_as_it_should_be() {
    let mut seen = 0;
    for (name, bytes) in suite() {
        let verdict = verdict(&bytes);
        let pinned = IMPLEMENTATION_DEFINED.iter().find(|(pinned, _)| *pinned == name);
        match (name.as_bytes()[0], pinned) {
            (b'y', _) if STRICTER.contains(&name.as_str()) => assert_eq!(verdict, Err("duplicate_key"), "{name}"),
            (b'y', _) => assert_eq!(verdict, Ok(()), "{name}"),
            (b'n', _) => assert!(verdict.is_err(), "{name}"),
            (_, pinned) => {
                assert_eq!(verdict, Err(pinned.unwrap_or_else(|| panic!("{name} is not pinned")).1), "{name}")
            }
        }
        seen += 1;
    }
    assert!(seen > 300, "only {seen} texts were found");
}

#[test]
fn what_is_valid_is_read_as_serde_json_reads_it() {
    use super::super::{Document, Payload, typed};
    for (name, bytes) in suite().into_iter().filter(|(name, _)| !MINUS_NOUGHT.contains(&name.as_str())) {
        if let Ok(document) = Document::parse(bytes.clone().into()) {
            let ours: serde_json::Value = typed(&Payload::Json(document)).unwrap();
            assert_eq!(ours, serde_json::from_slice::<serde_json::Value>(&bytes).unwrap(), "{name}");
        }
    }
}

fn refusal(text: &str) -> (String, String) {
    let refusal = parse(text.as_bytes()).unwrap_err();
    let wrong = &refusal.errors()[0];
    let crate::problem::Place::Pointer(pointer) = &wrong.place else { panic!("not a pointer") };
    (pointer.clone(), wrong.code.to_string())
}

#[test]
fn a_refusal_points_at_what_is_wrong() {
    assert_eq!(refusal(r#"{"a":{"b~/":[1,{"c":1,"c":2}]}}"#), ("/a/b~0~1/1/c".into(), "duplicate_key".into()));
    assert_eq!(refusal(r#"{"\u0061":1,"a":2}"#), ("/a".into(), "duplicate_key".into()));
    assert_eq!(refusal(r#"{"n":[0,9007199254740992]}"#), ("/n/1".into(), "number_unsafe".into()));
    assert_eq!(refusal(r#"{"n":1e400}"#), ("/n".into(), "number_unsafe".into()));
    assert_eq!(refusal("[1] x"), (String::new(), "trailing_bytes".into()));
    assert_eq!(refusal("[1,"), ("/1".into(), "unfinished".into()));
}

#[test]
fn the_largest_exact_integers_are_accepted() {
    for text in ["9007199254740991", "-9007199254740991", "0", "-0", "1.5e300", "0.0e-999"] {
        assert_eq!(verdict(text.as_bytes()), Ok(()), "{text}");
    }
}

#[test]
fn many_members_are_compared_without_taking_forever() {
    let members: Vec<String> = (0..40_000).map(|n| format!("\"{n}\":0")).collect();
    assert_eq!(verdict(format!("{{{}}}", members.join(",")).as_bytes()), Ok(()));
    assert_eq!(verdict(format!("{{{},\"7\":1}}", members.join(",")).as_bytes()), Err("duplicate_key"));
}

proptest::proptest! {
    #[test]
    fn whatever_serde_json_writes_is_read_back(text in ".{0,40}", number in -9007199254740991_i64..9007199254740992) {
        use super::super::{Document, Payload, typed};
        let value = serde_json::json!({ "text": text, "list": [number, null, true, { text.clone(): -0.5 }] });
        let document = Document::parse(serde_json::to_vec(&value).unwrap().into()).unwrap();
        assert_eq!(typed::<serde_json::Value>(&Payload::Json(document)).unwrap(), value);
    }

    #[test]
    fn no_bytes_make_it_panic_and_none_that_serde_json_refuses_pass(bytes in proptest::collection::vec(
        proptest::sample::select(b"{}[]\",:\\u0dD8cC1-.eE tfn\x80\xc3\xa9".to_vec()), 0..40)) {
        if parse(&bytes).is_ok() {
            assert!(serde_json::from_slice::<serde_json::Value>(&bytes).is_ok());
        }
    }
}

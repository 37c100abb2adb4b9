use super::*;
use proptest::prelude::*;

mod measure;

fn found(text: &str) -> Vec<&str> {
    find(text).into_iter().map(|range| &text[range]).collect()
}

#[test]
fn the_test_numbers_of_every_network_are_found() {
    for number in [
        "4111111111111111",
        "4012888888881881",
        "4222222222222",
        "4000000000000000006",
        "5555555555554444",
        "5105105105105100",
        "2223003122003222",
        "2720992720992729",
        "378282246310005",
        "341111111111111",
        "6011111111111117",
        "6445644564456445",
        "30569309025904",
        "38520000023237",
        "36227206271667",
        "3530111333300000",
        "3566002020360505",
        "6200000000000005",
        "6759649826438453",
        "501800000009",
    ] {
        assert_eq!(found(number), [number]);
        assert_eq!(found(&format!("card: {number}, thanks")), [number]);
    }
}

#[test]
fn separators_of_all_kinds_do_not_hide_a_number() {
    for text in [
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111.1111.1111.1111",
        "4111/1111/1111/1111",
        "4111\u{a0}1111\u{a0}1111\u{a0}1111",
        "4111  1111  1111  1111",
        "4111 - 1111",
        "41 11 11 11 11 11 11 11",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        "4111–1111–1111–1111",
        "411111 1111111111",
        "41111-1111111-1111",
        "4111\u{200b}1111\u{ad}1111\u{feff}1111",
        "3782 822463 10005",
        "3056 930902 5904",
        "4000 0000 0000 0000 006",
        "4111_1111_1111_1111",
        "4111\u{2009}1111\u{202f}1111\u{3000}1111",
    ] {
        let expected: &[&str] = if text == "4111 - 1111" { &[] } else { &[text] };
        assert_eq!(found(text), expected, "{text:?}");
    }
}

#[test]
fn digits_of_other_scripts_are_digits() {
    let latin = "4111111111111111";
    for zero in ['\u{ff10}', '\u{660}', '\u{6f0}', '\u{966}', '\u{9e6}', '\u{1d7ce}'] {
        let text: String =
            latin.chars().map(|digit| char::from_u32(zero as u32 + digit as u32 - '0' as u32).unwrap()).collect();
        assert_eq!(found(&text), [&text]);
    }
    assert_eq!(found("٤111۱۱۱۱1111１１１１"), ["٤111۱۱۱۱1111１１１１"]);
}

#[test]
fn a_number_is_found_among_its_neighbours() {
    assert_eq!(found("12345 4111 1111 1111 1111 12/26 123"), ["4111 1111 1111 1111"]);
    assert_eq!(found("4111111111111111/12/26"), ["4111111111111111"]);
    assert_eq!(found("卡号4111111111111111到期"), ["4111111111111111"]);
    assert_eq!(found("{\"pan\":\"4111111111111111\"}"), ["4111111111111111"]);
    assert_eq!(found("+47 912 34 567 4111 1111 1111 1111"), ["4111 1111 1111 1111"]);
    assert_eq!(found("+4791234567 4111111111111111"), ["4111111111111111"]);
    let two = "5555555555554444 378282246310005";
    assert_eq!(found(two), ["5555555555554444", "378282246310005"]);
}

#[test]
fn what_is_something_else_is_left_alone() {
    for text in [
        "",
        "0",
        "4111111111111112",
        "1234567812345670",
        "41111111111111111",
        "411111111111111",
        "+4111111111111",
        "+378282246310005",
        "+41 11 111 11 11",
        "A4111111111111111",
        "4111111111111111B",
        "x4111-1111-1111-1111",
        "4111111111111111e5",
        "2026-01-15T09:30:00.000Z",
        "20260115093000",
        "59.9138688123456",
        "0.4111111111111111",
        "1768469400000",
        "4111,1111,1111,1111",
        "4111\n1111\n1111\n1111",
        "4111   1111   1111   1111",
        "00000000-0000-4111-1111-111111111111",
        "41111111-1111-1111-4111-111111111111",
        "DE89370400440532013000",
        "GB29 NWBK 6016 1331 9268 19",
    ] {
        assert!(!contains(text), "{text:?}");
    }
}

#[test]
fn the_account_number_of_an_iban_is_no_card_and_wrong_check_digits_are_no_iban() {
    // 4111 1111 1111 1111 as the basic account number of a made-up bank.
    let bban = "4111 1111 1111 1111";
    let iban = (2..=98).map(|check| format!("XY{check:02} {bban}")).find(|text| !contains(text));
    let iban = iban.expect("one pair of check digits is right");
    assert!(contains(&iban.replacen("XY", "XZ", 1)));
    assert!(contains(&format!("{iban} and {bban}")));
}

#[test]
fn a_number_split_over_fields_is_found() {
    assert!(contains_across(&["4111", "1111", "1111", "1111"]));
    assert!(contains_across(&["Ada", "4111 1111", "1111 1111", "12/26"]));
    assert!(contains_across(&["x", "4111111111111111"]));
    assert!(!contains_across(&["4111", "1111", "Ada", "1111", "1111"]));
    assert!(!contains_across(&["+4111", "1111", "1111", "1111"]));
    assert!(!contains_across(&[]));
}

#[test]
fn nothing_of_a_redacted_number_remains() {
    let clean = redact("pay 4111 1111 1111 1111 or 378282246310005!");
    assert_eq!(clean, "pay [card number removed] or [card number removed]!");
    assert_eq!(redact("nothing here"), "nothing here");
}

#[test]
fn time_grows_with_the_text_and_not_faster() {
    // Each of these would take hours if any step looked back further than a card is long.
    for piece in ["4", "4 ", "41-", "4111 ", "+4", "DE89 ", "a1", "0.4", "\u{200b}4"] {
        let text = piece.repeat(20_000);
        let _ = contains(&text);
    }
}

proptest! {
    #[test]
    fn ranges_are_ascending_and_on_character_boundaries(text in "[0-9 +.a４-]{0,60}|\\PC{0,60}") {
        let mut end = 0;
        for range in find(&text) {
            prop_assert!(end <= range.start && range.start < range.end);
            prop_assert!(text.get(range.clone()).is_some());
            end = range.end;
        }
        prop_assert!(!contains(&redact(&text)));
    }
}

#[test]
fn nothing_that_was_uncovered_by_redacting_is_left() {
    for text in ["4242 4242 4242 4242 4242 4242 42422", "order 12, card 5555-5555-5555-4444 5-5555555-5555-4444 pleas"]
    {
        assert!(!contains(&redact(text)));
    }
}

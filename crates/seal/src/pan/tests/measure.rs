//! How often the guard is right, on seeded generators. The figures are printed; run
//! with `--nocapture` to see them.

use super::*;
use std::cell::Cell;

const CARDS: u64 = 50_000;
const OTHERS: u64 = 50_000;

/// Prefix and length of what each network issues most.
const ISSUED: [(&str, usize); 16] = [
    ("4", 16),
    ("4", 16),
    ("4", 13),
    ("4", 19),
    ("51", 16),
    ("55", 16),
    ("2221", 16),
    ("2720", 16),
    ("34", 15),
    ("37", 15),
    ("6011", 16),
    ("65", 16),
    ("36", 14),
    ("3528", 16),
    ("62", 16),
    ("6759", 16),
];

/// SplitMix64 over a seed: millions of draws, none of them secret.
struct Source(Cell<u64>);

impl Source {
    fn new(seed: u64) -> Self {
        Self(Cell::new(seed))
    }

    fn below(&self, bound: u64) -> u64 {
        let state = self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.0.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn digits(&self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + self.below(10) as u8)).collect()
    }

    fn one_of<'a>(&self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len() as u64) as usize]
    }

    fn card(&self) -> String {
        let (prefix, length) = ISSUED[self.below(ISSUED.len() as u64) as usize];
        let body = format!("{prefix}{}", self.digits(length - prefix.len() - 1));
        (0..10).map(|check| format!("{body}{check}")).find(|number| luhn(number)).unwrap()
    }

    /// Grouped as printed, spelled out, or bare; in Latin or another script.
    fn written(&self, number: &str) -> String {
        let separator = self.one_of(&[" ", "-", ".", "\u{a0}", "  ", " - ", "/"]);
        let separator = if separator == " - " { "-" } else { separator };
        let grouped = match (self.below(5), number.len()) {
            (0 | 1, _) => number.to_owned(),
            (2, _) => join(number, &[1; 19], separator),
            (_, 14) => join(number, &[4, 6, 4], separator),
            (_, 15) => join(number, &[4, 6, 5], separator),
            (_, _) => join(number, &[4; 5], separator),
        };
        let zero = self.one_of(&["0", "0", "0", "\u{ff10}", "\u{660}", "\u{966}"]);
        let zero = zero.chars().next().unwrap() as u32;
        let script = |c: char| match c.to_digit(10) {
            Some(digit) => char::from_u32(zero + digit).unwrap(),
            None => c,
        };
        grouped.chars().map(script).collect()
    }

    fn sentence(&self, number: &str) -> String {
        let before = self.one_of(&["", "card ", "kort: ", "(", "my number is ", "卡号", "\"", "12/26 ", "no. 7, "]);
        let after = self.one_of(&["", ".", ", thanks", ")", "\"", " exp 12/26", " 123", "\n", "到期"]);
        format!("{before}{number}{after}")
    }

    fn order(&self) -> String {
        match self.below(6) {
            0 => format!("ORD-{}", self.digits(8)),
            1 => format!("#{}", self.digits(7)),
            2 => format!("2026-{}-{}", self.digits(4), self.digits(6)),
            3 => format!("order {}", self.digits(10)),
            4 => format!("INV{}", self.digits(12)),
            _ => format!("{}/{}", self.digits(6), self.digits(3)),
        }
    }

    fn phone(&self) -> String {
        let number = format!("{}{}", 1 + self.below(9), self.digits(7 + self.below(8) as usize));
        match self.below(3) {
            0 => format!("+{number}"),
            1 => format!("+{}", join(&number, &[2, 3, 2, 3, 5], " ")),
            _ => format!("+{}", join(&number, &[1, 3, 3, 4, 4], "-")),
        }
    }

    /// Right check digits; the country's length; compact or in fours.
    fn iban(&self) -> String {
        let (country, bank, length) =
            [("DE", "", 18), ("NO", "", 11), ("FR", "", 23), ("GB", "NWBK", 14), ("NL", "ABNA", 10), ("ES", "", 20)]
                [self.below(6) as usize];
        let bban = format!("{bank}{}", self.digits(length));
        let value = |text: &str| {
            text.chars().fold(0, |rest, c| match c.to_digit(36).unwrap() {
                value @ 10.. => (rest * 100 + value) % 97,
                value => (rest * 10 + value) % 97,
            })
        };
        let check = 98 - value(&format!("{bban}{country}00"));
        let compact = format!("{country}{check:02}{bban}");
        match self.below(2) {
            0 => compact,
            _ => join(&compact, &[4; 9], " "),
        }
    }

    fn uuid(&self) -> String {
        let hex: String = (0..32).map(|_| char::from_digit(self.below(16) as u32, 16).unwrap()).collect();
        join(&hex, &[8, 4, 4, 4, 12], "-")
    }

    fn time(&self) -> String {
        let (month, day) = (1 + self.below(12), 1 + self.below(28));
        match self.below(4) {
            0 => format!("2026-{month:02}-{day:02} {:02}:{:02}", self.below(24), self.below(60)),
            1 => format!("2026{month:02}{day:02}{}", self.digits(6)),
            2 => format!("{}", 1_700_000_000_000 + self.below(200_000_000_000)),
            _ => format!("{day:02}.{month:02}.2026 - {:02}.{month:02}.2027", self.below(28)),
        }
    }
}

fn join(text: &str, lengths: &[usize], separator: &str) -> String {
    let mut rest = text;
    let mut groups = Vec::new();
    for length in lengths {
        let (group, tail) = rest.split_at((*length).min(rest.len()));
        groups.push(group);
        rest = tail;
        if rest.is_empty() {
            break;
        }
    }
    groups.join(separator)
}

/// Written apart from the code under test.
fn luhn(number: &str) -> bool {
    let mut sum = 0;
    for (place, digit) in number.chars().rev().map(|c| c.to_digit(10).unwrap()).enumerate() {
        let doubled = digit * (1 + place as u32 % 2);
        sum += doubled / 10 + doubled % 10;
    }
    sum % 10 == 0
}

#[test]
fn recall_is_at_least_999_in_1000() {
    let source = Source::new(2026);
    let missed = (0..CARDS).filter(|_| !contains(&source.sentence(&source.written(&source.card())))).count() as u64;
    let recall = 100.0 * (CARDS - missed) as f64 / CARDS as f64;
    eprintln!("PAN recall: {recall:.3} % ({missed} of {CARDS} missed)");
    assert!(missed * 1000 <= CARDS);
}

#[test]
fn at_most_1_in_1000_other_numbers_is_taken_for_a_card() {
    let source = Source::new(2027);
    let kinds: [(&str, fn(&Source) -> String); 5] = [
        ("order numbers", Source::order),
        ("phone numbers", Source::phone),
        ("IBANs", Source::iban),
        ("UUIDs", Source::uuid),
        ("dates and times", Source::time),
    ];
    for (name, make) in kinds {
        let wrong = (0..OTHERS).filter(|_| contains(&source.sentence(&make(&source)))).count() as u64;
        eprintln!("PAN false positives on {name}: {wrong} of {OTHERS}");
        assert!(wrong * 1000 <= OTHERS, "{name}");
    }
    let random = (0..OTHERS).filter(|_| contains(&source.digits(16))).count() as u64;
    eprintln!("PAN hits on random 16-digit numbers, which can't be told apart: {random} of {OTHERS}");
    assert!(random * 25 <= OTHERS);
}

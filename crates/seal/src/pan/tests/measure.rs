//! How often the guard is right, on seeded generators. The figures are printed; run
//! with `--nocapture` to see them.

use super::*;
use std::cell::Cell;

const CARDS: u64 = 50_000;
const OTHERS: u64 = 50_000;
/// So many for each row of what is published.
const EACH: u64 = 20_000;

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

/// One way a card number reaches a message: the fields it stands in.
type Way = fn(&Source, &str) -> Vec<String>;

/// `number` in the groups its network prints.
fn printed(number: &str, separator: &str) -> String {
    match number.len() {
        14 => join(number, &[4, 6, 4], separator),
        15 => join(number, &[4, 6, 5], separator),
        _ => join(number, &[4; 5], separator),
    }
}

/// `text` with its digits in the script of this zero.
fn in_script(text: &str, zero: char) -> String {
    let digit = |c: char| c.to_digit(10).and_then(|digit| char::from_u32(zero as u32 + digit)).unwrap_or(c);
    text.chars().map(digit).collect()
}

const WAYS: [(&str, Way); 15] = [
    ("bare, in a sentence", |source, number| vec![source.sentence(number)]),
    ("grouped by spaces", |source, number| vec![source.sentence(&printed(number, " "))]),
    ("grouped by hyphens", |source, number| vec![source.sentence(&printed(number, "-"))]),
    ("grouped by dots", |source, number| vec![source.sentence(&printed(number, "."))]),
    ("grouped by slashes", |source, number| vec![source.sentence(&printed(number, "/"))]),
    ("grouped by no-break spaces", |source, number| vec![source.sentence(&printed(number, "\u{a0}"))]),
    ("two spaces between groups", |source, number| vec![source.sentence(&printed(number, "  "))]),
    ("digit by digit", |source, number| vec![source.sentence(&join(number, &[1; 19], " "))]),
    ("invisible characters between", |source, number| vec![source.sentence(&printed(number, "\u{200b}"))]),
    ("full-width digits", |source, number| vec![source.sentence(&in_script(&printed(number, " "), '\u{ff10}'))]),
    ("Arabic-Indic digits", |source, number| vec![source.sentence(&in_script(number, '\u{660}'))]),
    ("Devanagari digits", |source, number| vec![source.sentence(&in_script(&printed(number, "-"), '\u{966}'))]),
    ("split over two fields, where it is grouped", |source, number| {
        let groups = printed(number, " ");
        let (front, back) = groups.split_at(groups.match_indices(' ').nth(1).map_or(4, |(at, _)| at));
        vec![source.one_of(&["Ada", "", "order"]).to_owned(), front.to_owned(), back.trim().to_owned()]
    }),
    ("a field for each printed group", |_, number| printed(number, " ").split(' ').map(str::to_owned).collect()),
    ("beside another number", |source, number| vec![format!("{} {}", source.digits(5), printed(number, " "))]),
];

const NONE_OF_THEM: [(&str, fn(&Source) -> String); 5] = [
    ("order numbers", Source::order),
    ("phone numbers", Source::phone),
    ("IBANs", Source::iban),
    ("UUIDs", Source::uuid),
    ("dates and times", Source::time),
];

/// The figures as they are published: the same at every run.
fn measured() -> (String, u64, u64) {
    let (mut table, mut worst_missed, mut worst_wrong) =
        (String::from("| card numbers | found |\n| --- | --- |\n"), 0, 0);
    for (at, (name, way)) in WAYS.into_iter().enumerate() {
        let source = Source::new(3_000 + at as u64);
        let is_missed = |_: &u64| {
            let fields = way(&source, &source.card());
            !contains_across(&fields.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let missed = (0..EACH).filter(is_missed).count() as u64;
        worst_missed = worst_missed.max(missed);
        table.push_str(&format!("| {name} | {} of {EACH} |\n", EACH - missed));
    }
    table.push_str("\n| other numbers | taken for a card |\n| --- | --- |\n");
    for (at, (name, make)) in NONE_OF_THEM.into_iter().enumerate() {
        let source = Source::new(4_000 + at as u64);
        let wrong = (0..EACH).filter(|_| contains(&source.sentence(&make(&source)))).count() as u64;
        worst_wrong = worst_wrong.max(wrong);
        table.push_str(&format!("| {name} | {wrong} of {EACH} |\n"));
    }
    let source = Source::new(5_000);
    let number = || source.digits(3 + source.below(8) as usize);
    let wrong = (0..EACH).filter(|_| contains_across(&[&number(), &number(), "Ada", &number()])).count() as u64;
    worst_wrong = worst_wrong.max(wrong);
    table.push_str(&format!("| two numbers of 3 to 10 digits in neighbouring fields | {wrong} of {EACH} |\n"));
    (table, worst_missed, worst_wrong)
}

#[test]
fn the_figures_that_are_published_are_those_that_are_measured() {
    let (table, missed, wrong) = measured();
    eprintln!("{table}");
    assert!(missed * 1_000 <= EACH && wrong * 1_000 <= EACH, "{table}");
    let published = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/card-numbers.md"));
    assert!(published.contains(&table), "docs/card-numbers.md says something else than\n{table}");
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
    for (name, make) in NONE_OF_THEM {
        let wrong = (0..OTHERS).filter(|_| contains(&source.sentence(&make(&source)))).count() as u64;
        eprintln!("PAN false positives on {name}: {wrong} of {OTHERS}");
        assert!(wrong * 1000 <= OTHERS, "{name}");
    }
    let random = (0..OTHERS).filter(|_| contains(&source.digits(16))).count() as u64;
    eprintln!("PAN hits on random 16-digit numbers, which can't be told apart: {random} of {OTHERS}");
    assert!(random * 25 <= OTHERS);
}

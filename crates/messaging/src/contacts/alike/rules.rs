//! What spellings of one address share.

use zeroize::Zeroizing;

/// Providers whose addresses are one mailbox with and without dots, and what they are called.
const DOTLESS: [(&str, &str); 2] = [("gmail.com", "gmail.com"), ("googlemail.com", "gmail.com")];

/// The mailbox of an address in its index form: without a tag (RFC 5233 §1), and without dots where these mean nothing.
pub(super) fn mailbox(address: &str) -> Zeroizing<String> {
    let (local, domain) = address.split_once('@').unwrap_or((address, ""));
    // A leading plus is no tag: there would be no mailbox.
    let local = local.split_once('+').map_or(local, |(local, _)| local);
    let local = if local.is_empty() { address } else { local };
    Zeroizing::new(match DOTLESS.iter().find(|(one, _)| *one == domain) {
        Some((_, domain)) => format!("{}@{domain}", local.replace('.', "")),
        None => format!("{local}@{domain}"),
    })
}

/// The line of a number in E.164, without what is written into it for mobiles in some ways of writing and not in others:
///
/// * Mexico: a `1` after `+52`, dropped in 2019 and still in use at messengers;
/// * Argentina: a `9` after `+54`;
/// * Brazil: a `9` after the area code, added to eight digits from 2012 on.
pub(super) fn line(number: &str) -> Zeroizing<String> {
    let without = |country: &str, infix: &str, digits: usize| {
        let rest = number.strip_prefix(country)?.strip_prefix(infix)?;
        (rest.len() == digits).then(|| format!("{country}{rest}"))
    };
    let brazil = || {
        let (area, rest) = number.strip_prefix("+55")?.split_at_checked(2)?;
        let rest = rest.strip_prefix('9')?;
        (rest.len() == 8).then(|| format!("+55{area}{rest}"))
    };
    let short = without("+52", "1", 10).or_else(|| without("+54", "9", 10)).or_else(brazil);
    Zeroizing::new(short.unwrap_or_else(|| number.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_meaningless_dots_are_of_one_mailbox_and_other_names_are_not() {
        let shared = mailbox("ada.lovelace@example.com");
        assert_eq!(mailbox("ada.lovelace+news@example.com"), shared);
        for other in ["adalovelace@example.com", "ada.lovelace@example.org", "a.lovelace@example.com"] {
            assert_ne!(mailbox(other), shared, "{other}");
        }
        assert_eq!(mailbox("a.da+x@googlemail.com"), mailbox("ada@gmail.com"));
        assert_ne!(mailbox("+x@example.com"), mailbox("+y@example.com"), "there is no mailbox without a name");
    }

    #[test]
    fn mobile_infixes_are_of_one_line_and_other_digits_are_not() {
        for (long, short) in [
            ("+5215512345678", "+525512345678"),
            ("+5491123456789", "+541123456789"),
            ("+5511987654321", "+551187654321"),
        ] {
            assert_eq!(line(long), line(short), "{long}");
        }
        for number in ["+12025550143", "+491701234567", "+52155123456789", "+5511887654321"] {
            assert_eq!(*line(number), number, "{number}");
        }
    }
}

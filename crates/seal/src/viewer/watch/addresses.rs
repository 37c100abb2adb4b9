//! E-mail addresses in text.

use zeroize::Zeroizing;

/// Which of these addresses (in lower case) stand in a decoded text: their indices.
pub(super) fn found_in(text: &[u8], addresses: &[Zeroizing<String>]) -> Vec<usize> {
    if addresses.is_empty() {
        return Vec::new();
    }
    let signs: Vec<usize> = text.iter().enumerate().filter(|(_, byte)| **byte == b'@').map(|(at, _)| at).collect();
    let stands = |address: &str| {
        let (local, domain) = address.rsplit_once('@')?;
        signs.iter().find(|at| stands_at(text, **at, local.as_bytes(), domain.as_bytes()))
    };
    let found = addresses.iter().enumerate().filter(|(_, address)| stands(address).is_some());
    found.map(|(index, _)| index).collect()
}

fn stands_at(text: &[u8], at: usize, local: &[u8], domain: &[u8]) -> bool {
    let (before, behind) = (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
    let (Some(before), Some(behind)) = (before.strip_suffix(local), behind.strip_prefix(domain)) else { return false };
    !before.last().is_some_and(|byte| is_of_local(*byte)) && !behind.first().is_some_and(|byte| is_of_domain(*byte))
}

/// Whether an address with this before it is another: `anna@` is not `a@`. What names of files are made of separates.
fn is_of_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii() || matches!(byte, b'.' | b'+')
}

/// Whether an address with this behind it is another. A dot may be the end of a sentence, or begin a file's kind.
fn is_of_domain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii() || byte == b'-'
}

//! As much of Structured Field Values (RFC 9651) as signatures are written in.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A String (§4.1.6); nothing if it holds what none can.
pub(super) fn string(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            0x20..=0x7e => out.push(char::from(byte)),
            _ => return None,
        }
    }
    out.push('"');
    Some(out)
}

/// A Byte Sequence (§4.1.8).
pub(super) fn bytes(bytes: &[u8]) -> String {
    format!(":{}:", STANDARD.encode(bytes))
}

/// An Inner List of Strings (§4.1.1.1); nothing if one of them can't be one.
pub(super) fn list(names: &[&str]) -> Option<String> {
    let names = names.iter().map(|name| string(name)).collect::<Option<Vec<_>>>()?;
    Some(format!("({})", names.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_or_refused() {
        assert_eq!(string(r#"a"b\c d"#).as_deref(), Some(r#""a\"b\\c d""#));
        assert_eq!(string("").as_deref(), Some("\"\""));
        for text in ["a\r\nb", "\t", "\u{7f}", "é"] {
            assert_eq!(string(text), None);
        }
    }

    #[test]
    fn bytes_and_lists_are_written_as_the_rfc_shows_them() {
        // RFC 9651 §3.3.5 and §3.1.1.
        assert_eq!(bytes(b"pretend this is binary content."), ":cHJldGVuZCB0aGlzIGlzIGJpbmFyeSBjb250ZW50Lg==:");
        assert_eq!(list(&["foo", "bar"]).as_deref(), Some(r#"("foo" "bar")"#));
        assert_eq!(list(&[]).as_deref(), Some("()"));
        assert_eq!(list(&["é"]), None);
    }
}

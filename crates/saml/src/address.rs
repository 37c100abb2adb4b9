//! Addresses and names that stand in documents, in URLs and on pages.

/// Whether this is an absolute `https` URL without a fragment, in ASCII, with nothing in it that means something to HTML.
pub(crate) fn is_https(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else { return false };
    let harmless = |byte: u8| {
        byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | b'#')
    };
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    !host.is_empty() && !host.contains('@') && rest.bytes().all(harmless)
}

/// Whether a name can be compared and shown: something, not too long, all of it visible. Controls, white space at the ends and
/// characters that reorder or hide others make two names look like one.
pub(crate) fn is_identifier(text: &str, longest: usize) -> bool {
    let visible = |c: char| !c.is_control() && !is_invisible(c);
    (1..=longest).contains(&text.len()) && text.trim() == text && text.chars().all(visible)
}

/// Format characters (Unicode category Cf) and fillers that show nothing or turn the direction of what follows (UTS #39 §3).
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_and_nothing_else() {
        assert!(is_https("https://idp.example.com/sso?tenant=1&x=%20") && is_https("https://idp.example.com"));
        let others = [
            "http://idp.example.com/",
            "javascript:alert(1)",
            "https://",
            "https:///path",
            "//idp.example.com/",
            "",
            "https://idp.example.com/ x",
            "https://idp.example.com/\"",
            "https://idp.example.com/#f",
            "HTTPS://x/",
            "https://user@idp.example.com/",
            "https://idp.example.com/\n",
            "https://exämple.com/",
        ];
        for other in others {
            assert!(!is_https(other), "{other}");
        }
    }

    #[test]
    fn a_name_is_all_visible() {
        assert!(is_identifier("ada@example.com", 100) && is_identifier("Ådå Lövelace", 100));
        let others =
            ["", " ada", "ada\n", "a\u{202e}da", "a\u{200b}da", "ada\u{feff}", "a\tda", "a\u{0}", "aaaaa\u{2066}"];
        for other in others {
            assert!(!is_identifier(other, 100), "{other:?}");
        }
        assert!(!is_identifier("ada@example.com", 14));
    }
}

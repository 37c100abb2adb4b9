//! A form that is the same for all JSON texts that mean the same.

use super::document::{Document, Kind};

impl Document {
    /// Writes tags, lengths and texts instead of punctuation: no two values share their bytes. Members are sorted by name;
    /// `1`, `1.0` and `10e-1` are the same number, `"a"` and `"\u0061"` the same string.
    pub(crate) fn write_canonical(&self, out: &mut Vec<u8>) {
        self.write_value(0, out);
    }

    fn write_value(&self, at: usize, out: &mut Vec<u8>) {
        let node = self.node(at);
        match node.kind {
            Kind::Null => out.push(b'n'),
            Kind::True => out.push(b't'),
            Kind::False => out.push(b'f'),
            Kind::Number => {
                out.push(b'd');
                // Integers up to 2⁵³ are held exactly; −0 is 0.
                let number = self.raw(node).parse::<f64>().unwrap_or_default() + 0.0;
                out.extend_from_slice(&number.to_be_bytes());
            }
            Kind::Plain | Kind::Escaped => write_text(&self.text(node), out),
            Kind::Array => {
                out.push(b'[');
                for child in self.children(at) {
                    self.write_value(child, out);
                }
                out.push(b']');
            }
            Kind::Object => {
                let mut names: Vec<_> =
                    self.children(at).step_by(2).map(|name| (self.text(self.node(name)), name + 1)).collect();
                names.sort_unstable();
                out.push(b'{');
                for (name, value) in names {
                    write_text(&name, out);
                    self.write_value(value, out);
                }
                out.push(b'}');
            }
        }
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b's');
    out.extend_from_slice(&(text.len() as u32).to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::body::Bytes;

    fn canonical(text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        Document::parse(Bytes::copy_from_slice(text.as_bytes())).unwrap().write_canonical(&mut out);
        out
    }

    #[test]
    fn texts_that_mean_the_same_are_the_same() {
        let one = canonical(r#"{"a":1,"b":[true,null,"x"],"c":{"d":-0.0}}"#);
        assert_eq!(one, canonical(" {\"c\": {\"d\":0},\n\"b\":[true, null,\"\\u0078\"],\"\\u0061\":10e-1}"));
    }

    #[test]
    fn texts_that_mean_something_else_differ() {
        let texts = [
            r#"{"a":1}"#,
            r#"{"a":"1"}"#,
            r#"{"a":[1]}"#,
            r#"{"a":null}"#,
            r#"{"b":1}"#,
            r#"{}"#,
            r#"[]"#,
            r#"["a",1]"#,
            r#"[["a"],1]"#,
            r#"[["a",1]]"#,
        ];
        for (at, one) in texts.iter().enumerate() {
            assert!(texts[at + 1..].iter().all(|other| canonical(one) != canonical(other)), "{one}");
        }
    }
}

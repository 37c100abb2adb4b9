//! The relaxed forms of RFC 6376 §3.4.2 and §3.4.4, and what is signed (§3.7).

/// One header field of a message: its name and everything after the colon, folded as it was.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'a> {
    name: &'a [u8],
    value: &'a [u8],
}

impl<'a> Field<'a> {
    fn parse(field: &'a [u8]) -> Self {
        let colon = field.iter().position(|byte| *byte == b':');
        let (name, value) = match colon {
            Some(colon) => (&field[..colon], &field[colon + 1..]),
            None => (field, &field[field.len()..]),
        };
        Self { name: name.trim_ascii(), value }
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// Lower-case name, unfolded value, runs of white space as one space, none at the ends; no CRLF.
    fn relaxed(&self, output: &mut Vec<u8>) {
        output.extend(self.name.to_ascii_lowercase());
        output.push(b':');
        let mut words =
            self.value.split(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).filter(|word| !word.is_empty());
        if let Some(first) = words.next() {
            output.extend_from_slice(first);
        }
        for word in words {
            output.push(b' ');
            output.extend_from_slice(word);
        }
    }
}

/// Splits a message into its header fields and its body.
pub(super) fn split(message: &[u8]) -> (Vec<Field<'_>>, &[u8]) {
    let end = find(message, b"\r\n\r\n");
    let (head, body) = match end {
        Some(end) => (&message[..end], &message[end + 4..]),
        None => (message, &message[message.len()..]),
    };
    (fields(head), body)
}

/// Header fields: lines, with those that begin with white space joined to the one before.
fn fields(head: &[u8]) -> Vec<Field<'_>> {
    let mut fields = Vec::new();
    let mut start = 0;
    let mut from = 0;
    while let Some(offset) = find(&head[from..], b"\r\n") {
        let end = from + offset;
        from = end + 2;
        let folded = matches!(head.get(from), Some(b' ' | b'\t'));
        if !folded {
            fields.push(Field::parse(&head[start..end]));
            start = from;
        }
    }
    if start < head.len() {
        fields.push(Field::parse(&head[start..]));
    }
    fields
}

/// The bytes that are hashed and signed: the fields named in `names` (the lowest unused one for each
/// mention, nothing for a mention without a field), then `signature`, the DKIM-Signature field with an
/// empty `b=`.
pub(super) fn signing_input(head: &[Field<'_>], names: &[&str], signature: &str) -> Vec<u8> {
    let mut unused: Vec<&Field<'_>> = head.iter().collect();
    let mut input = Vec::new();
    for name in names {
        if let Some(index) = unused.iter().rposition(|field| field.is(name)) {
            unused.remove(index).relaxed(&mut input);
            input.extend_from_slice(b"\r\n");
        }
    }
    Field::parse(signature.as_bytes()).relaxed(&mut input);
    input
}

/// Runs of white space as one space, none at line ends, no empty lines at the end.
pub(super) fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut output = Vec::with_capacity(body.len());
    let mut end = 0;
    for line in lines(body) {
        relaxed_line(line, &mut output);
        let empty = output.is_empty() || output.ends_with(b"\r\n");
        output.extend_from_slice(b"\r\n");
        if !empty {
            end = output.len();
        }
    }
    output.truncate(end);
    output
}

fn relaxed_line(line: &[u8], output: &mut Vec<u8>) {
    let mut gap = false;
    for byte in line {
        match byte {
            b' ' | b'\t' => gap = true,
            byte => {
                if gap {
                    output.push(b' ');
                }
                gap = false;
                output.push(*byte);
            }
        }
    }
}

fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(body).filter(|body| !body.is_empty());
    std::iter::from_fn(move || {
        let body = rest?;
        let (line, next) = match find(body, b"\r\n") {
            Some(end) => (&body[..end], &body[end + 2..]),
            None => (body, &body[body.len()..]),
        };
        rest = Some(next).filter(|next| !next.is_empty());
        Some(line)
    })
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

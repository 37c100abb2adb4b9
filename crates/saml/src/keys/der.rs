//! As much DER (X.690) as it takes to find a key in a certificate, and to put one into another.

/// What is left of a value of which the beginning was read.
#[derive(Clone, Copy)]
pub(crate) struct Der<'a>(&'a [u8]);

/// One value: its tag, its contents, and all of its bytes.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a> {
    pub(crate) tag: u8,
    pub(crate) contents: &'a [u8],
    pub(crate) bytes: &'a [u8],
}

pub(crate) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const UTF8_STRING: u8 = 0x0c;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
/// `[0]` of a certificate's version.
pub(crate) const VERSION: u8 = 0xa0;
/// `[3]` of a certificate's extensions.
pub(super) const EXTENSIONS: u8 = 0xa3;

/// A value with this tag, made of these parts. Its length is in the fewest bytes (§10.1).
pub(super) fn write(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(length + 6);
    out.push(tag);
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let digits = length.to_be_bytes();
        let digits = &digits[(length.leading_zeros() / 8) as usize..];
        out.push(0x80 | digits.len() as u8);
        out.extend_from_slice(digits);
    }
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

impl<'a> Der<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The contents of the one value there is, if it has this tag.
    pub(crate) fn only(bytes: &'a [u8], tag: u8) -> Option<Self> {
        let mut outer = Self(bytes);
        let value = outer.read(tag)?;
        outer.0.is_empty().then_some(Self(value.contents))
    }

    /// The next value, if it has this tag.
    pub(crate) fn read(&mut self, tag: u8) -> Option<Value<'a>> {
        let mut ahead = *self;
        let value = ahead.next().filter(|value| value.tag == tag)?;
        *self = ahead;
        Some(value)
    }

    /// The length of a value's contents, and of the length itself (§8.1.3, in the fewest bytes: §10.1).
    fn length(bytes: &[u8]) -> Option<(usize, usize)> {
        let first = usize::from(*bytes.first()?);
        if first < 0x80 {
            return Some((first, 1));
        }
        let digits = bytes.get(1..1 + (first & 0x7f)).filter(|digits| (1..=3).contains(&digits.len()))?;
        let length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
        let fewest = digits[0] != 0 && length >= 0x80;
        fewest.then_some((length, 1 + digits.len()))
    }
}

impl<'a> Iterator for Der<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        let (tag, rest) = self.0.split_first()?;
        let (length, digits) = Self::length(rest)?;
        let bytes = self.0.get(..1 + digits + length)?;
        self.0 = &self.0[bytes.len()..];
        Some(Value { tag: *tag, contents: &bytes[1 + digits..], bytes })
    }
}

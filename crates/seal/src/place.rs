//! Where a sealed value lives. The place is authenticated with the value and never
//! stored beside it, so that a value copied to another row, column, owner, environment
//! or organisation does not open.

use crate::env::Environment;
use crate::key::KeyId;

/// The address of one sealed value, rebuilt from the *query* and never from the row
/// just read: whoever can write the database can move a row's own ids along with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The organisation's id.
    pub org: [u8; 16],
    /// The environment, for rows that belong to one.
    pub environment: Option<Environment>,
    /// The table's name.
    pub table: &'a str,
    /// The column's name.
    pub column: &'a str,
    /// The row's primary key, as bytes.
    pub row: &'a [u8],
    /// The contact or member whose value it is.
    pub owner: Option<[u8; 16]>,
}

/// Names the layout below; a new layout takes a new name.
const LAYOUT: &[u8] = b"sealpost/aad/1";

impl Place<'_> {
    /// The associated data for a value sealed under the key called `key`: fixed widths
    /// and lengths, no separators, so that no two places share their bytes.
    ///
    /// `"sealpost/aad/1" ‖ org (16) ‖ environment (1) ‖ table ‖ column ‖ row ‖
    /// owner present (1) ‖ owner (16) ‖ key id (8)`, where table, column and row each
    /// follow their length as u32 BE.
    pub fn aad(&self, key: KeyId) -> Vec<u8> {
        let mut aad = Vec::with_capacity(self.aad_len());
        aad.extend_from_slice(LAYOUT);
        aad.extend_from_slice(&self.org);
        aad.push(match self.environment {
            None => 0,
            Some(Environment::Test) => 1,
            Some(Environment::Live) => 2,
        });
        for part in [self.table.as_bytes(), self.column.as_bytes(), self.row] {
            aad.extend_from_slice(&(part.len() as u32).to_be_bytes());
            aad.extend_from_slice(part);
        }
        aad.push(u8::from(self.owner.is_some()));
        aad.extend_from_slice(&self.owner.unwrap_or_default());
        aad.extend_from_slice(&key.0);
        aad
    }

    fn aad_len(&self) -> usize {
        let fixed = LAYOUT.len() + 16 + 1 + 3 * 4 + 1 + 16 + 8;
        // Two more, for the version and suite an envelope appends.
        fixed + self.table.len() + self.column.len() + self.row.len() + 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'static> = Place {
        org: [1; 16],
        environment: Some(Environment::Live),
        table: "contacts",
        column: "phone",
        row: b"row",
        owner: Some([2; 16]),
    };

    #[test]
    fn the_layout_is_pinned() {
        let mut expected = b"sealpost/aad/1".to_vec();
        expected.extend([1; 16]);
        expected.push(2);
        expected.extend(b"\x00\x00\x00\x08contacts\x00\x00\x00\x05phone\x00\x00\x00\x03row");
        expected.push(1);
        expected.extend([2; 16]);
        expected.extend([3; 8]);
        assert_eq!(PLACE.aad(KeyId([3; 8])), expected);
    }

    #[test]
    fn moving_a_letter_between_parts_is_another_place() {
        let shifted = Place { table: "contact", column: "sphone", ..PLACE };
        assert_ne!(PLACE.aad(KeyId([3; 8])), shifted.aad(KeyId([3; 8])));
    }

    #[test]
    fn nobody_is_not_the_owner_zero() {
        let nobody = Place { owner: None, ..PLACE };
        let zero = Place { owner: Some([0; 16]), ..PLACE };
        assert_ne!(nobody.aad(KeyId([3; 8])), zero.aad(KeyId([3; 8])));
    }
}

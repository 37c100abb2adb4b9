//! Ciphertext columns that remember what is inside.

use super::{Personal, Purpose};
use crate::envelope::{self, OpenError};
use crate::key::{Key, KeyId};
use crate::place::Place;
use crate::rng::Rng;
use std::marker::PhantomData;
use zeroize::{Zeroize, Zeroizing};

/// A sealed `T`: what stands in the database. Opening it yields a [`Personal`] and
/// never a bare value.
pub struct Sealed<T>(Vec<u8>, PhantomData<fn() -> T>);

/// A type that can be sealed as bytes and read back from them.
pub trait Sealable: Zeroize + Sized {
    /// The bytes to seal.
    fn clear_bytes(&self) -> &[u8];
    /// The value from opened bytes; `None` when they can't be one.
    fn from_clear(bytes: Zeroizing<Vec<u8>>) -> Option<Self>;
}

impl<T> Sealed<T> {
    /// Takes the bytes of a column.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes, PhantomData)
    }

    /// The bytes for a column.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes for a column, owned.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Which key sealed it; see [`envelope::key_id_of`].
    pub fn key_id(&self) -> Option<KeyId> {
        envelope::key_id_of(&self.0)
    }
}

impl<T: Sealable> Sealed<T> {
    /// Seals a clear value for its place.
    pub fn seal(key: &Key, id: KeyId, place: &Place<'_>, value: &Personal<T>, rng: &dyn Rng) -> Self {
        let clear = value.expose(Purpose::Seal).clear_bytes();
        Self::from_bytes(envelope::seal(key, id, place, clear, rng))
    }

    /// Opens the value at its place.
    pub fn open(&self, key: &Key, place: &Place<'_>) -> Result<Personal<T>, OpenError> {
        let clear = envelope::open(key, place, &self.0)?;
        T::from_clear(clear).map(Personal::new).ok_or(OpenError)
    }
}

impl Sealable for String {
    fn clear_bytes(&self) -> &[u8] {
        self.as_bytes()
    }

    fn from_clear(mut bytes: Zeroizing<Vec<u8>>) -> Option<Self> {
        match String::from_utf8(std::mem::take(&mut *bytes)) {
            Ok(text) => Some(text),
            Err(refused) => {
                refused.into_bytes().zeroize();
                None
            }
        }
    }
}

impl Sealable for Vec<u8> {
    fn clear_bytes(&self) -> &[u8] {
        self
    }

    fn from_clear(mut bytes: Zeroizing<Vec<u8>>) -> Option<Self> {
        Some(std::mem::take(&mut *bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRng;

    const PLACE: Place<'static> =
        Place { org: [1; 16], environment: None, table: "contacts", column: "name", row: b"1", owner: None };

    #[test]
    fn a_column_round_trips_through_its_bytes() {
        let key = Key::generate(&SystemRng);
        let name = Personal::new("Ada Lovelace".to_owned());
        let sealed = Sealed::seal(&key, KeyId([9; 8]), &PLACE, &name, &SystemRng);
        let read = Sealed::<String>::from_bytes(sealed.into_bytes());
        assert_eq!(read.key_id(), Some(KeyId([9; 8])));
        let opened = read.open(&key, &PLACE).unwrap();
        assert_eq!(opened.expose(Purpose::Guard), "Ada Lovelace");
    }

    #[test]
    fn bytes_that_are_not_text_do_not_open_as_text() {
        let key = Key::generate(&SystemRng);
        let bytes = Personal::new(vec![0xFF, 0xFE]);
        let sealed = Sealed::seal(&key, KeyId([9; 8]), &PLACE, &bytes, &SystemRng);
        let as_text = Sealed::<String>::from_bytes(sealed.into_bytes());
        assert!(as_text.open(&key, &PLACE).is_err());
    }
}

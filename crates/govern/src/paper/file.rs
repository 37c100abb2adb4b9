//! A PDF file that is written from its beginning to its end (ISO 32000-1 §7.5): of what was written only the places are kept.

use std::io::Write as _;

use pdf_writer::{Chunk, Ref, Settings};

/// How objects are spelled: for programs.
pub(super) const fn settings() -> Settings {
    Settings { pretty: false }
}

/// What is written, and where everything is.
pub(super) struct File {
    out: Vec<u8>,
    /// Bytes that were taken.
    taken: u64,
    /// Where each object begins, by its number less one; 0 for one that is not there yet.
    places: Vec<u64>,
}

impl File {
    pub(super) fn new() -> Self {
        // Four bytes that are no text tell whoever transports it that it is none.
        Self { out: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec(), taken: 0, places: Vec::new() }
    }

    /// A name for an object that is still to be written.
    pub(super) fn next(&mut self) -> Ref {
        self.places.push(0);
        // A person's messages don't fill two thousand million pages.
        Ref::new(i32::try_from(self.places.len()).unwrap_or(i32::MAX))
    }

    /// Writes the one object in this chunk.
    pub(super) fn object(&mut self, id: Ref, chunk: &Chunk) {
        let at = self.taken + self.out.len() as u64;
        let number = usize::try_from(id.get()).unwrap_or_default();
        if let Some(place) = number.checked_sub(1).and_then(|number| self.places.get_mut(number)) {
            *place = at;
        }
        self.out.extend_from_slice(chunk.as_bytes());
    }

    /// Writes where everything is, and which objects lead to the others.
    pub(super) fn finish(&mut self, catalog: Ref, info: Ref) -> std::io::Result<()> {
        let at = self.taken + self.out.len() as u64;
        let size = self.places.len() + 1;
        write!(self.out, "xref\n0 {size}\n0000000000 65535 f \n")?;
        for place in &self.places {
            if *place == 0 {
                self.out.extend_from_slice(b"0000000000 00000 f \n");
            } else {
                writeln!(self.out, "{place:010} 00000 n ")?;
            }
        }
        let (catalog, info) = (catalog.get(), info.get());
        write!(self.out, "trailer\n<</Size {size}/Root {catalog} 0 R/Info {info} 0 R>>\nstartxref\n{at}\n%%EOF\n")
    }

    pub(super) fn waiting(&self) -> usize {
        self.out.len()
    }

    pub(super) fn take(&mut self) -> Vec<u8> {
        self.taken += self.out.len() as u64;
        std::mem::take(&mut self.out)
    }
}

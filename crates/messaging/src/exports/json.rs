//! The export as JSON: one document, an element of a list on each line.

use serde::Serialize;

use super::model::{Piece, Section, Unwritable, Writer};

/// Writes it.
#[derive(Default)]
pub(super) struct Json {
    out: Vec<u8>,
    /// The list that is being written, and whether it has elements.
    list: Option<bool>,
}

impl Json {
    fn member(&mut self, before: &str, name: &str, value: &impl Serialize) -> Result<(), Unwritable> {
        self.end();
        self.out.extend_from_slice(before.as_bytes());
        self.out.extend_from_slice(format!("\"{name}\":").as_bytes());
        Ok(serde_json::to_writer(&mut self.out, value)?)
    }

    fn begin(&mut self, section: Section) {
        self.end();
        self.out.extend_from_slice(format!(",\n\"{}\":[", section.name()).as_bytes());
        self.list = Some(false);
    }

    fn element(&mut self, value: &impl Serialize) -> Result<(), Unwritable> {
        if self.list.replace(true) == Some(true) {
            self.out.push(b',');
        }
        self.out.push(b'\n');
        Ok(serde_json::to_writer(&mut self.out, value)?)
    }

    fn end(&mut self) {
        if self.list.take().is_some() {
            self.out.push(b']');
        }
    }
}

impl Writer for Json {
    fn write(&mut self, piece: &Piece) -> Result<(), Unwritable> {
        match piece {
            Piece::About(about) => self.member("{", "export", about),
            Piece::Person(person) => self.member(",\n", "person", person),
            Piece::Begin(section) => {
                self.begin(*section);
                Ok(())
            }
            Piece::Message(message) => self.element(message),
            Piece::Run(run) => self.element(run),
            Piece::Suppressed(suppressed) => self.element(suppressed),
            Piece::Look(look) => self.element(look),
            Piece::AlsoHeld(other) => self.element(other),
            Piece::Complete(counts) => {
                self.member(",\n", "complete", counts)?;
                self.out.extend_from_slice(b"}\n");
                Ok(())
            }
        }
    }

    fn waiting(&self) -> usize {
        self.out.len()
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }
}

//! What a visitor is known by, made from the key of the visit: by the command that asked and by the server that lets them in.

use std::sync::atomic::{AtomicU32, Ordering};

use sealpost_seal::Rng;
use sealpost_seal::key::Key;
use sealpost_seal::token::{Token, TokenKind};

/// The token of the visitor's session.
pub fn session_of(visit: &Key) -> Token {
    Token::generate(TokenKind::SESSION, &Drawn { from: visit.derive("visit-session", &[]), block: AtomicU32::new(0) })
}

/// Bytes that whoever has the key draws, too.
struct Drawn {
    from: Key,
    block: AtomicU32,
}

impl Rng for Drawn {
    fn fill(&self, out: &mut [u8]) {
        for part in out.chunks_mut(32) {
            let block = self.from.mac(&[&self.block.fetch_add(1, Ordering::Relaxed).to_be_bytes()]);
            part.iter_mut().zip(block).for_each(|(out, drawn)| *out = drawn);
        }
    }
}

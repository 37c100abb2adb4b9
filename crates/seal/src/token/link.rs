//! Tokens for links, sessions and hand-overs.

use super::{Malformed, base62};
use crate::key::Key;
use crate::rng::Rng;
use zeroize::Zeroizing;

/// What a token is for: its prefix, so that one kind is never taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenKind {
    prefix: &'static str,
}

impl TokenKind {
    /// One-click unsubscribe (RFC 8058).
    pub const UNSUBSCRIBE: Self = Self::new("unsub_");
    /// A one-time link to something prepared for one person.
    pub const LINK: Self = Self::new("link_");
    /// A one-time download of an approved export.
    pub const DOWNLOAD: Self = Self::new("dl_");
    /// An invitation to become a member.
    pub const INVITATION: Self = Self::new("inv_");
    /// A member's session.
    pub const SESSION: Self = Self::new("sess_");
    /// What a directory presents that provisions members (RFC 7644).
    pub const SCIM: Self = Self::new("scim_");
    /// A consumer's refresh token.
    pub const REFRESH: Self = Self::new("rt_");
    /// The hand-over of a waiting consumer to the shop.
    pub const HANDOFF: Self = Self::new("ho_");

    /// A kind of token with its own prefix: lower-case letters and a final `_`.
    /// Anything else fails at compile time when used in a `const`.
    pub const fn new(prefix: &'static str) -> Self {
        let bytes = prefix.as_bytes();
        assert!(bytes.len() >= 2 && bytes[bytes.len() - 1] == b'_');
        let mut i = 0;
        while i + 1 < bytes.len() {
            assert!(bytes[i].is_ascii_lowercase());
            i += 1;
        }
        Self { prefix }
    }

    /// The prefix, with its `_`.
    pub const fn prefix(self) -> &'static str {
        self.prefix
    }
}

/// A token in clear: exists while it is handed out and while a request presents it.
pub struct Token {
    text: Zeroizing<String>,
    kind: TokenKind,
}

impl Token {
    /// A fresh token: the prefix, 32 random base62 characters, six of checksum.
    pub fn generate(kind: TokenKind, rng: &dyn Rng) -> Self {
        let text = base62::generate(kind.prefix, rng);
        Self { text, kind }
    }

    /// Reads a presented token of the expected kind.
    pub fn parse(kind: TokenKind, text: &str) -> Result<Self, Malformed> {
        if !base62::is_valid(kind.prefix, text) {
            return Err(Malformed);
        }
        let text = Zeroizing::new(text.to_owned());
        Ok(Self { text, kind })
    }

    /// What is stored and looked up: HMAC-SHA256 of the whole text under `pepper`, the
    /// key derived for the label `"token"`.
    pub fn mac(&self, pepper: &Key) -> [u8; 32] {
        pepper.mac(&[self.text.as_bytes()])
    }

    /// What the token is for.
    pub fn kind(&self) -> TokenKind {
        self.kind
    }

    /// The clear text, to hand it out.
    pub fn expose(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRng;

    #[test]
    fn a_token_of_one_kind_is_not_one_of_another() {
        let token = Token::generate(TokenKind::UNSUBSCRIBE, &SystemRng);
        assert!(token.expose().starts_with("unsub_"));
        assert!(Token::parse(TokenKind::UNSUBSCRIBE, token.expose()).is_ok());
        assert!(Token::parse(TokenKind::SESSION, token.expose()).is_err());
    }

    #[test]
    fn a_cut_off_token_is_refused() {
        let token = Token::generate(TokenKind::LINK, &SystemRng);
        for length in 0..token.expose().len() {
            assert!(Token::parse(TokenKind::LINK, &token.expose()[..length]).is_err());
        }
    }
}

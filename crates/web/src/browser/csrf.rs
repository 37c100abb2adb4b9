//! Tokens that only a page of ours could have put into a request.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sealpost_seal::Key;
use sealpost_seal::token::mac_eq;

/// The header a script sends the token in.
pub(crate) const CSRF_HEADER: &str = "x-csrf-token";
/// The field a form sends it in.
pub(crate) const CSRF_FIELD: &str = "_csrf";

/// Makes tokens and knows them again: keyed hashes of whom they belong to, so that nothing has to be stored.
pub(crate) struct Csrf(Key);

/// Whose token it is.
#[derive(Clone, Copy)]
pub(crate) enum Bearer<'a> {
    /// A session, by its id.
    Session([u8; 16]),
    /// A session that looks at pages as another role sees them: a token that nothing is done with.
    Preview([u8; 16]),
    /// A visitor who hasn't signed in, by the value of the cookie.
    Visit(&'a str),
}

impl Csrf {
    pub(crate) fn new(pepper: &Key) -> Self {
        Self(pepper.derive("csrf", &[]))
    }

    pub(crate) fn token(&self, bearer: Bearer<'_>) -> String {
        URL_SAFE_NO_PAD.encode(self.mac(bearer))
    }

    pub(crate) fn belongs(&self, presented: &str, bearer: Bearer<'_>) -> bool {
        let presented = URL_SAFE_NO_PAD.decode(presented).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        presented.is_some_and(|presented| mac_eq(&presented, &self.mac(bearer)))
    }

    fn mac(&self, bearer: Bearer<'_>) -> [u8; 32] {
        match bearer {
            Bearer::Session(id) => self.0.mac(&[b"session:", &id]),
            Bearer::Preview(id) => self.0.mac(&[b"preview:", &id]),
            Bearer::Visit(name) => self.0.mac(&[b"visit:", name.as_bytes()]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_belongs_to_one_session_or_one_visitor() {
        let csrf = Csrf::new(&Key::from_bytes([1; 32]));
        let sessions = [Bearer::Session([1; 16]), Bearer::Session([2; 16]), Bearer::Preview([1; 16])];
        let all = [&sessions[..], &[Bearer::Visit("a"), Bearer::Visit("b")]].concat();
        for (at, one) in all.iter().enumerate() {
            let token = csrf.token(*one);
            for (other_at, other) in all.iter().enumerate() {
                assert_eq!(csrf.belongs(&token, *other), at == other_at);
            }
            assert!(!Csrf::new(&Key::from_bytes([2; 32])).belongs(&token, *one));
            assert!(!csrf.belongs(&token[1..], *one) && !csrf.belongs("", *one) && !csrf.belongs("é", *one));
        }
    }
}

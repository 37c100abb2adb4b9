//! What proves later what was sent, without having it: commitments under a random opening.
//!
//! ```text
//! content    = HMAC-SHA256(opening, "sealpost receipt v1 content\0"   ‖ (u64 BE length ‖ part)*)   subject, text, HTML
//! recipient  = HMAC-SHA256(opening, "sealpost receipt v1 recipient\0" ‖ address)                   in its normal form
//! commitment = HMAC-SHA256(opening, "sealpost receipt v1 statement\0" ‖ statement)                 as the receipt has it
//! ```
//!
//! The opening is sealed under the contact's key: it outlives the message's content, and dies with the person's erasure.

use sealpost_seal::envelope;
use sealpost_seal::{Key, Place, rng};
use sealpost_store::{Ctx, MessageId, Org, StoreError};
use zeroize::Zeroizing;

use super::model::Content;
use crate::contacts::Subject;

const CONTENT: &[u8] = b"sealpost receipt v1 content\0";
const RECIPIENT: &[u8] = b"sealpost receipt v1 recipient\0";
const STATEMENT: &[u8] = b"sealpost receipt v1 statement\0";

/// What opens commitments: 32 random bytes.
pub(crate) struct Opening {
    bytes: Zeroizing<[u8; 32]>,
    key: Key,
}

impl Opening {
    pub(crate) fn of(bytes: [u8; 32]) -> Self {
        Self { key: Key::from_bytes(bytes), bytes: Zeroizing::new(bytes) }
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// The commitment to a content.
    pub(crate) fn content(&self, content: &Content) -> [u8; 32] {
        // An absent part is none of any length.
        let (subject, html) = (content.subject.as_deref(), content.html.as_deref());
        let length = |part: Option<&str>| part.map_or(u64::MAX, |part| part.len() as u64).to_be_bytes();
        self.key.mac(&[
            CONTENT,
            &length(subject),
            subject.unwrap_or_default().as_bytes(),
            &length(Some(&content.text)),
            content.text.as_bytes(),
            &length(html),
            html.unwrap_or_default().as_bytes(),
        ])
    }

    /// The commitment to an address, as addresses are compared.
    pub(crate) fn recipient(&self, normal: &str) -> [u8; 32] {
        self.key.mac(&[RECIPIENT, normal.as_bytes()])
    }

    /// The commitment to everything a receipt states.
    pub(crate) fn statement(&self, statement: &[u8]) -> [u8; 32] {
        self.key.mac(&[STATEMENT, statement])
    }
}

/// An opening, and what it commits a message to from its acceptance on.
pub(crate) struct Witness {
    pub(crate) opening: Opening,
    pub(crate) content: [u8; 32],
    pub(crate) recipient: [u8; 32],
}

impl Witness {
    /// Under a fresh opening.
    pub(super) fn new(ctx: &Ctx, content: &Content, normal: &str) -> Self {
        let opening = Opening::of(rng::array(ctx.rng()));
        Self { content: opening.content(content), recipient: opening.recipient(normal), opening }
    }

    /// Both commitments, as they are stored.
    pub(super) fn digest(&self) -> [u8; 64] {
        let mut digest = [0; 64];
        let (content, recipient) = digest.split_at_mut(32);
        content.copy_from_slice(&self.content);
        recipient.copy_from_slice(&self.recipient);
        digest
    }

    /// The opening, sealed for where it will stand.
    pub(super) fn seal(&self, ctx: &Ctx, subject: &Subject, message: MessageId) -> Vec<u8> {
        let row = message.bytes();
        let place = place(ctx.org, &row, subject);
        envelope::seal(&subject.key, subject.key_id(), &place, &self.opening.bytes[..], ctx.rng())
    }

    /// What was stored, opened.
    pub(super) fn open(
        org: Org,
        subject: &Subject,
        message: MessageId,
        sealed: &[u8],
        digest: &[u8],
    ) -> Result<Self, StoreError> {
        let row = message.bytes();
        let clear = envelope::open(&subject.key, &place(org, &row, subject), sealed)?;
        let opening = <[u8; 32]>::try_from(&clear[..]).map_err(|_| StoreError::Unopenable)?;
        let (content, recipient) = digest.split_at_checked(32).ok_or(StoreError::Unopenable)?;
        let part = |bytes: &[u8]| <[u8; 32]>::try_from(bytes).map_err(|_| StoreError::Unopenable);
        Ok(Self { opening: Opening::of(opening), content: part(content)?, recipient: part(recipient)? })
    }
}

fn place<'a>(org: Org, row: &'a [u8; 16], subject: &Subject) -> Place<'a> {
    Place {
        org: org.id.bytes(),
        environment: Some(org.environment),
        table: "message",
        column: "opening",
        row,
        owner: Some(subject.id.bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(subject: Option<&str>, text: &str, html: Option<&str>) -> Content {
        Content { subject: subject.map(str::to_owned), text: text.to_owned(), html: html.map(str::to_owned) }
    }

    #[test]
    fn no_two_contents_share_a_commitment_by_how_they_are_cut() {
        let opening = Opening::of([3; 32]);
        let all = [
            content(None, "ab", None),
            content(Some(""), "ab", None),
            content(Some("a"), "b", None),
            content(Some("ab"), "", None),
            content(None, "a", Some("b")),
            content(None, "ab", Some("")),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(all[at + 1..].iter().all(|other| opening.content(other) != opening.content(one)), "{at}");
        }
        assert_ne!(opening.content(&all[0]), Opening::of([4; 32]).content(&all[0]));
    }
}

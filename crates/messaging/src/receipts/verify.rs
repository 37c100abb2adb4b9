//! Checking a receipt offline: no database, no network, only the key one trusts.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sealpost_govern::erasure::Proof;
use sealpost_ledger::{
    Checkpoint, CheckpointError, Environment as Where, Hash, Leaf, VerifierKey, checkpoint, commitment_content,
    content_hash, leaf_hash, verify_inclusion,
};
use sealpost_seal::normal::{Email, Phone};
use sealpost_store::MessageId;
use serde_json::Value;

use super::document::{Receipt, TITLE};
use crate::channels::ChannelKind;
use crate::messages::{Content, Opening, Statement};

/// The most a receipt can have: its proof is a hash for each doubling of the ledger.
const MOST_BYTES: u64 = 1 << 20;

/// Why a text is no receipt one may rely on.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// It is not signed by the key one trusts, or not exactly in form.
    #[error("signature: {0}")]
    Note(#[from] CheckpointError),
    /// It is signed, and says something else than a receipt does.
    #[error("form: not a receipt")]
    NotOne,
    /// What it states is not what it commits to.
    #[error("statement: it is not what the receipt commits to")]
    Statement,
    /// The ledger's proof in it doesn't hold, or proves something else.
    #[error("ledger: it does not prove what the receipt says")]
    Unproven,
    /// A copy of the content is another.
    #[error("content: the copy is not what was sent")]
    Content,
    /// A copy of the content can't be read.
    #[error("content: the copy is not JSON with `text` and, for e-mail, `subject` and `html`")]
    ContentUnreadable,
    /// It went to another address.
    #[error("recipient: it was sent to another address")]
    Recipient,
    /// A file could not be read.
    #[error("a file could not be read: {0}")]
    Io(#[from] std::io::Error),
}

/// What a receipt is compared with besides the key.
#[derive(Clone, Copy, Debug, Default)]
pub struct Checks<'c> {
    /// A copy of the content: JSON with `text` and, for e-mail, `subject` and `html`.
    pub content: Option<&'c [u8]>,
    /// An address it is said to have been sent to.
    pub recipient: Option<&'c str>,
}

/// What a receipt shows.
#[derive(Debug, PartialEq, Eq)]
pub struct VerifiedReceipt {
    /// What it states, as JSON.
    pub statement: Value,
    /// What was shown.
    pub shown: Shown,
}

/// What was shown besides the signature and the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// How many leaves the checkpoint covers under which its leaf is proven; nothing if it came before one.
    pub checkpoint: Option<u64>,
    /// Whether a copy of the content was shown to be what was sent.
    pub content: bool,
    /// Whether an address was shown to be where it went.
    pub recipient: bool,
}

/// Checks a receipt in a file, and a copy of the content in another.
///
/// # Errors
/// [`ReceiptError`]: what of it doesn't hold.
pub fn verify_file(
    file: &Path,
    key: &VerifierKey,
    content: Option<&Path>,
    recipient: Option<&str>,
) -> Result<VerifiedReceipt, ReceiptError> {
    let bytes = read(file)?;
    let note = std::str::from_utf8(&bytes).map_err(|_| ReceiptError::NotOne)?;
    let content = content.map(read).transpose()?;
    verify(note, key, Checks { content: content.as_deref(), recipient })
}

fn read(file: &Path) -> Result<Vec<u8>, ReceiptError> {
    if std::fs::metadata(file)?.len() > MOST_BYTES {
        return Err(ReceiptError::NotOne);
    }
    Ok(std::fs::read(file)?)
}

/// Checks a receipt against the key one trusts, and whatever else is said about the message.
///
/// # Errors
/// [`ReceiptError`]: what of it doesn't hold.
pub fn verify(note: &str, key: &VerifierKey, checks: Checks<'_>) -> Result<VerifiedReceipt, ReceiptError> {
    let text = checkpoint::open_text(note, key)?;
    let json = text.strip_prefix(TITLE).and_then(|rest| rest.strip_prefix('\n')).ok_or(ReceiptError::NotOne)?;
    let receipt: Receipt = serde_json::from_str(json).map_err(|_| ReceiptError::NotOne)?;
    if receipt.text()? != text {
        return Err(ReceiptError::NotOne);
    }
    let opening = receipt.opening.as_deref().and_then(bytes).map(Opening::of).ok_or(ReceiptError::NotOne)?;
    let statement = receipt.statement.to_text().map_err(|_| ReceiptError::NotOne)?;
    let commitment = opening.statement(statement.as_bytes());
    if STANDARD.encode(commitment) != receipt.commitment {
        return Err(ReceiptError::Statement);
    }
    let checkpoint = match &receipt.proof {
        Some(proof) => Some(prove(&receipt, &commitment, proof, key).ok_or(ReceiptError::Unproven)?),
        None => None,
    };
    if let Some(copy) = checks.content {
        let copy: Content = serde_json::from_slice(copy).map_err(|_| ReceiptError::ContentUnreadable)?;
        if STANDARD.encode(opening.content(&copy)) != receipt.statement.content {
            return Err(ReceiptError::Content);
        }
    }
    if let Some(address) = checks.recipient
        && !is_recipient(&receipt.statement, &opening, address)
    {
        return Err(ReceiptError::Recipient);
    }
    let shown = Shown { checkpoint, content: checks.content.is_some(), recipient: checks.recipient.is_some() };
    let statement = serde_json::to_value(&receipt.statement).map_err(|_| ReceiptError::NotOne)?;
    Ok(VerifiedReceipt { statement, shown })
}

fn is_recipient(statement: &Statement, opening: &Opening, address: &str) -> bool {
    let normal = match statement.channel {
        ChannelKind::Email => Email::parse(address).ok().map(|email| email.index_form()),
        ChannelKind::Sms => Phone::parse(address).ok().map(|phone| phone.index_form()),
    };
    normal.is_some_and(|normal| STANDARD.encode(opening.recipient(&normal)) == statement.recipient)
}

fn bytes(text: &str) -> Option<[u8; 32]> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// How many leaves the checkpoint covers, if the proof holds and its leaf commits to this end of this message.
fn prove(receipt: &Receipt, commitment: &[u8; 32], proof: &Proof, key: &VerifierKey) -> Option<u64> {
    let mut note = proof.checkpoint.join("\n");
    note.push('\n');
    let checkpoint = Checkpoint::parse_and_verify(&note, key).ok()?;
    let bytes = STANDARD.decode(&proof.leaf).ok()?;
    let siblings: Vec<Hash> = proof.siblings.iter().map(|text| Hash::from_base64(text)).collect::<Option<_>>()?;
    verify_inclusion(&leaf_hash(&bytes), receipt.leaf, checkpoint.size(), &siblings, &checkpoint.root()).ok()?;
    let leaf = Leaf::decode(&bytes).ok()?;
    let statement = &receipt.statement;
    let environment = match leaf.environment {
        Where::Test => "test",
        Where::Live => "live",
        Where::None => return None,
    };
    let target = leaf.target.as_ref()?;
    let of_the_log = checkpoint.origin() == format!("{}/{}", key.name(), statement.organisation);
    let is_this = leaf.org == statement.organisation.bytes()
        && leaf.seq == receipt.leaf
        && leaf.action.as_str() == statement.state.action()
        && target.kind.as_str() == MessageId::PREFIX
        && target.id == statement.message.bytes()
        && leaf.at_ms >= statement.ended_at.unix_ms()
        && environment == statement.environment
        && leaf.content == content_hash(&commitment_content(commitment));
    (of_the_log && is_this).then(|| checkpoint.size())
}

//! From a draft to the bytes that are sent.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox as LettreMailbox, MessageBuilder, MultiPart, SinglePart};
use thiserror::Error;

use super::{Address, HeaderText, Mailbox, MessageId, Unsubscribe};
use crate::dkim::DkimKey;

/// Can't occur in quoted-printable text, where `=` is followed by a hexadecimal digit or a line end.
const BOUNDARY: &str = "=_sealpost_alternative_=";

/// The last second a `Date` field can say: 9999-12-31T23:59:59Z.
const LAST_SECOND: u64 = 253_402_300_799;

/// Everything a message says.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Who writes.
    pub from: Mailbox,
    /// Who reads: one person per message.
    pub to: Mailbox,
    /// Where answers go, if not to `from`.
    pub reply_to: Option<Mailbox>,
    /// The envelope sender, where bounces go; `from` if absent.
    pub return_path: Option<Address>,
    /// The subject.
    pub subject: HeaderText,
    /// When, in Unix seconds.
    pub date: u64,
    /// The id under which receivers know the message; the same for every attempt.
    pub message_id: MessageId,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: Option<String>,
    /// One-click unsubscription, required by large receivers for bulk mail.
    pub unsubscribe: Option<Unsubscribe>,
}

/// A built and signed message with its envelope: what [`crate::smtp::Mailer`] sends.
#[derive(Clone)]
pub struct Mail {
    sender: Address,
    recipient: Address,
    bytes: Vec<u8>,
}

/// Why a draft is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MailError {
    /// The date is beyond the year 9999.
    #[error("the date is out of range")]
    Date,
    /// The message library refused a part.
    #[error("the message can't be built")]
    Unbuildable,
}

impl Draft {
    /// Builds the message and signs it once with every key, the last key's signature on top.
    pub fn build(self, keys: &[DkimKey]) -> Result<Mail, MailError> {
        let date = self.date;
        let sender = self.return_path.clone().unwrap_or_else(|| self.from.address.clone());
        let recipient = self.to.address.clone();
        let unsigned = self.format()?;
        let mut bytes = Vec::with_capacity(unsigned.len() + 1024 * keys.len());
        for key in keys.iter().rev() {
            bytes.extend_from_slice(key.signature_field(&unsigned, date).as_bytes());
        }
        bytes.extend_from_slice(&unsigned);
        Ok(Mail { sender, recipient, bytes })
    }

    fn format(self) -> Result<Vec<u8>, MailError> {
        let head = self.head()?;
        let text = part(ContentType::TEXT_PLAIN, self.text)?;
        let message = match self.html {
            Some(html) => {
                let alternatives = MultiPart::alternative()
                    .boundary(BOUNDARY)
                    .singlepart(text)
                    .singlepart(part(ContentType::TEXT_HTML, html)?);
                head.multipart(alternatives)
            }
            None => head.singlepart(text),
        };
        Ok(message.map_err(|_| MailError::Unbuildable)?.formatted())
    }

    fn head(&self) -> Result<MessageBuilder, MailError> {
        if self.date > LAST_SECOND {
            return Err(MailError::Date);
        }
        let mut head = MessageBuilder::new()
            .date(UNIX_EPOCH + Duration::from_secs(self.date))
            .from(mailbox(&self.from)?)
            .to(mailbox(&self.to)?)
            .subject(self.subject.as_str())
            .message_id(Some(self.message_id.bracketed()))
            // RFC 3834 §5: no vacation notices in answer to this.
            .raw_header(field("Auto-Submitted", "auto-generated".to_owned()));
        if let Some(reply_to) = &self.reply_to {
            head = head.reply_to(mailbox(reply_to)?);
        }
        if let Some(unsubscribe) = &self.unsubscribe {
            head = head
                .raw_header(field("List-Unsubscribe", unsubscribe.bracketed()))
                .raw_header(field("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
        }
        Ok(head)
    }
}

impl Mail {
    /// The envelope sender (`MAIL FROM`).
    pub fn sender(&self) -> &Address {
        &self.sender
    }

    /// The envelope recipient (`RCPT TO`).
    pub fn recipient(&self) -> &Address {
        &self.recipient
    }

    /// The message: ASCII, CRLF line ends, no line over 998 bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

fn mailbox(mailbox: &Mailbox) -> Result<LettreMailbox, MailError> {
    let address =
        lettre::Address::new(mailbox.address.local(), mailbox.address.domain()).map_err(|_| MailError::Unbuildable)?;
    let name = mailbox.name.as_ref().map(|name| name.as_str().to_owned());
    Ok(LettreMailbox::new(name, address))
}

/// A field whose value is already ASCII and must not be folded.
fn field(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), value.clone(), value)
}

fn part(content_type: ContentType, text: String) -> Result<SinglePart, MailError> {
    let body =
        Body::new_with_encoding(text, ContentTransferEncoding::QuotedPrintable).map_err(|_| MailError::Unbuildable)?;
    Ok(SinglePart::builder().header(content_type).body(body))
}

//! A session with one relay: opening, one transaction after another, closing.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustls::ClientConfig;
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

use super::dialogue::{Answer, Dialogue, Patience};
use super::{Credentials, Deferral, MAX_MESSAGES, Outcome, RelayFailure, Reply, Security, SmtpRelay, Stage};
use crate::mail::Mail;
use crate::network::Network;
use crate::stream::Stream;

/// A relay that has greeted us, encrypted, and accepted our credentials.
pub(super) struct Session {
    dialogue: Dialogue,
    offers: Offers,
    sent: u32,
    reusable: bool,
}

/// What EHLO was answered with, as far as we use it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Offers {
    starttls: bool,
    auth_plain: bool,
    auth_login: bool,
    size: bool,
}

/// A transaction that ended without a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interruption {
    /// In answer to `MAIL FROM`, before the relay knew of a message.
    AtStart(RelayFailure),
    /// Before the end of the message was sent.
    BeforeEnd(RelayFailure),
    /// After it was sent, or while it was being sent.
    AfterEnd,
}

impl Interruption {
    /// Whether a kept connection had merely been closed meanwhile.
    pub(super) fn is_stale_connection(self) -> bool {
        self == Self::AtStart(RelayFailure::ConnectionLost)
    }
}

impl From<Interruption> for Outcome {
    fn from(interruption: Interruption) -> Self {
        match interruption {
            Interruption::AtStart(failure) | Interruption::BeforeEnd(failure) => failure.into(),
            Interruption::AfterEnd => Self::Unknown,
        }
    }
}

impl Session {
    /// Dials, encrypts as the relay is configured, and authenticates.
    pub(super) async fn open(
        network: &Network,
        relay: &SmtpRelay,
        config: &Arc<ClientConfig>,
        patience: Patience,
    ) -> Result<Self, RelayFailure> {
        let connector = TlsConnector::from(config.clone());
        let plain = relay.security() == Security::PlainLoopbackOnly;
        let dialled =
            async { network.dial(relay.host(), (relay.port(), None), plain).await.map_err(RelayFailure::from) };
        let stream = patience.within(dialled).await?;
        let mut dialogue = Dialogue::new(Stream::Plain(stream), patience);
        let (mut dialogue, offers) = match relay.security() {
            Security::PlainLoopbackOnly => {
                greet(&mut dialogue).await?;
                let offers = hello(&mut dialogue, relay).await?;
                (dialogue, offers)
            }
            Security::ImplicitTls => {
                let mut dialogue = dialogue.start_tls(&connector, relay.server_name()).await?;
                greet(&mut dialogue).await?;
                let offers = hello(&mut dialogue, relay).await?;
                (dialogue, offers)
            }
            Security::StartTls => {
                greet(&mut dialogue).await?;
                let mut dialogue = upgrade(dialogue, relay, &connector).await?;
                // RFC 3207 §4.2: everything learned in clear is forgotten.
                let offers = hello(&mut dialogue, relay).await?;
                (dialogue, offers)
            }
        };
        if let Some(credentials) = relay.credentials() {
            authenticate(&mut dialogue, offers, credentials).await?;
        }
        Ok(Self { dialogue, offers, sent: 0, reusable: true })
    }

    /// One mail transaction (RFC 5321 §3.3), for which it is waited so long.
    pub(super) async fn deliver(&mut self, mail: &Mail, patience: Patience) -> Result<Outcome, Interruption> {
        self.dialogue.wait(patience);
        let envelope = [
            (Stage::Sender, self.mail_from(mail)),
            (Stage::Recipient, format!("RCPT TO:<{}>", mail.recipient().as_path())),
            (Stage::Content, "DATA".to_owned()),
        ];
        for (stage, line) in envelope {
            let interrupted = match stage {
                Stage::Sender => Interruption::AtStart,
                Stage::Recipient | Stage::Content => Interruption::BeforeEnd,
            };
            let reply = self.dialogue.command(&line).await.map_err(interrupted)?;
            if reply.is_closing() && stage == Stage::Sender && self.sent > 0 {
                return Err(Interruption::AtStart(RelayFailure::ConnectionLost));
            }
            if reply.is_refusal() {
                self.reset(reply).await;
                return Ok(refused(stage, reply));
            }
            if reply.is_go_ahead() != (stage == Stage::Content) {
                return Err(Interruption::BeforeEnd(RelayFailure::ProtocolError));
            }
        }
        let reply = self.content(mail).await?;
        self.sent += 1;
        self.reusable = !reply.is_closing();
        Ok(if reply.is_refusal() { refused(Stage::Content, reply) } else { Outcome::Accepted { reply } })
    }

    /// Whether another message may be sent over this session.
    pub(super) fn is_reusable(&self) -> bool {
        self.reusable && self.sent < MAX_MESSAGES
    }

    /// Says goodbye without waiting for the answer.
    pub(super) async fn quit(mut self) {
        // The connection ends either way.
        let _ = self.dialogue.write(b"QUIT\r\n").await;
    }

    fn mail_from(&self, mail: &Mail) -> String {
        let sender = mail.sender().as_path();
        if self.offers.size {
            format!("MAIL FROM:<{sender}> SIZE={}", mail.as_bytes().len())
        } else {
            format!("MAIL FROM:<{sender}>")
        }
    }

    /// The message, its end, and the reply to it. The end is written apart, so that a connection that dies
    /// before it has certainly not delivered.
    async fn content(&mut self, mail: &Mail) -> Result<Reply, Interruption> {
        let body = dot_stuffed(mail.as_bytes());
        self.dialogue.write(&body).await.map_err(Interruption::BeforeEnd)?;
        if self.dialogue.is_late() {
            // Nobody would wait for the reply: what isn't ended is certainly not taken (RFC 5321 §4.1.1.4).
            return Err(Interruption::BeforeEnd(RelayFailure::Timeout));
        }
        self.dialogue.write(b".\r\n").await.map_err(|_| Interruption::AfterEnd)?;
        let answer = self.dialogue.answer().await;
        answer.map(|answer| answer.reply).map_err(|_| Interruption::AfterEnd)
    }

    /// After a refusal the transaction is given up; a relay that doesn't confirm loses the connection.
    async fn reset(&mut self, refusal: Reply) {
        self.reusable =
            !refusal.is_closing() && self.dialogue.command("RSET").await.is_ok_and(|reply| !reply.is_refusal());
    }
}

fn refused(stage: Stage, reply: Reply) -> Outcome {
    if reply.is_permanent() {
        Outcome::Rejected { stage, reply }
    } else {
        Outcome::Deferred(Deferral::Reply { stage, reply })
    }
}

async fn greet(dialogue: &mut Dialogue) -> Result<(), RelayFailure> {
    positive(dialogue.answer().await?.reply, RelayFailure::ServiceRefused)
}

async fn hello(dialogue: &mut Dialogue, relay: &SmtpRelay) -> Result<Offers, RelayFailure> {
    let answer = dialogue.ask(&format!("EHLO {}", relay.helo())).await?;
    positive(answer.reply, RelayFailure::ServiceRefused)?;
    Ok(offers(&answer))
}

/// STARTTLS or nothing.
async fn upgrade(
    mut dialogue: Dialogue,
    relay: &SmtpRelay,
    connector: &TlsConnector,
) -> Result<Dialogue, RelayFailure> {
    if !hello(&mut dialogue, relay).await?.starttls {
        return Err(RelayFailure::StarttlsRefused);
    }
    positive(dialogue.command("STARTTLS").await?, RelayFailure::StarttlsRefused)?;
    dialogue.start_tls(connector, relay.server_name()).await
}

/// RFC 4954 §4 with PLAIN (RFC 4616), or LOGIN where that is all a relay knows.
async fn authenticate(dialogue: &mut Dialogue, offers: Offers, credentials: &Credentials) -> Result<(), RelayFailure> {
    let Credentials { username, password } = credentials;
    let reply = if offers.auth_plain {
        let secret = Zeroizing::new(format!("\0{username}\0{}", password.as_str()));
        let secret = Zeroizing::new(BASE64.encode(secret.as_bytes()));
        let line = Zeroizing::new(format!("AUTH PLAIN {}", secret.as_str()));
        dialogue.command(&line).await?
    } else if offers.auth_login {
        challenged(dialogue.command("AUTH LOGIN").await?)?;
        challenged(dialogue.command(&BASE64.encode(username)).await?)?;
        let password = Zeroizing::new(BASE64.encode(password.as_bytes()));
        dialogue.command(&password).await?
    } else {
        return Err(RelayFailure::AuthUnavailable);
    };
    match reply.code {
        235 => Ok(()),
        _ => Err(RelayFailure::AuthRefused),
    }
}

fn challenged(reply: Reply) -> Result<(), RelayFailure> {
    match reply.code {
        334 => Ok(()),
        _ => Err(RelayFailure::AuthRefused),
    }
}

fn positive(reply: Reply, otherwise: RelayFailure) -> Result<(), RelayFailure> {
    if reply.is_refusal() { Err(otherwise) } else { Ok(()) }
}

/// The first line of the answer is the relay's name; the others are one extension each.
fn offers(answer: &Answer) -> Offers {
    let mut offers = Offers::default();
    for text in answer.texts.iter().skip(1) {
        let text = text.to_ascii_uppercase();
        let mut words = text.split([' ', '=']);
        match words.next() {
            Some("STARTTLS") => offers.starttls = true,
            Some("SIZE") => offers.size = true,
            Some("AUTH") => {
                for mechanism in words {
                    offers.auth_plain |= mechanism == "PLAIN";
                    offers.auth_login |= mechanism == "LOGIN";
                }
            }
            _ => {}
        }
    }
    offers
}

/// RFC 5321 §4.5.2, and a line end at the end. [`Mail`] has only CRLF line ends.
fn dot_stuffed(message: &[u8]) -> Vec<u8> {
    let mut stuffed = Vec::with_capacity(message.len() + 64);
    let mut line_start = true;
    for byte in message {
        if line_start && *byte == b'.' {
            stuffed.push(b'.');
        }
        line_start = *byte == b'\n';
        stuffed.push(*byte);
    }
    if !stuffed.ends_with(b"\r\n") {
        stuffed.extend_from_slice(b"\r\n");
    }
    stuffed
}

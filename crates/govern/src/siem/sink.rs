//! Where leaves go.

use sealpost_egress::Tenant;
use sealpost_egress::client::{Client, Method, Outbound, SendError};
use sealpost_egress::syslog::{Facility, Message, Session, Severity, Syslog, SyslogError};
use sealpost_egress::target::Target;
use sealpost_egress::tls::MinTls;
use sealpost_seal::signature::profiles::STANDARD;
use sealpost_seal::signature::{NotSignable, Outgoing, SigningKey, SigningSecret, sign};
use sealpost_store::{OrgId, World};
use serde::Serialize;

use super::event::{Event, Gravity};

/// The program's name in syslog.
const APP_NAME: &str = "sealpost";
/// What a batch is called in a webhook.
const BATCH: &str = "ledger.leaves";

/// Somebody who collects what happened.
pub enum Sink {
    /// A syslog collector (RFC 5424 over RFC 5425).
    Syslog {
        /// How to reach it.
        collector: Syslog,
        /// What this installation calls itself: a host name.
        hostname: String,
    },
    /// A webhook of the installation's own, signed as Standard Webhooks; a 2xx confirms.
    Webhook {
        /// Through which it is called.
        client: Client,
        /// Where it is.
        target: Target,
        /// What it is signed with.
        secret: Box<SigningSecret>,
    },
}

/// A sink did not take what it was given.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// The collector did not.
    #[error(transparent)]
    Syslog(#[from] SyslogError),
    /// The webhook could not be called.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The webhook answered, but not 2xx.
    #[error("the webhook answered {0}")]
    Answer(u16),
    /// The batch can't be written or signed.
    #[error("the batch can't be signed")]
    NotSignable,
}

/// What a sink says to leaves it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Receipt {
    /// It has them.
    Confirmed,
    /// Nothing yet: it will be known when the line is [finished](Line::finish).
    Open,
}

/// A sink being talked to.
pub(super) enum Line<'s> {
    Syslog { session: Box<Session>, hostname: &'s str },
    Webhook { client: &'s Client, target: &'s Target, secret: &'s SigningSecret },
}

impl Sink {
    /// The stream's name: it keeps its cursor whatever the address.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Syslog { .. } => "syslog",
            Self::Webhook { .. } => "webhook",
        }
    }

    /// Tries whether it can be reached, as far as that can be done without saying something; answers what was found.
    pub async fn reach(&self) -> Result<&'static str, SinkError> {
        match self {
            Self::Syslog { .. } => {
                self.open().await?.finish().await?;
                Ok("the syslog collector can be reached, and closes when we do")
            }
            Self::Webhook { .. } => Ok("the webhook's address and secret can be read"),
        }
    }

    pub(super) async fn open(&self) -> Result<Line<'_>, SinkError> {
        Ok(match self {
            Self::Syslog { collector, hostname } => {
                Line::Syslog { session: Box::new(collector.open().await?), hostname }
            }
            Self::Webhook { client, target, secret } => Line::Webhook { client, target, secret },
        })
    }
}

impl Line<'_> {
    /// Gives it leaves of one organisation, in order.
    pub(super) async fn send(&mut self, world: &World, org: OrgId, events: &[Event]) -> Result<Receipt, SinkError> {
        match self {
            Self::Syslog { session, hostname } => {
                let bodies = events.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>();
                let bodies = bodies.map_err(|_| SinkError::NotSignable)?;
                let times: Vec<_> = events.iter().map(timestamp).collect();
                let messages: Vec<_> = events
                    .iter()
                    .zip(&bodies)
                    .zip(&times)
                    .map(|((event, body), timestamp)| message(event, hostname, timestamp, body))
                    .collect();
                session.send(&messages).await?;
                Ok(Receipt::Open)
            }
            Self::Webhook { client, target, secret } => {
                post(client, target, secret, world, org, events).await.map(|()| Receipt::Confirmed)
            }
        }
    }

    /// Ends it: everything it was given, it has.
    pub(super) async fn finish(self) -> Result<(), SinkError> {
        match self {
            Self::Syslog { session, .. } => Ok(session.finish().await?),
            Self::Webhook { .. } => Ok(()),
        }
    }
}

fn timestamp(event: &Event) -> String {
    event.act.as_ref().map(|act| act.at.to_string()).unwrap_or_default()
}

fn message<'a>(event: &'a Event, hostname: &'a str, timestamp: &'a str, body: &'a str) -> Message<'a> {
    let severity = match event.gravity() {
        Gravity::Routine => Severity::Informational,
        Gravity::Refused => Severity::Warning,
        Gravity::Tampered => Severity::Error,
    };
    let msgid = event.act.as_ref().map_or("", |act| &act.action);
    Message { facility: Facility::Audit, severity, timestamp, hostname, app_name: APP_NAME, msgid, body }
}

/// What a webhook gets.
#[derive(Serialize)]
struct Batch<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    organisation: OrgId,
    leaves: &'a [Event],
}

async fn post(
    client: &Client,
    target: &Target,
    secret: &SigningSecret,
    world: &World,
    org: OrgId,
    events: &[Event],
) -> Result<(), SinkError> {
    let now = world.clock.now();
    let batch = Batch { kind: BATCH, timestamp: now.to_string(), organisation: org, leaves: events };
    let body = serde_json::to_vec(&batch).map_err(|_| SinkError::NotSignable)?;
    // The same leaves in the same batch have the same id: a receiver recognises what comes again.
    let id = format!("{org}-{}-{}", events.first().map_or(0, |event| event.seq), events.len());
    let signed = signatures(&id, now.unix_seconds(), &body, secret).map_err(|_| SinkError::NotSignable)?;
    let mut outbound = Outbound::new(Tenant::INSTALLATION, Method::Post, target, body.into());
    outbound.min_tls = MinTls::V1_3;
    outbound.headers = headers(signed).ok_or(SinkError::NotSignable)?;
    let answer = client.send(outbound).await?;
    if (200..300).contains(&answer.status) { Ok(()) } else { Err(SinkError::Answer(answer.status)) }
}

fn signatures(id: &str, at: i64, body: &[u8], secret: &SigningSecret) -> Result<Vec<(String, String)>, NotSignable> {
    sign(&STANDARD, &[SigningKey::Secret(secret)], &Outgoing::new(id, at, BATCH, body)?)
}

fn headers(signed: Vec<(String, String)>) -> Option<Vec<(http::HeaderName, http::HeaderValue)>> {
    let own = [("content-type".into(), "application/json".into()), ("user-agent".into(), "Sealpost".into())];
    let all = own.into_iter().chain(signed);
    all.map(|(name, value): (String, String)| Some((name.try_into().ok()?, value.try_into().ok()?))).collect()
}

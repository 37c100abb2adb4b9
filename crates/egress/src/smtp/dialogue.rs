//! Lines out, replies in, each within its time.

use std::future::Future;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;

use super::RelayFailure;
use super::reply::{Line, Reply};
use crate::elapsed::{Deadline, TimedOut};
use crate::stream::Stream;

/// Longest reply, all lines together. The standard asks for 512 bytes per line (RFC 5321 §4.5.3.1.5).
const MAX_REPLY: usize = 16 * 1024;

/// How long is waited: for each phase, and for all of them if there is an end to that.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub(super) phase: Duration,
    pub(super) until: Option<Deadline>,
}

impl Patience {
    /// Does the work of one phase.
    pub(super) async fn within<T>(
        self,
        work: impl Future<Output = Result<T, RelayFailure>>,
    ) -> Result<T, RelayFailure> {
        let done = match self.until {
            Some(until) => until.run_phase(self.phase, work).await,
            None => tokio::time::timeout(self.phase, work).await.map_err(|_| TimedOut),
        };
        done.unwrap_or(Err(RelayFailure::Timeout))
    }

    /// Whether nothing is waited for any more.
    fn is_over(self) -> bool {
        self.until.is_some_and(Deadline::is_over)
    }
}

/// A stream with what was read and not yet consumed.
pub(super) struct Dialogue {
    stream: Stream,
    unread: Vec<u8>,
    patience: Patience,
}

/// A reply with the texts of its lines, needed only for EHLO.
pub(super) struct Answer {
    pub(super) reply: Reply,
    pub(super) texts: Vec<String>,
}

impl Dialogue {
    pub(super) fn new(stream: Stream, patience: Patience) -> Self {
        Self { stream, unread: Vec::new(), patience }
    }

    /// From now on it is waited so long.
    pub(super) fn wait(&mut self, patience: Patience) {
        self.patience = patience;
    }

    /// Whether nothing is waited for any more.
    pub(super) fn is_late(&self) -> bool {
        self.patience.is_over()
    }

    /// Sends one line and waits for the reply.
    pub(super) async fn command(&mut self, line: &str) -> Result<Reply, RelayFailure> {
        Ok(self.ask(line).await?.reply)
    }

    /// Sends one line and waits for the reply with its texts.
    pub(super) async fn ask(&mut self, line: &str) -> Result<Answer, RelayFailure> {
        if !self.unread.is_empty() {
            // An answer before the question: the relay and we would no longer mean the same command.
            return Err(RelayFailure::ProtocolError);
        }
        self.write(&[line.as_bytes(), b"\r\n"].concat()).await?;
        self.answer().await
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), RelayFailure> {
        let (stream, patience) = (&mut self.stream, self.patience);
        patience
            .within(async {
                stream.write_all(bytes).await.map_err(lost)?;
                stream.flush().await.map_err(lost)
            })
            .await
    }

    pub(super) async fn answer(&mut self) -> Result<Answer, RelayFailure> {
        let patience = self.patience;
        patience.within(self.read_answer()).await
    }

    async fn read_answer(&mut self) -> Result<Answer, RelayFailure> {
        let mut texts = Vec::new();
        let mut length = 0;
        let mut code = None;
        loop {
            let raw = self.read_line().await?;
            length += raw.len();
            let line = Line::parse(&raw).ok_or(RelayFailure::ProtocolError)?;
            if length > MAX_REPLY || code.is_some_and(|code| code != line.code) {
                return Err(RelayFailure::ProtocolError);
            }
            code = Some(line.code);
            texts.push(line.text.to_owned());
            if line.last {
                return Ok(Answer { reply: line.reply(), texts });
            }
        }
    }

    async fn read_line(&mut self) -> Result<Vec<u8>, RelayFailure> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|pair| pair == b"\r\n") {
                let mut line: Vec<u8> = self.unread.drain(..end + 2).collect();
                line.truncate(end);
                return Ok(line);
            }
            if self.unread.len() > MAX_REPLY {
                return Err(RelayFailure::ProtocolError);
            }
            let mut chunk = [0; 1024];
            let read = self.stream.read(&mut chunk).await.map_err(lost)?;
            if read == 0 {
                return Err(RelayFailure::ConnectionLost);
            }
            self.unread.extend_from_slice(&chunk[..read]);
        }
    }

    /// Shakes hands over the plain stream. What was read before and not consumed would be taken for part of the
    /// encrypted dialogue, so its presence ends the connection.
    pub(super) async fn start_tls(
        self,
        connector: &TlsConnector,
        name: rustls_pki_types::ServerName<'static>,
    ) -> Result<Self, RelayFailure> {
        let (Stream::Plain(stream), true) = (self.stream, self.unread.is_empty()) else {
            return Err(RelayFailure::StarttlsRefused);
        };
        let shaken = async { connector.connect(name, stream).await.map_err(|_| RelayFailure::TlsFailed) };
        let stream = self.patience.within(shaken).await?;
        Ok(Self::new(Stream::Tls(Box::new(stream)), self.patience))
    }
}

fn lost(_: std::io::Error) -> RelayFailure {
    RelayFailure::ConnectionLost
}

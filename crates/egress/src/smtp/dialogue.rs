//! Lines out, replies in, each within its time.

use std::future::Future;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;

use super::RelayFailure;
use super::reply::{Line, Reply};
use crate::stream::Stream;

/// Longest reply, all lines together. The standard asks for 512 bytes per line (RFC 5321 §4.5.3.1.5).
const MAX_REPLY: usize = 16 * 1024;

/// A stream with what was read and not yet consumed.
pub(super) struct Dialogue {
    stream: Stream,
    unread: Vec<u8>,
    phase: Duration,
}

/// A reply with the texts of its lines, needed only for EHLO.
pub(super) struct Answer {
    pub(super) reply: Reply,
    pub(super) texts: Vec<String>,
}

impl Dialogue {
    pub(super) fn new(stream: Stream, phase: Duration) -> Self {
        Self { stream, unread: Vec::new(), phase }
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
        let stream = &mut self.stream;
        within(self.phase, async {
            stream.write_all(bytes).await.map_err(lost)?;
            stream.flush().await.map_err(lost)
        })
        .await
    }

    pub(super) async fn answer(&mut self) -> Result<Answer, RelayFailure> {
        let phase = self.phase;
        within(phase, self.read_answer()).await
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
        let stream =
            within(self.phase, async { connector.connect(name, stream).await.map_err(|_| RelayFailure::TlsFailed) })
                .await?;
        Ok(Self::new(Stream::Tls(Box::new(stream)), self.phase))
    }
}

pub(super) async fn within<T>(
    phase: Duration,
    work: impl Future<Output = Result<T, RelayFailure>>,
) -> Result<T, RelayFailure> {
    tokio::time::timeout(phase, work).await.unwrap_or(Err(RelayFailure::Timeout))
}

fn lost(_: std::io::Error) -> RelayFailure {
    RelayFailure::ConnectionLost
}

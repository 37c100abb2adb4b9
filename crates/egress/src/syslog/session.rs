//! A connection to a collector, from the handshake to its orderly end.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio_rustls::TlsConnector;

use super::{Collector, Message, SyslogError};
use crate::elapsed::Deadline;
use crate::network::Network;
use crate::stream::Stream;

/// How long one TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// How long the collector may take to read one batch.
const WRITE: Duration = Duration::from_secs(10);
/// How long we listen before we close: longer than a packet is under way. A collector that went away without having read our
/// last bytes answers them with a reset, and that has arrived by then.
const SETTLE: Duration = Duration::from_millis(500);
/// How long the collector may take to close after we have.
const CLOSE: Duration = Duration::from_secs(10);

/// An open connection. What was sent on it counts once [`Session::finish`] has said so.
pub struct Session {
    read: ReadHalf<Stream>,
    write: WriteHalf<Stream>,
    frames: Vec<u8>,
}

impl Session {
    pub(super) async fn open(
        network: &Network,
        tls: &Arc<ClientConfig>,
        collector: &Collector,
    ) -> Result<Self, SyslogError> {
        let in_clear = collector.server_name.is_none();
        let tcp = network.dial(&collector.host, (collector.port, None), in_clear).await?;
        let stream = match collector.server_name.clone() {
            None => Stream::Plain(tcp),
            Some(name) => {
                let handshake = TlsConnector::from(tls.clone()).connect(name, tcp);
                let tls = Deadline::after(HANDSHAKE).run(handshake).await.map_err(|_| SyslogError::Timeout)?;
                Stream::Tls(Box::new(tls.map_err(|_| SyslogError::Tls)?))
            }
        };
        let (read, write) = tokio::io::split(stream);
        Ok(Self { read, write, frames: Vec::new() })
    }

    /// Writes messages, in order. That they were read is not known yet.
    pub async fn send(&mut self, messages: &[Message<'_>]) -> Result<(), SyslogError> {
        self.frames.clear();
        messages.iter().for_each(|message| message.write_frame(&mut self.frames));
        let Self { read, write, frames } = self;
        let written = async {
            write.write_all(frames).await?;
            write.flush().await
        };
        let written = Deadline::after(WRITE).run(async {
            tokio::select! {
                biased;
                _ = end(read) => Err(SyslogError::Lost),
                written = written => written.map_err(|_| SyslogError::Lost),
            }
        });
        written.await.map_err(|_| SyslogError::Timeout)?
    }

    /// Closes, and waits until the collector has: everything that was sent was read.
    pub async fn finish(self) -> Result<(), SyslogError> {
        let Self { mut read, mut write, .. } = self;
        // A collector that ends it first may not have read everything, however orderly it ends.
        if Deadline::after(SETTLE).run(end(&mut read)).await.is_ok() {
            return Err(SyslogError::Lost);
        }
        let closing = async {
            write.shutdown().await.map_err(|_| SyslogError::Lost)?;
            end(&mut read).await
        };
        Deadline::after(CLOSE).run(closing).await.map_err(|_| SyslogError::Timeout)?
    }
}

/// Reads until the collector closes. What it says before has no meaning in syslog.
async fn end(read: &mut ReadHalf<Stream>) -> Result<(), SyslogError> {
    let mut said = [0; 512];
    loop {
        match read.read(&mut said).await {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            // Many close TCP without closing TLS. A connection that breaks, or is closed on unread bytes, is reset instead.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            Err(_) => return Err(SyslogError::Lost),
        }
    }
}

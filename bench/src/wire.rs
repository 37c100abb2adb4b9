//! The client's side of a connection: requests are bytes made beforehand, answers are read as far as needed and no further.
//! On a machine with two cores what the client spends is missing to the server.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Whom to connect to, and how.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) tls: Arc<ClientConfig>,
}

/// A kept-alive connection.
pub(crate) struct Wire {
    stream: TlsStream<TcpStream>,
    buffer: Vec<u8>,
}

/// What was answered.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) head: &'a str,
    pub(crate) body: &'a [u8],
}

impl Target {
    pub(crate) async fn connect(&self) -> Result<Wire> {
        let tcp = TcpStream::connect(self.address).await.context("can't connect")?;
        tcp.set_nodelay(true)?;
        let connector = TlsConnector::from(self.tls.clone());
        let stream = connector.connect(ServerName::try_from("localhost")?, tcp).await.context("no TLS")?;
        Ok(Wire { stream, buffer: Vec::with_capacity(16 * 1024) })
    }
}

impl Wire {
    /// Sends a request and reads the whole answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.stream.flush().await?;
        self.buffer.clear();
        let head = loop {
            self.read_more().await?;
            if let Some(end) = end_of_head(&self.buffer) {
                break end;
            }
        };
        let text = std::str::from_utf8(&self.buffer[..head])?;
        let status = text.get(9..12).context("no status")?.parse()?;
        let length: usize = match header(text, "content-length") {
            Some(length) => length.parse()?,
            None if status == 204 => 0,
            None => bail!("an answer without a length"),
        };
        while self.buffer.len() < head + length {
            self.read_more().await?;
        }
        let (head, rest) = self.buffer.split_at(head);
        Ok(Answer { status, head: std::str::from_utf8(head)?, body: &rest[..length] })
    }

    /// Sends a request, and reads its answer to the end without keeping it: how long it was.
    pub(crate) async fn pour(&mut self, request: &[u8]) -> Result<u64> {
        self.begin(request).await?;
        let head = end_of_head(&self.buffer).context("no head")?;
        let text = std::str::from_utf8(&self.buffer[..head])?;
        let length: u64 = header(text, "content-length").context("an answer without a length")?.parse()?;
        let mut come = (self.buffer.len() - head) as u64;
        while come < length {
            self.buffer.clear();
            self.read_more().await?;
            come += self.buffer.len() as u64;
        }
        Ok(come)
    }

    /// Sends a request, and reads the head of an answer that goes on.
    pub(crate) async fn begin(&mut self, request: &[u8]) -> Result<()> {
        self.stream.write_all(request).await?;
        self.stream.flush().await?;
        self.buffer.clear();
        while end_of_head(&self.buffer).is_none() {
            self.read_more().await?;
        }
        if !self.buffer.starts_with(b"HTTP/1.1 200") {
            bail!("answered {}", String::from_utf8_lossy(&self.buffer));
        }
        Ok(())
    }

    /// Reads on until an answer that was begun is over (RFC 9112 §7.1: a chunk without anything in it).
    pub(crate) async fn until_end(&mut self) -> Result<()> {
        while !self.buffer.ends_with(b"\r\n0\r\n\r\n") {
            self.read_more().await?;
        }
        Ok(())
    }

    async fn read_more(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.split("\r\n").skip(1).find_map(|line| {
        let (known, value) = line.split_once(':')?;
        known.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// A request in bytes.
pub(crate) fn request(method: &str, path: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n{headers}");
    match body {
        "" if method == "GET" => format!("{head}\r\n"),
        _ => format!("{head}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"),
    }
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_where_it_ends_and_names_have_no_case() {
        let answer = "HTTP/1.1 202 Accepted\r\nContent-Length: 12\r\nlocation: /v1/x\r\n\r\nbody";
        assert_eq!(end_of_head(answer.as_bytes()), Some(answer.len() - 4));
        assert_eq!(header(answer, "content-length"), Some("12"));
        assert_eq!(header(answer, "location"), Some("/v1/x"));
        assert_eq!(end_of_head(b"HTTP/1.1 202 Accepted\r\n"), None);
    }
}

//! A mail relay that follows a script.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// One move of the relay.
#[derive(Clone)]
pub(crate) enum Step {
    /// Sends text as it stands.
    Say(&'static str),
    /// Reads one line, notes it, and answers.
    Hear(&'static str),
    /// Reads up to the end of the message, notes it, and answers.
    HearMessage(&'static str),
    /// Shakes hands.
    Tls(Arc<ServerConfig>),
    /// Stays silent until the client hangs up.
    Hang,
}

pub(crate) struct Relay {
    pub(crate) port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

impl Relay {
    /// Runs `script` on every connection, then hangs up.
    pub(crate) async fn start(script: Vec<Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let relay =
            Self { port: listener.local_addr().unwrap().port(), heard: Arc::default(), connections: Arc::default() };
        let (heard, connections) = (relay.heard.clone(), relay.connections.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(follow(Box::new(stream), script.clone(), heard.clone()));
            }
        });
        relay
    }

    /// Every line and message heard, in order.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// `None` when the client hangs up.
async fn follow(mut stream: Box<dyn Duplex>, script: Vec<Step>, heard: Arc<Mutex<Vec<String>>>) -> Option<()> {
    for step in script {
        match step {
            Step::Say(text) => stream.write_all(text.as_bytes()).await.ok()?,
            Step::Hear(answer) => {
                let line = read_until(&mut stream, "\r\n").await?;
                heard.lock().unwrap().push(line);
                stream.write_all(answer.as_bytes()).await.ok()?;
            }
            Step::HearMessage(answer) => {
                let message = read_until(&mut stream, "\r\n.\r\n").await?;
                heard.lock().unwrap().push(message);
                stream.write_all(answer.as_bytes()).await.ok()?;
            }
            Step::Tls(config) => {
                let tls = TlsAcceptor::from(config).accept(stream).await.ok()?;
                stream = Box::new(tls);
            }
            Step::Hang => while stream.read_u8().await.is_ok() {},
        }
        stream.flush().await.ok()?;
    }
    Some(())
}

async fn read_until(stream: &mut Box<dyn Duplex>, end: &str) -> Option<String> {
    let mut text = Vec::new();
    while !text.ends_with(end.as_bytes()) {
        text.push(stream.read_u8().await.ok()?);
    }
    text.truncate(text.len() - end.len());
    String::from_utf8(text).ok()
}

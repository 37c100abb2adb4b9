//! Mail relays that behave as they are told to, each on a port of its own.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How a relay behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// Takes every mail and says so.
    Takes,
    /// Says this to the recipient.
    Says(&'static str),
    /// Greets nobody.
    Hangs,
    /// Takes every mail and hangs up without a word.
    TakesSilently,
    /// Hangs up on everybody.
    Down,
}

/// Runs until the test's runtime ends.
pub(super) struct Relay {
    pub(super) port: u16,
    state: Arc<Mutex<State>>,
}

struct State {
    manner: Manner,
    connections: u32,
    mails: u32,
}

impl Relay {
    pub(super) async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State { manner, connections: 0, mails: 0 }));
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = shared.clone();
                // A peer that gives up in the middle is what some of this is for.
                tokio::spawn(async move { converse(stream, &state).await.ok() });
            }
        });
        Self { port, state }
    }

    /// From now on it behaves so.
    pub(super) fn now(&self, manner: Manner) {
        self.state.lock().unwrap().manner = manner;
    }

    /// How many mails it has taken.
    pub(super) fn mails(&self) -> u32 {
        self.state.lock().unwrap().mails
    }

    /// Once somebody is waiting for it.
    pub(super) async fn asked(&self) {
        while self.state.lock().unwrap().connections == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    }
}

/// RFC 5321 as far as one client speaks it.
async fn converse(stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    state.lock().unwrap().connections += 1;
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    loop {
        // A connection that is kept behaves as the relay does by now.
        let manner = state.lock().unwrap().manner;
        let answer = match (line.get(..4), manner) {
            (_, Manner::Down) => return Ok(()),
            (_, Manner::Hangs) => return stream.read_to_end(&mut Vec::new()).await.map(drop),
            (None, _) => "220 relay.example.com\r\n",
            (Some("RCPT"), Manner::Says(says)) => says,
            (Some("DATA"), _) => {
                stream.write_all(b"354 go ahead\r\n").await?;
                let mut mail = String::new();
                while stream.read_line(&mut mail).await? > 0 && !mail.ends_with("\r\n.\r\n") {}
                if !mail.ends_with("\r\n.\r\n") {
                    return Ok(());
                }
                state.lock().unwrap().mails += 1;
                if manner == Manner::TakesSilently {
                    return Ok(());
                }
                "250 2.0.0 taken\r\n"
            }
            (Some("QUIT"), _) => return stream.write_all(b"221 bye\r\n").await,
            _ => "250 OK\r\n",
        };
        stream.write_all(answer.as_bytes()).await?;
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
    }
}

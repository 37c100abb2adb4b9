//! A mail relay that writes down what it has taken before it says so, and now and then doesn't say it.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Every so many mails the relay asks for another try.
const GREYLISTED: u64 = 37;
/// Every so many mails the relay takes one and hangs up without a word.
const SILENT: u64 = 53;

/// Runs until the test's runtime ends.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    taken: Arc<Mutex<Taken>>,
}

/// What was taken, also on disk.
struct Taken {
    file: std::fs::File,
    mails: u64,
    calm: bool,
    /// How often, by the mail's `Message-ID` without its domain.
    by_id: BTreeMap<String, u64>,
}

impl Relay {
    /// One of several that take down what they have taken in this folder.
    pub(crate) async fn start(folder: &Path, number: usize) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let file = std::fs::File::create_new(folder.join(format!("relay-{number}.log"))).unwrap();
        let taken = Arc::new(Mutex::new(Taken { file, mails: 0, calm: false, by_id: BTreeMap::new() }));
        let shared = taken.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let taken = shared.clone();
                // A peer that is killed in the middle of anything is what this is for.
                tokio::spawn(async move { converse(stream, &taken).await.ok() });
            }
        });
        Self { address, taken }
    }

    /// From now on every mail is taken, and said to be.
    pub(crate) fn calm(&self) {
        self.taken.lock().unwrap().calm = true;
    }

    /// How often each mail was taken.
    pub(crate) fn taken(&self) -> BTreeMap<String, u64> {
        self.taken.lock().unwrap().by_id.clone()
    }
}

/// RFC 5321 as far as one client speaks it.
async fn converse(stream: TcpStream, taken: &Mutex<Taken>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 relay.example.com\r\n").await?;
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        let answer = match line.get(..4) {
            Some("DATA") => {
                stream.write_all(b"354 go ahead\r\n").await?;
                let Some(id) = content(&mut stream).await? else { return Ok(()) };
                match taken.lock().unwrap().take(id) {
                    Some(answer) => answer,
                    None => return Ok(()),
                }
            }
            Some("QUIT") => return stream.write_all(b"221 bye\r\n").await,
            _ => "250 OK\r\n",
        };
        stream.write_all(answer.as_bytes()).await?;
        line.clear();
    }
    Ok(())
}

/// Reads a mail to its end; nothing if the end never came.
async fn content(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<String>> {
    let (mut line, mut id) = (String::new(), String::new());
    while stream.read_line(&mut line).await? > 0 {
        if line == ".\r\n" {
            return Ok(Some(id));
        }
        if let Some((name, value)) = line.split_once(": <")
            && name.eq_ignore_ascii_case("message-id")
        {
            id = value.split('@').next().unwrap_or_default().to_owned();
        }
        line.clear();
    }
    Ok(None)
}

impl Taken {
    /// The answer to the end of a mail; nothing is an answer, too.
    fn take(&mut self, id: String) -> Option<&'static str> {
        self.mails += 1;
        if self.mails.is_multiple_of(GREYLISTED) && !self.calm {
            return Some("451 4.7.1 later\r\n");
        }
        writeln!(self.file, "{id}").unwrap();
        self.file.sync_data().unwrap();
        *self.by_id.entry(id).or_default() += 1;
        (self.calm || !self.mails.is_multiple_of(SILENT)).then_some("250 2.0.0 taken\r\n")
    }
}

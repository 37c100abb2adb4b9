//! A name server (RFC 1035) that knows the TXT records a test tells it, and no others.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::net::UdpSocket;

/// Runs until the test's runtime ends.
pub(crate) struct Names {
    pub(crate) address: SocketAddr,
    records: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Names {
    pub(crate) async fn start() -> Self {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        let records = Arc::<Mutex<BTreeMap<String, String>>>::default();
        let known = records.clone();
        tokio::spawn(async move {
            let mut query = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut query).await {
                if let Some(answer) = answer(&query[..length], &known.lock().unwrap()) {
                    let _ = socket.try_send_to(&answer, from);
                }
            }
        });
        Self { address, records }
    }

    /// From now on this name says this.
    pub(crate) fn tell(&self, name: &str, text: &str) {
        self.records.lock().unwrap().insert(name.to_owned(), text.to_owned());
    }
}

/// The answer to one question: the record, or that there is no such name.
fn answer(query: &[u8], records: &BTreeMap<String, String>) -> Option<Vec<u8>> {
    let (mut name, mut at) = (Vec::new(), 12);
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        name.push(std::str::from_utf8(query.get(at..at + length)?).ok()?.to_ascii_lowercase());
        at += length;
    }
    let question = query.get(12..at + 4)?;
    let text = records.get(&name.join("."));
    // A response to a recursive query: NOERROR or NXDOMAIN, one question, an answer or none.
    let (code, answers) = if text.is_some() { (0x80, 1) } else { (0x83, 0) };
    let mut answer = query.get(..2)?.to_vec();
    answer.extend([0x81, code, 0, 1, 0, answers, 0, 0, 0, 0]);
    answer.extend(question);
    if let Some(text) = text {
        // The name by a pointer, TXT, IN, a time to live of nothing, one string.
        answer.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 0, 0, text.len() as u8 + 1, text.len() as u8]);
        answer.extend(text.as_bytes());
    }
    Some(answer)
}

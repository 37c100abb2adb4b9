//! A name server (RFC 1035) that knows the TXT records and addresses a test tells it, and no others.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::net::UdpSocket;

/// Runs until the test's runtime ends.
pub(crate) struct Names {
    pub(crate) address: SocketAddr,
    records: Arc<Mutex<Records>>,
}

/// Data of records by name and type (RFC 1035 §3.2.2, RFC 3596 §2.1).
type Records = BTreeMap<String, Vec<(u16, Vec<u8>)>>;

const A: u16 = 1;
const TXT: u16 = 16;
const AAAA: u16 = 28;

impl Names {
    pub(crate) async fn start() -> Self {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        let records = Arc::<Mutex<Records>>::default();
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
        let data = [&[text.len() as u8], text.as_bytes()].concat();
        self.records.lock().unwrap().insert(name.to_owned(), vec![(TXT, data)]);
    }

    /// From now on this name leads there.
    pub(crate) fn lead(&self, name: &str, to: &[IpAddr]) {
        let record = |address: &IpAddr| match address {
            IpAddr::V4(address) => (A, address.octets().to_vec()),
            IpAddr::V6(address) => (AAAA, address.octets().to_vec()),
        };
        self.records.lock().unwrap().insert(name.to_owned(), to.iter().map(record).collect());
    }
}

/// The answer to one question: the records, or that there is no such name.
fn answer(query: &[u8], records: &Records) -> Option<Vec<u8>> {
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
    let kind = u16::from_be_bytes([*query.get(at)?, *query.get(at + 1)?]);
    let known = records.get(&name.join("."));
    let found: Vec<_> = known.into_iter().flatten().filter(|(of, _)| *of == kind).collect();
    // A response to a recursive query: NOERROR or NXDOMAIN, one question, answers or none.
    let code = if known.is_some() { 0x80 } else { 0x83 };
    let mut answer = query.get(..2)?.to_vec();
    answer.extend([0x81, code, 0, 1, 0, found.len() as u8, 0, 0, 0, 0]);
    answer.extend(question);
    for (kind, data) in found {
        // The name by a pointer, the type, IN, a time to live of nothing.
        answer.extend([0xc0, 12]);
        answer.extend(kind.to_be_bytes());
        answer.extend([0, 1, 0, 0, 0, 0]);
        answer.extend((data.len() as u16).to_be_bytes());
        answer.extend(data);
    }
    Some(answer)
}

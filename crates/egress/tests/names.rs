//! Names to addresses, against a name server that lies as the test says (RFC 1035 §4.1).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use sealpost_egress::resolve::{ResolveError, Resolver};
use sealpost_egress::text::NameServers;
use tokio::net::UdpSocket;

const A: u16 = 1;
const CNAME: u16 = 5;
const AAAA: u16 = 28;

/// One record of an answer: its owner, type and data.
type Record = (String, u16, Vec<u8>);

/// Answers each question with what `say` makes of its name and type. Remembers the names.
async fn server(
    say: impl Fn(&str, u16) -> Vec<Record> + Send + Sync + 'static,
) -> (NameServers, Arc<Mutex<Vec<String>>>) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address: SocketAddr = socket.local_addr().unwrap();
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let heard = asked.clone();
    tokio::spawn(async move {
        let mut query = [0; 1024];
        while let Ok((length, from)) = socket.recv_from(&mut query).await {
            let (name, kind, question) = read(&query[..length]);
            heard.lock().unwrap().push(name.clone());
            let records = say(&name, kind);
            let mut answer = query[..2].to_vec();
            answer.extend([0x81, 0x80, 0, 1, 0, records.len() as u8, 0, 0, 0, 0]);
            answer.extend(question);
            for (owner, kind, data) in records {
                answer.extend(wire(&owner));
                answer.extend(kind.to_be_bytes());
                answer.extend([0, 1, 0, 0, 0, 0]);
                answer.extend((data.len() as u16).to_be_bytes());
                answer.extend(data);
            }
            socket.send_to(&answer, from).await.unwrap();
        }
    });
    (NameServers::these(&[address]).unwrap(), asked)
}

fn read(query: &[u8]) -> (String, u16, Vec<u8>) {
    let (mut labels, mut at) = (Vec::new(), 12);
    while query[at] != 0 {
        let length = usize::from(query[at]);
        labels.push(String::from_utf8(query[at + 1..at + 1 + length].to_vec()).unwrap().to_ascii_lowercase());
        at += 1 + length;
    }
    (labels.join("."), u16::from_be_bytes([query[at + 1], query[at + 2]]), query[12..at + 5].to_vec())
}

fn wire(name: &str) -> Vec<u8> {
    let mut wire: Vec<u8> =
        name.split('.').flat_map(|label| [&[label.len() as u8], label.as_bytes()].concat()).collect();
    wire.push(0);
    wire
}

fn a(owner: &str, address: [u8; 4]) -> Record {
    (owner.to_owned(), A, address.to_vec())
}

fn alias(owner: &str, to: &str) -> Record {
    (owner.to_owned(), CNAME, wire(to))
}

fn v4(address: [u8; 4]) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from(address))
}

#[tokio::test]
async fn every_answer_of_both_families_is_told_and_nothing_else_is_asked() {
    let (names, asked) = server(|name, kind| match kind {
        A => vec![a(name, [8, 8, 8, 8]), a(name, [10, 0, 0, 1])],
        AAAA => vec![(name.to_owned(), AAAA, [&[0x20, 0x01], &[0; 14][..]].concat())],
        _ => Vec::new(),
    })
    .await;
    let answer = names.resolve("hooks.example.com").await.unwrap();
    assert_eq!(answer, [v4([8, 8, 8, 8]), v4([10, 0, 0, 1]), "2001::".parse().unwrap()]);
    // Nothing below a search domain, whatever this machine has.
    assert!(asked.lock().unwrap().iter().all(|name| name == "hooks.example.com"));
}

#[tokio::test]
async fn an_address_under_another_name_in_the_answer_counts() {
    let (names, _) = server(|name, kind| match kind {
        A => vec![alias(name, "b.example"), a("b.example", [8, 8, 8, 8]), a("c.example", [10, 0, 0, 1])],
        _ => Vec::new(),
    })
    .await;
    assert!(names.resolve("a.example").await.unwrap().contains(&v4([10, 0, 0, 1])));
}

#[tokio::test]
async fn a_few_aliases_are_followed_and_a_chain_of_them_is_not() {
    let chain = |length: usize| {
        move |name: &str, kind: u16| {
            let step = |n: usize| if n == 0 { "a.example".to_owned() } else { format!("s{n}.example") };
            let mut records: Vec<Record> = (0..length).map(|n| alias(&step(n), &step(n + 1))).collect();
            records.push(a(&step(length), [8, 8, 8, 8]));
            if kind == A && name == "a.example" { records } else { Vec::new() }
        }
    };
    let (few, _) = server(chain(3)).await;
    assert_eq!(few.resolve("a.example").await, Ok(vec![v4([8, 8, 8, 8])]));
    let (many, _) = server(chain(9)).await;
    assert_eq!(many.resolve("a.example").await, Err(ResolveError::NotFound));
    // Each answer leads to the next question, for ever.
    let (endless, asked) = server(|name, _| vec![alias(name, &format!("x.{name}"))]).await;
    assert!(endless.resolve("a.example").await.is_err());
    assert!(asked.lock().unwrap().len() < 100);
}

#[tokio::test]
async fn a_name_with_a_crowd_of_addresses_is_refused() {
    let crowd = |count: u8| {
        move |name: &str, kind: u16| (0..if kind == A { count } else { 0 }).map(|n| a(name, [8, 8, 4, n])).collect()
    };
    let (names, _) = server(crowd(32)).await;
    assert_eq!(names.resolve("a.example").await.unwrap().len(), 32);
    let (names, _) = server(crowd(33)).await;
    assert_eq!(names.resolve("a.example").await, Err(ResolveError::NotFound));
}

#[tokio::test]
async fn localhost_is_this_machine_and_nobody_is_asked() {
    let (names, asked) = server(|name, _| vec![a(name, [8, 8, 8, 8])]).await;
    for name in ["localhost", "a.localhost"] {
        assert!(names.resolve(name).await.unwrap().iter().all(IpAddr::is_loopback), "{name}");
    }
    assert!(asked.lock().unwrap().is_empty());
}

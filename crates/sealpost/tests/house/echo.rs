//! What others repeat goes nowhere: a relay that quotes recipient and text in its refusal, a receiver that answers with what it was sent.
//! And what a running server keeps to itself: its memory.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::api::Ask;
use crate::canary::needles::Needles;
use crate::house::{House, temporary, text};
use crate::receiver::ECHO;

crate::on_both_engines! {
    what_a_relay_or_a_receiver_repeats_goes_nowhere
    a_running_server_writes_no_memory_and_shows_nobody_its_environment
}

const RECIPIENT: &str = "qzxechocanary";
const SUBJECT: &str = "qzxsubjectcanary";
const TEXT: &str = "qzxbodycanary";

/// A relay that refuses everything and quotes what it refuses: the recipient where that begins with `no`, else the whole text.
async fn relay() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            tokio::spawn(async move { drop(talk(tcp).await) });
        }
    });
    address
}

async fn talk(tcp: TcpStream) -> std::io::Result<()> {
    let (read, mut write) = tcp.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 relay.example ready\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let answer = match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
            "EHLO" => "250-relay.example\r\n250 8BITMIME\r\n".to_owned(),
            "RCPT" if line.contains("<no") => format!("550 5.1.1 {line}: {RECIPIENT}@example.com is nobody here\r\n"),
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let mut said = String::new();
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    said.push_str(&format!("554-5.7.1 {}\r\n", line.chars().take(400).collect::<String>()));
                }
                format!("{said}554 5.7.1 and for {RECIPIENT}@example.com it is not wanted\r\n")
            }
            "QUIT" => "221 bye\r\n".to_owned(),
            _ => "250 fine\r\n".to_owned(),
        };
        write.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}

impl House {
    /// The page of numbers, as whoever watches reads it.
    pub(crate) async fn numbers(&self) -> String {
        let mut tcp = TcpStream::connect(self.admin).await.unwrap();
        tcp.write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut said = Vec::new();
        tcp.read_to_end(&mut said).await.unwrap();
        String::from_utf8_lossy(&said).into_owned()
    }
}

async fn what_a_relay_or_a_receiver_repeats_goes_nowhere(house: House) {
    let live = |path: &str, body: Value| house.api.must(Ask::post(path, &body).key(&house.keys.live));
    let relay = relay().await;
    let email = json!({ "host": "127.0.0.1", "port": relay.port(), "security": "plain_loopback",
        "from_address": "news@mail.example.com", "helo": "mail.example.com" });
    live("/v1/channels", json!({ "name": "mail", "email": email })).await;
    let content = json!({ "subject": "{{ subject }}", "text": "{{ text }}" });
    let template = live("/v1/templates", json!({ "name": "echo", "channel": "email", "content": content })).await;
    let event = json!({ "name": "echo", "class": "transactional", "template_id": text(&template, "id") });
    live("/v1/events", event).await;
    let endpoint =
        json!({ "name": "echo", "url": format!("{}{ECHO}", house.receiver.origin()), "events": ["message.*"] });
    let endpoint = text(&live("/v1/endpoints", endpoint).await, "id");
    let verified =
        house.api.must(Ask::new("post", format!("/v1/endpoints/{endpoint}/verify")).key(&house.keys.live)).await;
    assert_eq!(verified["succeeded"], true, "{verified}");

    let needles = Needles::of([("recipient", RECIPIENT), ("subject", SUBJECT), ("text", TEXT)]);
    let mut leaks = Vec::new();
    for recipient in [format!("no{RECIPIENT}@example.com"), format!("{RECIPIENT}@example.com")] {
        let message = json!({ "event": "echo", "to": { "email": recipient, "name": RECIPIENT },
            "data": { "subject": SUBJECT, "text": TEXT } });
        let message = text(&live("/v1/messages", message).await, "id");
        let path = format!("/v1/messages/{message}");
        let ended = async {
            loop {
                let found = house.api.must(Ask::get(&path).key(&house.keys.live)).await;
                if found["state"] == "failed" {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(60), ended).await.expect("the relay refuses it");
        let report = house.receiver.report("message.failed", &message).await;
        let timeline = house.api.must(Ask::get(format!("{path}/timeline")).key(&house.keys.live)).await;
        let deliveries = format!("/v1/endpoints/{endpoint}/deliveries");
        let deliveries = house.api.must(Ask::get(deliveries).key(&house.keys.live)).await;
        let page = house
            .api
            .ask(Ask::get(format!("/app/live/messages/{message}")).page().member(&house.standing_owner().await));
        let page = page.await.text();
        for (what, said) in [
            ("the message", found.to_string()),
            ("its timeline", timeline.to_string()),
            ("its page", page),
            ("the report", String::from_utf8_lossy(&report.body).into_owned()),
            ("deliveries", deliveries.to_string()),
        ] {
            leaks.extend(needles.found_in(said.as_bytes()).into_iter().map(|form| format!("{what}: {form}: {said}")));
        }
    }
    let tested = house.api.must(Ask::new("post", format!("/v1/endpoints/{endpoint}/test")).key(&house.keys.live)).await;
    assert_eq!((&tested["succeeded"], &tested["status"]), (&json!(false), &json!(422)), "{tested}");
    let mut places =
        vec![("the log".to_owned(), house.log().into_bytes()), ("numbers".into(), house.numbers().await.into_bytes())];
    places.extend(house.stored().await);
    places.extend(house.collector.heard().into_iter().map(|heard| ("whoever watches".to_owned(), heard.body.to_vec())));
    for entry in std::fs::read_dir(temporary(house.folder())).unwrap() {
        leaks.push(format!("a temporary file: {}", entry.unwrap().path().display()));
    }
    for (place, bytes) in places {
        leaks.extend(needles.found_in(&bytes).into_iter().map(|form| format!("{place}: {form}")));
    }
    assert!(house.log().contains("server.ready"), "a silent log proves nothing");
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
}

/// No core file, whatever happens; and whoever runs as the same user reads neither its memory nor its environment.
async fn a_running_server_writes_no_memory_and_shows_nobody_its_environment(house: House) {
    let process = format!("/proc/{}", house.process());
    let limits = std::fs::read_to_string(format!("{process}/limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
    // A process that may not be dumped belongs to root here, whoever runs it (proc(5)).
    let owner = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(format!("{process}/environ")).unwrap());
    assert_eq!(owner, 0, "its memory can be read by whoever runs as the same user");
    let status = std::fs::read_to_string(format!("{process}/status")).unwrap();
    let user = status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap();
    match user.split_whitespace().next() {
        Some("0") => eprintln!("SKIPPED, LOUDLY: the server runs as root, who owns its files in /proc anyhow"),
        _ => assert!(std::fs::read(format!("{process}/environ")).is_err(), "its environment can be read"),
    }
    let line = std::fs::read_to_string(format!("{process}/cmdline")).unwrap();
    assert!(!line.contains("sk_") && !line.contains("whsec_"), "no secret is in its command line: {line}");
}

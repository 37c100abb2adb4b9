//! What the mailer says to relays, and what it makes of their answers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/relay.rs"]
mod relay;
mod support;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustls::version::TLS12;
use sealpost_egress::Tenant;
use sealpost_egress::mail::{Draft, HeaderText, Mail, Mailbox, MessageId};
use sealpost_egress::network::Network;
use sealpost_egress::resolve::FixedResolver;
use sealpost_egress::smtp::{
    Credentials, Deferral, Mailer, Outcome, RelayError, RelayFailure, Security, SmtpRelay, Stage,
};
use sealpost_egress::tls::MinTls;
use zeroize::Zeroizing;

use relay::{Relay, Step};
use support::{HOST, LOCAL, Pki, TENANT, network, policy};

use Step::{Hang, Hear, HearMessage, Say, Tls};

const EHLO: &str = "250-relay\r\n250-SIZE 1000000\r\n250 AUTH LOGIN PLAIN\r\n";
const EHLO_STARTTLS: &str = "250-relay\r\n250 STARTTLS\r\n";
const OK: &str = "250 2.0.0 ok\r\n";
const GO: &str = "354 go\r\n";

fn mail() -> Mail {
    let draft = Draft {
        from: Mailbox::from("news@mail.example.com".parse::<sealpost_egress::mail::Address>().unwrap()),
        to: Mailbox::from("jane@example.org".parse::<sealpost_egress::mail::Address>().unwrap()),
        reply_to: None,
        return_path: None,
        subject: HeaderText::new("Hi").unwrap(),
        date: 0,
        message_id: MessageId::new("1@mail.example.com").unwrap(),
        text: ".dot\nend".to_owned(),
        html: None,
        unsubscribe: None,
    };
    draft.build(&[]).unwrap()
}

fn mailer(pki: &Pki) -> Mailer {
    Mailer::new(network([LOCAL]), &pki.trust()).unwrap().with_phase(Duration::from_secs(2))
}

fn smtp(relay: &Relay, security: Security) -> SmtpRelay {
    SmtpRelay::new(HOST, relay.port, security, "mail.example.com").unwrap()
}

async fn send(relay: &Relay, security: Security, pki: &Pki) -> Outcome {
    let smtp = Arc::new(smtp(relay, security));
    mailer(pki).send(TENANT, &smtp, &mail()).await
}

async fn send_plain(script: Vec<Step>) -> (Outcome, Vec<String>) {
    let relay = Relay::start(script).await;
    let outcome = send(&relay, Security::PlainLoopbackOnly, &Pki::new()).await;
    (outcome, relay.heard())
}

/// A script that greets and takes EHLO, then goes on.
fn greeted(rest: impl IntoIterator<Item = Step>) -> Vec<Step> {
    let start = [Say("220 relay\r\n"), Hear(EHLO)];
    start.into_iter().chain(rest).collect()
}

fn failed(failure: RelayFailure) -> Outcome {
    Outcome::Deferred(Deferral::Relay(failure))
}

#[tokio::test]
async fn an_accepted_message_arrives_whole() {
    let script = greeted([Hear(OK), Hear(OK), Hear(GO), HearMessage("250 2.6.0 queued as 7\r\n"), Hang]);
    let (outcome, heard) = send_plain(script).await;
    assert_eq!(outcome.code(), "accepted");
    assert_eq!(outcome.reply().unwrap().to_string(), "250 2.6.0");
    let size = mail().as_bytes().len();
    assert_eq!(heard[0], "EHLO mail.example.com");
    assert_eq!(heard[1], format!("MAIL FROM:<news@mail.example.com> SIZE={size}"));
    assert_eq!(heard[2], "RCPT TO:<jane@example.org>");
    assert_eq!(heard[3], "DATA");
    let unstuffed = heard[4].replace("\r\n.", "\r\n") + "\r\n";
    assert!(heard[4].contains("\r\n\r\n..dot\r\nend"), "{}", heard[4]);
    assert_eq!(unstuffed.trim_end(), String::from_utf8_lossy(mail().as_bytes()).trim_end());
}

#[tokio::test]
async fn refusals_are_told_by_stage_and_duration() {
    let unknown_user = "550 5.1.1 <jane@example.org>: no such user\r\n";
    let busy = "451-4.7.1 please\r\n451 4.7.1 wait\r\n";
    for (answers, code, stage, reply) in [
        (vec![Hear("550 5.7.1 spf\r\n")], "rejected", Stage::Sender, "550 5.7.1"),
        (vec![Hear(OK), Hear(unknown_user)], "rejected", Stage::Recipient, "550 5.1.1"),
        (vec![Hear(OK), Hear(busy)], "deferred", Stage::Recipient, "451 4.7.1"),
        (vec![Hear(OK), Hear(OK), Hear("554 no\r\n")], "rejected", Stage::Content, "554"),
        (
            vec![Hear(OK), Hear(OK), Hear(GO), HearMessage("452 4.3.1 full\r\n")],
            "deferred",
            Stage::Content,
            "452 4.3.1",
        ),
        (
            vec![Hear(OK), Hear(OK), Hear(GO), HearMessage("554 5.7.1 spam\r\n")],
            "rejected",
            Stage::Content,
            "554 5.7.1",
        ),
    ] {
        let (outcome, _) = send_plain(greeted(answers)).await;
        let (Outcome::Rejected { stage: at, .. } | Outcome::Deferred(Deferral::Reply { stage: at, .. })) = outcome
        else {
            panic!("{outcome:?}");
        };
        assert_eq!((outcome.code(), at), (code, stage));
        assert_eq!(outcome.reply().unwrap().to_string(), reply);
        assert!(!format!("{outcome:?}").contains("jane"));
    }
}

#[tokio::test]
async fn a_connection_that_dies_after_the_end_of_the_message_leaves_it_unknown() {
    let (outcome, _) = send_plain(greeted([Hear(OK), Hear(OK), Hear(GO), HearMessage("")])).await;
    assert_eq!(outcome, Outcome::Unknown);
    let (outcome, _) = send_plain(greeted([Hear(OK), Hear(OK), Hear(GO), HearMessage("what?\r\n")])).await;
    assert_eq!(outcome, Outcome::Unknown);
}

#[tokio::test]
async fn a_connection_that_dies_before_leaves_nothing_delivered() {
    for answers in [vec![], vec![Hear(OK)], vec![Hear(OK), Hear(OK)]] {
        let (outcome, _) = send_plain(greeted(answers)).await;
        assert_eq!(outcome, failed(RelayFailure::ConnectionLost));
    }
}

#[tokio::test]
async fn relays_that_refuse_or_babble_are_left() {
    for (script, failure) in [
        (vec![Say("554 not you\r\n")], RelayFailure::ServiceRefused),
        (vec![Say("220 relay\r\n"), Hear("502 EHLO?\r\n")], RelayFailure::ServiceRefused),
        (vec![Say("HTTP/1.1 400 Bad Request\r\n")], RelayFailure::ProtocolError),
        (vec![Say("220-a\r\n250 b\r\n")], RelayFailure::ProtocolError),
        (vec![Say("220 relay\r\n250 too early\r\n"), Hang], RelayFailure::ProtocolError),
        (greeted([Hear(OK), Hear(OK), Hear(OK), Hang]), RelayFailure::ProtocolError),
    ] {
        assert_eq!(send_plain(script).await.0, failed(failure));
    }
}

#[tokio::test]
async fn a_relay_that_hangs_meets_its_time_and_learns_nothing() {
    let relay = Relay::start(vec![Hang]).await;
    let smtp = Arc::new(smtp(&relay, Security::PlainLoopbackOnly));
    let mailer = mailer(&Pki::new()).with_phase(Duration::from_millis(200));
    assert_eq!(mailer.send(TENANT, &smtp, &mail()).await, failed(RelayFailure::Timeout));
    assert_eq!(relay.heard(), Vec::<String>::new());
}

#[tokio::test]
async fn without_starttls_nothing_is_said_in_clear() {
    for script in [
        vec![Say("220 relay\r\n"), Hear(EHLO), Hang],
        vec![Say("220 relay\r\n"), Hear(EHLO_STARTTLS), Hear("454 4.7.0 not now\r\n"), Hang],
    ] {
        let relay = Relay::start(script).await;
        let outcome = send(&relay, Security::StartTls, &Pki::new()).await;
        assert_eq!(outcome, failed(RelayFailure::StarttlsRefused));
        let heard = relay.heard();
        assert!(heard.iter().all(|line| line.starts_with("EHLO") || line == "STARTTLS"), "{heard:?}");
    }
}

#[tokio::test]
async fn replies_smuggled_in_before_tls_end_the_connection() {
    let pki = Pki::new();
    let smuggled = "220 go\r\n250-relay\r\n250 AUTH PLAIN\r\n";
    let script = vec![Say("220 relay\r\n"), Hear(EHLO_STARTTLS), Hear(smuggled), Tls(pki.server(HOST)), Hang];
    let relay = Relay::start(script).await;
    let outcome = send(&relay, Security::StartTls, &pki).await;
    assert_eq!(outcome, failed(RelayFailure::StarttlsRefused));
}

#[tokio::test]
async fn credentials_and_mail_go_out_after_starttls_only() {
    let pki = Pki::new();
    let relay = Relay::start(vec![
        Say("220 relay\r\n"),
        Hear(EHLO_STARTTLS),
        Hear("220 go\r\n"),
        Tls(pki.server(HOST)),
        Hear(EHLO),
        Hear("235 2.7.0 hello\r\n"),
        Hear(OK),
        Hear(OK),
        Hear(GO),
        HearMessage(OK),
        Hang,
    ])
    .await;
    let credentials = Credentials::new("user", Zeroizing::new("geheim".to_owned())).unwrap();
    let smtp = smtp(&relay, Security::StartTls).with_credentials(credentials);
    assert!(!format!("{smtp:?}").contains("geheim"));
    let outcome = mailer(&pki).send(TENANT, &Arc::new(smtp), &mail()).await;
    assert_eq!(outcome.code(), "accepted");
    let heard = relay.heard();
    assert_eq!(heard[..3], ["EHLO mail.example.com", "STARTTLS", "EHLO mail.example.com"]);
    assert_eq!(heard[3], format!("AUTH PLAIN {}", BASE64.encode("\0user\0geheim")));
}

#[tokio::test]
async fn login_is_used_where_plain_is_not_offered_and_a_refusal_stops_the_mail() {
    let pki = Pki::new();
    let login = "250-relay\r\n250 AUTH LOGIN\r\n";
    let relay = Relay::start(vec![
        Tls(pki.server(HOST)),
        Say("220 relay\r\n"),
        Hear(login),
        Hear("334 VXNlcm5hbWU6\r\n"),
        Hear("334 UGFzc3dvcmQ6\r\n"),
        Hear("535 5.7.8 no\r\n"),
        Hang,
    ])
    .await;
    let credentials = Credentials::new("user", Zeroizing::new("geheim".to_owned())).unwrap();
    let smtp = smtp(&relay, Security::ImplicitTls).with_credentials(credentials);
    let outcome = mailer(&pki).send(TENANT, &Arc::new(smtp), &mail()).await;
    assert_eq!(outcome, failed(RelayFailure::AuthRefused));
    assert_eq!(relay.heard()[1..], ["AUTH LOGIN", &BASE64.encode("user"), &BASE64.encode("geheim")]);
}

#[tokio::test]
async fn relays_with_the_wrong_certificate_or_an_old_tls_are_refused() {
    let (pki, stranger) = (Pki::new(), Pki::new());
    for config in [pki.server("other.test"), stranger.server(HOST), pki.server_with(HOST, &[&TLS12])] {
        let relay = Relay::start(vec![Tls(config), Say("220 relay\r\n"), Hear(EHLO)]).await;
        let outcome = send(&relay, Security::ImplicitTls, &pki).await;
        assert_eq!(outcome, failed(RelayFailure::TlsFailed));
        assert_eq!(relay.heard(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn tls_1_2_is_for_relays_approved_for_it() {
    let pki = Pki::new();
    let mut script = greeted([Hear(OK), Hear(OK), Hear(GO), HearMessage(OK)]);
    script.insert(0, Tls(pki.server_with(HOST, &[&TLS12])));
    let relay = Relay::start(script).await;
    let smtp = smtp(&relay, Security::ImplicitTls).with_min_tls(MinTls::V1_2);
    assert_eq!(mailer(&pki).send(TENANT, &Arc::new(smtp), &mail()).await.code(), "accepted");
}

#[tokio::test]
async fn a_session_is_kept_for_its_tenant_and_survives_a_refusal() {
    let pki = Pki::new();
    let relay = Relay::start(greeted([
        Hear(OK),
        Hear(OK),
        Hear(GO),
        HearMessage(OK),
        Hear(OK),
        Hear("550 5.1.1 no\r\n"),
        Hear(OK),
        Hear(OK),
        Hear(OK),
        Hear(GO),
        HearMessage(OK),
        Hang,
    ]))
    .await;
    let (mailer, smtp) = (mailer(&pki), Arc::new(smtp(&relay, Security::PlainLoopbackOnly)));
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes.push(mailer.send(TENANT, &smtp, &mail()).await.code());
    }
    assert_eq!(codes, ["accepted", "rejected", "accepted"]);
    assert_eq!(relay.heard()[7], "RSET");
    assert_eq!(relay.connections(), 1);
    mailer.send(Tenant::new([2; 16]), &smtp, &mail()).await;
    assert_eq!(relay.connections(), 2);
}

#[tokio::test]
async fn a_kept_session_that_has_ended_is_replaced() {
    for farewell in [vec![], vec![Hear("421 4.4.2 idle\r\n")]] {
        let mut script = greeted([Hear(OK), Hear(OK), Hear(GO), HearMessage(OK)]);
        script.extend(farewell);
        let relay = Relay::start(script).await;
        let smtp = Arc::new(smtp(&relay, Security::PlainLoopbackOnly));
        let mailer = mailer(&Pki::new());
        for connections in 1..=3 {
            assert_eq!(mailer.send(TENANT, &smtp, &mail()).await.code(), "accepted");
            assert_eq!(relay.connections(), connections);
        }
    }
}

#[tokio::test]
async fn clear_text_and_private_addresses_are_refused() {
    let trust = Pki::new().trust();
    for (address, security) in [
        ("8.8.8.8", Security::PlainLoopbackOnly),
        ("10.0.0.1", Security::StartTls),
        ("169.254.169.254", Security::ImplicitTls),
    ] {
        let names = FixedResolver::new().with(HOST, [address.parse().unwrap()]);
        let mailer = Mailer::new(Network::new(policy(), names), &trust).unwrap();
        let smtp = SmtpRelay::new(HOST, 25, security, "mail.example.com").unwrap();
        let outcome = mailer.send(TENANT, &Arc::new(smtp), &mail()).await;
        assert_eq!(outcome, failed(RelayFailure::AddressRefused), "{address}");
    }
}

#[test]
fn relays_are_described_strictly() {
    let new = |host, port, helo| SmtpRelay::new(host, port, Security::StartTls, helo).map(|_| ());
    assert_eq!(new("smtp.example.com", 587, "mail.example.com"), Ok(()));
    assert_eq!(new("smtp example", 587, "a.b"), Err(RelayError::Host));
    assert_eq!(new("smtp.example.com", 0, "a.b"), Err(RelayError::Port));
    assert_eq!(new("smtp.example.com", 25, "a.b\r\nMAIL FROM:<>"), Err(RelayError::Helo));
    let password = |text: &str| Credentials::new("u", Zeroizing::new(text.to_owned())).map(|_| ());
    assert_eq!(password("a\r\nb"), Err(RelayError::Credentials));
    assert_eq!(password("a\0b"), Err(RelayError::Credentials));
    assert_eq!(password(""), Err(RelayError::Credentials));
}

#[tokio::test]
async fn time_that_is_up_before_the_end_of_a_message_is_no_doubt_and_afterwards_one() {
    // The limit of a phase would never end it.
    let patient = mailer(&Pki::new()).with_phase(Duration::from_secs(3600));
    for script in [vec![Hang], greeted([Hear(OK), Hang])] {
        let relay = Relay::start(script).await;
        let smtp = Arc::new(smtp(&relay, Security::PlainLoopbackOnly));
        let outcome = patient.send_within(TENANT, &smtp, &mail(), Some(Duration::from_millis(300))).await;
        assert_eq!(outcome, failed(RelayFailure::Timeout));
    }
    let envelope = [Hear(OK), Hear(OK), Hear(GO), HearMessage(""), Hang];
    // A slow machine may not get as far as the end of the message at first.
    for seconds in [1, 4, 16, 64] {
        let relay = Relay::start(greeted(envelope.clone())).await;
        let smtp = Arc::new(smtp(&relay, Security::PlainLoopbackOnly));
        let outcome = patient.send_within(TENANT, &smtp, &mail(), Some(Duration::from_secs(seconds))).await;
        if outcome == Outcome::Unknown {
            // EHLO, MAIL, RCPT, DATA, and the message: on its way, if not there yet.
            while relay.heard().len() < 5 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            return;
        }
        assert_eq!(outcome, failed(RelayFailure::Timeout), "it certainly has no message");
    }
    panic!("the relay never heard a message");
}

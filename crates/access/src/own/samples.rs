//! The page of a member without a passkey, and of one with two.

use sealpost_store::{MemberId, PasskeyId, SessionId};
use sealpost_web::shell::parts::Field;
use sealpost_web::shell::testing::{NOW, keep};

use super::page::{OwnPage, PasskeyLine};
use crate::passkeys::Passkey;
use crate::sessions::{Agent, Method, Row, SessionRow};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

fn session(number: u8) -> SessionRow {
    SessionRow {
        id: SessionId::from_bytes([number; 16]),
        member: MemberId::from_bytes([1; 16]),
        method: if number == 1 { Method::Passkey } else { Method::OperatorLink },
        agent: Agent::of(Some(FIREFOX)),
        network: [number; 8],
        created_at: NOW.plus_ms(-i64::from(number) * 3_600_000),
        seen_at: NOW.plus_ms(-i64::from(number) * 60_000),
        proved_at: None,
        ended: None,
    }
}

fn passkey(number: u8) -> Passkey {
    Passkey {
        id: PasskeyId::from_bytes([number; 16]),
        member: MemberId::from_bytes([1; 16]),
        credential_id: vec![number; 16],
        public_key: vec![],
        counter: 0,
        backup_eligible: number == 1,
        backed_up: number == 1,
        agent: Agent::of(Some(FIREFOX)),
        created_at: NOW.plus_ms(-i64::from(number) * 86_400_000),
        used_at: (number == 1).then_some(NOW),
    }
}

#[test]
fn a_member_sees_their_passkeys_and_sessions() {
    let page = |passkeys: Vec<Passkey>, sessions: Vec<SessionRow>, wrong: Option<&str>| OwnPage {
        rename: "/app/test/you/name".into(),
        csrf: "sample".into(),
        once: "sample".into(),
        name: Field::new("name", "Name")
            .value("Sam Example")
            .hint("What colleagues see.")
            .wrong(wrong.map(str::to_owned)),
        passkeys: passkeys.iter().map(|one| PasskeyLine::of(one, Some("/x".into()), NOW)).collect(),
        sessions: sessions.iter().map(|one| Row::of(one, Some([1; 16]), None, "/x".into(), NOW)).collect(),
    };
    keep("you", "You", "/you", &page(vec![passkey(1), passkey(2)], vec![session(1), session(2)], None));
    keep("you-new", "You", "/you", &page(vec![], vec![session(2)], Some("One line of up to 200 characters.")));
}

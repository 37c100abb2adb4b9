//! The page of sessions with some on it.

use sealpost_store::{MemberId, SessionId};
use sealpost_web::shell::parts::Pager;
use sealpost_web::shell::testing::{NOW, keep};

use super::list::{ListPage, Row};
use crate::sessions::{Agent, Method, SessionRow};

/// A session in this browser.
pub(crate) fn session(number: u8, agent: &str, method: Method) -> SessionRow {
    SessionRow {
        id: SessionId::from_bytes([number; 16]),
        member: MemberId::from_bytes([number; 16]),
        method,
        agent: Agent::of(Some(agent)),
        network: [number; 8],
        created_at: NOW.plus_ms(-i64::from(number) * 3_600_000),
        seen_at: NOW.plus_ms(-i64::from(number) * 60_000),
        proved_at: None,
        ended: None,
    }
}

#[test]
fn sessions_are_listed_with_where_they_are() {
    let row = |session: SessionRow| {
        let href = format!("/app/test/people/{}", session.member);
        Row::of(
            &session,
            Some([1; 16]),
            Some(("Sam Example".to_owned(), Some(href))),
            "/app/test/sessions/x/revoke".into(),
            NOW,
        )
    };
    let rows = vec![
        session(1, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", Method::Passkey),
        session(
            2,
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            Method::RecoveryCode,
        ),
        session(3, "curl/8.0", Method::OperatorLink),
    ];
    let list = |rows: Vec<SessionRow>| ListPage {
        people: "/app/test/people".into(),
        rows: rows.into_iter().map(row).collect(),
        pager: Pager::default(),
    };
    keep("sessions", "Where members are signed in", "/sessions", &list(rows));
    keep("sessions-none", "Where members are signed in", "/sessions", &list(vec![]));
}

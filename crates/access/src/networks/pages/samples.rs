//! The page of networks, before anybody decided anything and while a change waits; and whom a change would shut out.

use sealpost_store::{ApiKeyId, Environment, MemberId};
use sealpost_web::Cidrs;
use sealpost_web::shell::testing::{NOW, keep};

use super::show::page;
use super::shut_out::{Who, shown};
use crate::networks::preview::{KeyShut, Own, Preview, Tally};
use crate::networks::{Lists, Pending, Standing};

#[test]
fn networks_are_shown_with_what_waits() {
    let at = |path: &str| format!("/app/test{path}");
    keep("networks-none", "Networks", "/networks", &page(&Standing::default(), true, NOW, at));
    let lists = Lists { dashboard: Cidrs::from_text("192.0.2.0/24 2001:db8::/32").unwrap(), ..Lists::default() };
    let pending = Some(Pending { lists, until: NOW.plus_ms(9 * 60_000) });
    let standing = Standing { version: 3, pending, since: Some(NOW), ..Standing::default() };
    let mut shown = page(&standing, true, NOW, at);
    shown.waits = vec![at("/approvals/apr_x")];
    keep("networks-pending", "Networks", "/networks", &shown);
}

#[test]
fn a_preview_says_whom_lists_shut_out_and_of_whom_it_can_not_be_told() {
    let who = (1..=40).map(|number| MemberId::from_bytes([number; 16])).collect();
    let key = KeyShut { id: ApiKeyId::from_bytes([7; 16]), name: "Shop <b>".into(), environment: Environment::Live };
    let mut preview = Preview {
        you: Own { dashboard: false, admin: true },
        sessions: Some(Tally { admitted: 2, shut_out: 40, unknown: 1, who }),
        keys: Some(Tally { admitted: 0, shut_out: 1, unknown: 0, who: vec![key] }),
    };
    let called = |called: &str| Who { called: called.into(), href: "/app/test/people/x".into(), environment: "" };
    let some = shown(&preview, vec![called("Sam Example"), called("أدا")]);
    keep("networks-shut-out", "Networks", "/networks", &Alone(&some));
    let text = some.to_string();
    for told in [
        "shut out yourself",
        "40 sign-ins would be shut out, 2 stay, of 1 it can’t be told",
        "and 38 more",
        "Shop &#60;b&#62;",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(text.contains(&format!("/app/live/keys/{}", ApiKeyId::from_bytes([7; 16]))), "{text}");
    preview.you.dashboard = true;
    preview.sessions = None;
    let text = shown(&preview, Vec::new()).to_string();
    assert!(!text.contains("yourself") && text.contains("Your role doesn’t let you see them"), "{text}");
}

/// A part under a heading, as a page has it.
#[derive(askama::Template)]
#[template(ext = "html", source = r#"<h1>Networks</h1>{{ self.0 }}"#)]
struct Alone<'a>(&'a super::shut_out::ShutOut);

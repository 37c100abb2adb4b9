//! The first page of somebody who has much to do, nothing to do, nothing at all, and few permissions.

use sealpost_govern::activity::{Ages, Count, Span};
use sealpost_govern::audit::{ActorWord, ResultWord};
use sealpost_web::shell::Icon;
use sealpost_web::shell::figure::{Beat, Rosette, Spark};
use sealpost_web::shell::parts::{Chips, Empty, Shape, State as Badge, Tone, When};
use sealpost_web::shell::testing::{NOW, keep};

use super::cards::{self, EndpointLine, LedgerCard, Range};
use super::page::HomePage;
use super::todo::Todo;
use crate::messages::samples::row;
use crate::messages::{Figure, Figures, MessageState};

fn figures(range: Range, busy: bool) -> Figures {
    let span = range.span(NOW);
    let steps = (0..span.steps()).map(|at| {
        if !busy {
            return Figure::default();
        }
        let wave = ((at as f64 - 12.0) / 48.0 * std::f64::consts::TAU).sin().max(0.0);
        let delivered = 20 + (wave * 240.0) as u64 + (at as u64 * 7919) % 31;
        let lost = if at % 7 == 3 { (at as u64 * 31) % 9 } else { 0 };
        Figure { accepted: delivered + lost, delivered, lost, ..Figure::default() }
    });
    let ages = (0..span.steps()).map(|at| match busy && at % 11 != 5 {
        true => Ages::sample(&[(280 + (at as i64 * 37) % 90, 90), (1_900 + (at as i64 * 331) % 900, 10)]),
        false => Ages::default(),
    });
    Figures { span, steps: steps.collect(), ages: ages.collect(), under_way: if busy { 14 } else { 0 } }
}

fn page(busy: bool) -> HomePage {
    let figures = figures(Range::Day, busy);
    let span = Span::until(NOW, 14, 96);
    let looks =
        |step, result, count| Count { step, action: "message.reveal".into(), actor: ActorWord::Key, result, count };
    let counts = match busy {
        true => vec![
            looks(2, ResultWord::Ok, 3),
            looks(6, ResultWord::Ok, 7),
            looks(6, ResultWord::Denied, 1),
            looks(13, ResultWord::Ok, 2),
        ],
        false => vec![],
    };
    let todo = |tone, icon, title: &str, says: &str, act| Todo {
        tone,
        icon,
        title: title.into(),
        says: says.into(),
        href: "/app/test/x".into(),
        act,
    };
    let line = |name: &str, state, bad| EndpointLine {
        name: name.into(),
        href: "/app/test/endpoints/x".into(),
        state,
        spark: Spark(
            (0..24)
                .map(|at| Beat {
                    height: if at % 5 == 0 { 0.5 } else { 1.0 },
                    fill: if at > bad { "f-bad" } else { "f-ok" },
                })
                .collect(),
        ),
        says: "20 of the last 24 taken".into(),
    };
    HomePage {
        todo: match busy {
            true => vec![
                todo(
                    Tone::Bad,
                    Icon::Link,
                    "Endpoint billing is failing",
                    "since 22 min ago; deliveries wait for it",
                    "Look",
                ),
                todo(Tone::Warn, Icon::Key, "Key crm-sync ends in 9 days", "used 4 min ago", "Rotate"),
                todo(
                    Tone::Warn,
                    Icon::Message,
                    "38 messages were not delivered",
                    "of 8\u{202f}200 in the last 24 hours",
                    "Look",
                ),
            ],
            false => vec![],
        },
        ranges: Range::ALL
            .into_iter()
            .fold(Chips::new("How far back"), |chips, one| chips.chip(one.says(), "/app/test", one == Range::Day)),
        messages: Some(cards::messages(&figures, Range::Day)),
        times: Some(cards::times(&figures, Range::Day)),
        ledger: Some(LedgerCard {
            seal: Rosette::new([7; 32], "the root of the ledger"),
            size: "14\u{202f}220".into(),
            unsigned: 0,
            signed: Some(When::new(NOW.plus_ms(-12_000), NOW)),
            href: "/app/test/audit".into(),
        }),
        looks: Some(cards::looks(&counts, span, "/app/test/audit".into())),
        endpoints: Some(match busy {
            true => vec![
                line("billing", Badge::new("Failing", Shape::Failed, Tone::Bad), 15),
                line("crm", Badge::new("Active", Shape::Done, Tone::Ok), 99),
            ],
            false => vec![],
        }),
        endpoints_href: "/app/test/endpoints".into(),
        add_endpoint: Some("/app/test/endpoints/new".into()),
        newest: Some(match busy {
            true => (0..6).map(|number| row(number, MessageState::ALL[usize::from(number)], "otp.login")).collect(),
            false => vec![],
        }),
        messages_href: "/app/test/messages".into(),
        first: Empty::new(Icon::Send, "Send the first message", "Make a template and an event, then fire the event.")
            .line("sealpost send --event otp.login --to +15550100124 --data code=417233")
            .deed("Make a template", "/app/test/templates/new".to_owned()),
    }
}

#[test]
fn the_first_page_is_for_the_busy_the_new_and_those_who_may_little() {
    keep("home-busy", "Home", "", &page(true));
    keep("home-new", "Home", "", &page(false));
    let little = HomePage {
        ledger: None,
        looks: None,
        endpoints: None,
        messages: None,
        times: None,
        newest: None,
        ..page(false)
    };
    keep("home-little", "Home", "", &little);
}

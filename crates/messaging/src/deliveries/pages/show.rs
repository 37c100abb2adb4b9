//! `GET /app/{env}/deliveries/{id}`

use sealpost_access::permissions::{ENDPOINTS_MANAGE, ENDPOINTS_READ};
use sealpost_store::{DeliveryId, Store};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Ident, Shape, State as Badge, Tone, Took, When};
use sealpost_web::{Call, Class, Endpoint as Route, Failure, Reply, get};

use super::words;
use crate::deliveries::model::{Attempt, Delivery, State};
use crate::deliveries::{rules, service};
use crate::endpoints;

/// One delivery with its attempts.
#[derive(askama::Template)]
#[template(path = "deliveries/pages/show.html")]
pub(super) struct ShowPage {
    pub(super) kind: String,
    pub(super) state: Badge,
    pub(super) id: Ident,
    pub(super) endpoint: (String, Option<String>),
    pub(super) message: Option<(String, Option<String>)>,
    pub(super) event_id: Ident,
    pub(super) created: When,
    pub(super) rungs: Vec<Rung>,
    pub(super) left: usize,
    pub(super) body: String,
    pub(super) bytes: usize,
    pub(super) encrypted: Option<&'static str>,
    pub(super) resend: Option<String>,
}

/// One attempt, made or to come.
pub(super) struct Rung {
    pub(super) says: String,
    pub(super) adds: String,
    pub(super) shape: Shape,
    pub(super) tone: Tone,
    pub(super) at: When,
    pub(super) took: Option<Took>,
}

pub(super) fn show(store: &Store) -> Route {
    let store = store.clone();
    get("/app/{env}/deliveries/{id}")
        .needs(ENDPOINTS_READ)
        .page()
        .class(Class::Read)
        .summary("A delivery with its attempts")
        .to(move |call: Call| handle(store.clone(), call))
}

async fn handle(store: Store, call: Call) -> Result<Reply, Failure> {
    let id: DeliveryId = call.id("id")?;
    let found = store.read::<_, Failure>(&call.ctx, move |tx| {
        let (delivery, attempts) = service::find(tx, id)?;
        let own = endpoints::schedule_of(tx, delivery.endpoint)?;
        let encrypted = endpoints::encrypted_by(tx, delivery.endpoint)?;
        Ok((delivery, attempts, own, encrypted))
    });
    let (delivery, attempts, own, encrypted) = found.await?;
    let may_resend = call.caller.permissions.contains(ENDPOINTS_MANAGE) && delivery.state != State::Queued;
    let linked = |id: String| (id.clone(), call.page_of(&id));
    let page = ShowPage {
        state: words::badge(delivery.state),
        id: Ident::new(id),
        endpoint: linked(delivery.endpoint.to_string()),
        message: delivery.message.map(|message| linked(message.to_string())),
        event_id: Ident::new(delivery.notice),
        created: When::new(delivery.created_at, call.ctx.now()),
        rungs: rungs(&call, &delivery, &attempts),
        left: match delivery.state {
            State::Queued => rules::left(delivery.attempts, own.as_ref()),
            State::Delivered | State::Dead => 0,
        },
        bytes: delivery.body.len(),
        encrypted,
        body: String::from_utf8_lossy(&delivery.body).into_owned(),
        resend: may_resend.then(|| call.at(&format!("/deliveries/{id}/resend"))),
        kind: delivery.kind,
    };
    call.show(&page.kind, &page)
}

/// Every attempt that was made, and the next that will be.
fn rungs(call: &Call, delivery: &Delivery, attempts: &[Attempt]) -> Vec<Rung> {
    let now = call.ctx.now();
    let made = attempts.iter().map(|attempt| {
        let taken = attempt.status.is_some_and(|status| (200..300).contains(&status));
        let status = attempt.status.map(|status| format!(" · HTTP {status}")).unwrap_or_default();
        Rung {
            says: format!("Attempt {}", attempt.number),
            adds: format!("{}{status}", attempt.outcome.replace('_', " ")),
            shape: if taken { Shape::Done } else { Shape::Failed },
            tone: if taken { Tone::Ok } else { Tone::Bad },
            at: When::new(attempt.started_at, now),
            took: attempt.latency_ms.map(|ms| Took(ms.into())),
        }
    });
    let next = delivery.next_at.filter(|_| delivery.state == State::Queued).map(|at| Rung {
        says: format!("Attempt {}", delivery.attempts + 1),
        adds: "planned".to_owned(),
        shape: Shape::Waiting,
        tone: Tone::Idle,
        at: When::new(at, now),
        took: None,
    });
    made.chain(next).collect()
}

//! How deliveries are said and drawn.

use sealpost_store::DeliveryId;
use sealpost_web::Call;
use sealpost_web::shell::figure::{Beat, Spark};
use sealpost_web::shell::parts::{Shape, State as Badge, Tone, When};

use crate::deliveries::model::{Delivery, State};

/// One delivery in a list.
pub(crate) struct Row {
    pub(crate) id: DeliveryId,
    pub(crate) href: String,
    pub(crate) state: Badge,
    pub(crate) kind: String,
    pub(crate) attempts: u32,
    pub(crate) next: Option<When>,
    pub(crate) created: When,
}

/// A state as people read it.
pub(super) const fn badge(state: State) -> Badge {
    match state {
        State::Queued => Badge::new("Waiting", Shape::Waiting, Tone::Idle),
        State::Delivered => Badge::new("Delivered", Shape::Done, Tone::Ok),
        State::Dead => Badge::new("Dead letter", Shape::Failed, Tone::Bad),
    }
}

/// A delivery as a row.
pub(crate) fn row<B, Q>(call: &Call<B, Q>, delivery: &Delivery) -> Row {
    let now = call.ctx.now();
    Row {
        id: delivery.id,
        href: call.at(&format!("/deliveries/{}", delivery.id)),
        state: badge(delivery.state),
        kind: delivery.kind.clone(),
        attempts: delivery.attempts,
        next: delivery.next_at.map(|at| When::new(at, now)),
        created: When::new(delivery.created_at, now),
    }
}

/// The last deliveries of an endpoint, given newest first: high if taken at once, lower for each further attempt, red if not
/// taken; and the same in words.
pub(crate) fn spark(deliveries: &[Delivery]) -> (Spark, String) {
    let beat = |delivery: &Delivery| match delivery.state {
        State::Delivered => Beat { height: 1.0 / f64::from(delivery.attempts.max(1)), fill: "f-ok" },
        State::Queued if delivery.attempts == 0 => Beat { height: 0.2, fill: "f-idle" },
        State::Queued => Beat { height: 0.6, fill: "f-warn" },
        State::Dead => Beat { height: 1.0, fill: "f-bad" },
    };
    let taken = deliveries.iter().filter(|delivery| delivery.state == State::Delivered).count();
    let says = match deliveries.len() {
        0 => "No delivery yet".to_owned(),
        all => format!("{taken} of the last {all} taken"),
    };
    (Spark(deliveries.iter().rev().map(beat).collect()), says)
}

//! The routes of workflows and of their runs.

mod receive;
mod replies;
mod reveal;
mod runs;
pub(super) mod triggers;
mod workflows;

use sealpost_web::Feature;

use super::{Workflows, codes, pages};

/// What workflows add to the API.
pub fn feature(workflows: &Workflows) -> Feature {
    let routes = workflows::routes(workflows).into_iter().chain(runs::routes(workflows));
    let routes =
        routes.chain(triggers::routes(workflows)).chain([receive::receive(workflows), replies::receive(workflows)]);
    Feature {
        name: "workflows",
        about: "What is done step by step for one contact and outlives a crash: sends, calls, conditions, delays and waits, begun by the API, an event, a signed webhook or a reply, in numbered versions that never change.",
        routes: routes.chain(pages::routes(workflows)).collect(),
        codes: codes::ALL,
    }
}

/// A definition that shows most of what there is.
pub(super) fn example() -> serde_json::Value {
    serde_json::json!({
        "class": "transactional",
        "start": "greet",
        "nodes": {
            "greet": {
                "type": "send",
                "event": "otp.login",
                "data": { "code": { "field": "/data/code" } },
                "next": "confirmed"
            },
            "confirmed": {
                "type": "wait",
                "for": { "signal": "confirmed" },
                "timeout_seconds": 86_400,
                "next": "important",
                "otherwise": "nothing"
            },
            "important": {
                "type": "condition",
                "if": { "field": "/data/plan", "in": ["gold", "silver"] },
                "then": "soon",
                "else": "welcome"
            },
            "soon": { "type": "delay", "seconds": 3_600, "next": "again" },
            "again": {
                "type": "send",
                "event": "otp.login",
                "data": { "code": { "value": "1" } },
                "next": "welcome",
                "otherwise": "nothing"
            },
            "welcome": { "type": "end", "outcome": "welcome" },
            "nothing": { "type": "end", "outcome": "nothing" }
        }
    })
}

//! What is done to a member with one button: `GET` and `POST /app/{env}/people/{id}/suspend`, `/resume`, `/remove`, `/withdraw`

use sealpost_store::MemberId;
use sealpost_web::shell::{Ask, Yes};
use sealpost_web::{Call, Class, Code, Endpoint, Failure, Reply, get, not_found, post};
use serde_json::json;

use super::words;
use crate::members::api::{Api, Deed, act, erase};
use crate::members::codes::{LAST_OWNER, MEMBER_STATE, ONESELF, OUTRANKED, OWNERS_ONLY};
use crate::members::service;
use crate::permissions::MEMBERS_MANAGE;

/// One of them.
#[derive(Clone, Copy)]
struct Button {
    path: &'static str,
    action: &'static str,
    /// What is asked, before the member's name, and what is told of it.
    asks: (&'static str, &'static str),
    submit: &'static str,
    done: &'static str,
    /// Whether what is known about them is gone then, so that they have no page any more.
    erases: bool,
    /// Whether it takes a fresh proof.
    sensitive: bool,
    how: Deed,
}

const BUTTONS: [Button; 4] = [
    Button {
        path: "/app/{env}/people/{id}/suspend",
        action: "member.suspend",
        asks: ("Suspend", "They are signed out everywhere, and let in nowhere, until you let them in again."),
        submit: "Suspend",
        done: "Suspended",
        erases: false,
        sensitive: true,
        how: |tx, _, id| service::suspend(tx, id),
    },
    Button {
        path: "/app/{env}/people/{id}/resume",
        action: "member.resume",
        asks: ("Let in again:", "They may sign in as they could before."),
        submit: "Let in again",
        done: "May sign in again",
        erases: false,
        sensitive: true,
        how: |tx, _, id| service::resume(tx, id),
    },
    Button {
        path: "/app/{env}/people/{id}/remove",
        action: "member.remove",
        asks: (
            "Remove",
            "They are signed out everywhere, and the key of what is known about them is destroyed. What they did stays in the ledger, by their id. This can’t be undone.",
        ),
        submit: "Remove",
        done: "Removed",
        erases: true,
        sensitive: true,
        how: service::remove,
    },
    Button {
        path: "/app/{env}/people/{id}/withdraw",
        action: "invitation.withdraw",
        asks: (
            "Withdraw the invitation of",
            "Their link leads nowhere any more, and what is known about them is gone.",
        ),
        submit: "Withdraw",
        done: "Invitation withdrawn",
        erases: true,
        sensitive: false,
        how: service::withdraw,
    },
];

const REFUSES: &[&Code] = &[&LAST_OWNER, &ONESELF, &OUTRANKED, &OWNERS_ONLY, &MEMBER_STATE];

pub(super) fn routes(api: &Api) -> Vec<Endpoint> {
    BUTTONS.into_iter().flat_map(|button| [ask(api.clone(), button), route(api.clone(), button)]).collect()
}

fn ask(api: Api, button: Button) -> Endpoint {
    get(button.path).needs(MEMBERS_MANAGE).page().class(Class::Read).summary("Ask whether it shall be done").to(
        move |call: Call| {
            let api = api.clone();
            async move { question(&api, &call, button).await?.show(&call) }
        },
    )
}

fn route(api: Api, button: Button) -> Endpoint {
    let route = post(button.path).needs(MEMBERS_MANAGE).session();
    let route = if button.sensitive { route.step_up() } else { route };
    route
        .class(Class::Write)
        .acts(button.action)
        .done(button.done)
        .summary(button.submit)
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(REFUSES)
        .to(move |call| press(api.clone(), call, button))
}

async fn press(api: Api, call: Call<Yes>, button: Button) -> Result<Reply, Failure> {
    let id: MemberId = call.id("id")?;
    let done = if button.erases {
        erase(&api, &call, button.how, call.done("/people")).await
    } else {
        act(&api, &call, button.how, call.done(&format!("/people/{id}"))).await
    };
    match done {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&api, &call, button).await?.again(&call, failure),
    }
}

async fn question<B, Q>(api: &Api, call: &Call<B, Q>, button: Button) -> Result<Ask, Failure> {
    let id: MemberId = call.id("id")?;
    let member = api.members.find(&call.ctx, id).await?.ok_or_else(not_found)?;
    let title = format!("{} {}?", button.asks.0, words::called(&member));
    let ask = Ask::new(call, title, button.asks.1, &format!("/people/{id}")).submit(button.submit);
    let ask = if button.sensitive { ask.sensitive() } else { ask };
    Ok(if button.erases { ask.danger() } else { ask })
}

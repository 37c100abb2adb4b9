//! `GET` and `POST /app/{env}/support/ask`

use std::collections::BTreeSet;

use schemars::JsonSchema;
use sealpost_access::permissions::{ALL, PermissionNames, SUPPORT_MANAGE};
use sealpost_store::MemberId;
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::approvals::codes::APPROVAL_PERSON_UNKNOWN;
use crate::audit::TypedId;
use crate::reason::Reason;
use crate::support::api::{Api, Body};
use crate::support::codes::{SUPPORT_IS_MEMBER, SUPPORT_SCOPE};
use crate::support::rules::{DEFAULT, GRANTABLE, MINUTES};
use crate::support::service;

/// The text with which the field for whoever is let in names whoever runs the host.
const HOST: &str = "host";

/// Whom to let in, why, how far and for how long.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewSupportGrantForm")]
struct Form {
    /// An address, a member's id, or `host`.
    who: Option<String>,
    reason: Option<String>,
    ticket: Option<String>,
    minutes: Option<u16>,
    #[serde(default)]
    permissions: PermissionNames,
    /// Ids with spaces or commas between.
    objects: Option<String>,
    /// `last4`, or nothing.
    sees: Option<String>,
}

impl Form {
    fn read(&self) -> Result<Body, Refusal> {
        let wrong = |at: &'static str, code: &'static str| Refusal::of(&BODY_INVALID).at(at, code);
        let who = self.who.as_deref().unwrap_or_default().trim();
        let member = who.parse::<MemberId>().ok();
        let reason = self.reason.clone().ok_or_else(|| wrong("/reason", "field_missing"))?;
        let objects = self.objects.as_deref().unwrap_or_default();
        let objects = objects.split([' ', ',', '\n']).filter(|one| !one.is_empty()).map(str::parse::<TypedId>);
        Ok(Body {
            email: (member.is_none() && who != HOST && !who.is_empty()).then(|| who.to_owned()),
            member_id: member,
            host: who == HOST,
            reason: Reason::parse(reason).map_err(|_| wrong("/reason", "text_unsuitable"))?,
            ticket: self.ticket.clone(),
            environment: None,
            permissions: Some(self.permissions),
            objects: objects.collect::<Result<_, _>>().map_err(|_| wrong("/objects", "not_an_id"))?,
            minutes: self.minutes,
            show_last4: self.sees.as_deref() == Some("last4"),
            _idempotency_key: None,
        })
    }
}

pub(super) fn form(_: &Api) -> Endpoint {
    get("/app/{env}/support/ask")
        .needs(SUPPORT_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whom to let in to help")
        .to(|call: Call| std::future::ready(question(&call, None).show(&call)))
}

pub(super) fn ask(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/support/ask")
        .needs(SUPPORT_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("approval.request")
        .done("Asked")
        .summary("Ask to let somebody in to help")
        .takes_form::<Form>()
        .example(json!({
            "who": "sam@help.example",
            "reason": "Deliveries to the billing endpoint fail since Monday",
            "minutes": 60,
            "permissions": ["messages:read"],
        }))
        .answers_with(303, "")
        .refuses(&[&SUPPORT_SCOPE, &SUPPORT_IS_MEMBER, &APPROVAL_PERSON_UNKNOWN])
        .to(move |call: Call<Form>| {
            let api = api.clone();
            async move { wish(&api, &call).await }
        })
}

async fn wish(api: &Api, call: &Call<Form>) -> Result<Reply, Failure> {
    let body = match call.body.read() {
        Ok(body) => body,
        Err(refusal) => return question(call, Some(&call.body)).again(call, refusal.into()),
    };
    let (wanted, reason) = body.wanted(call.ctx.org.environment);
    let keys = api.house.keys().organisation(call.ctx.org.id).await?;
    let done = |id| call.done(&format!("/approvals/{id}"));
    let asked = async {
        service::expect_outsider(&api.house, &call.ctx, wanted.email.as_deref()).await?;
        api.house.write(&call.ctx, move |tx| service::ask(tx, &keys, wanted, &reason)).await
    };
    match asked.await {
        Ok(approval) => Ok(done(approval.id)),
        Err(failure) => question(call, Some(&call.body)).again(call, placed(failure)),
    }
}

/// Says what was wrong beside the field it was written into.
fn placed(failure: Failure) -> Failure {
    match failure {
        Failure::Refused(refusal) if [&SUPPORT_SCOPE, &SUPPORT_IS_MEMBER].contains(&refusal.code()) => {
            let mut placed = Refusal::of(refusal.code());
            for wrong in refusal.errors() {
                let sealpost_web::problem::Place::Pointer(at) = &wrong.place else { continue };
                let at = if at == "/email" { "/who".to_owned() } else { at.clone() };
                placed = placed.at(at, wrong.code.clone());
            }
            placed.into()
        }
        failure => failure,
    }
}

fn question<B, Q>(call: &Call<B, Q>, form: Option<&Form>) -> Ask {
    let text = |of: fn(&Form) -> &Option<String>| form.and_then(|form| of(form).clone()).unwrap_or_default();
    let ticked = form.map_or(DEFAULT, |form| form.permissions.0);
    let ticked: BTreeSet<_> = ticked.iter(ALL).map(|permission| permission.name()).collect();
    let may = GRANTABLE.iter(ALL).map(|one| Choice::new(one.name(), one.title())).collect();
    let sees = vec![
        Choice::new("nothing", "Nothing that is personal"),
        Choice::new("last4", "The last four digits of phone numbers"),
    ];
    let minutes = form.and_then(|form| form.minutes).unwrap_or(MINUTES);
    let seen = form.and_then(|form| form.sees.clone()).unwrap_or_else(|| "nothing".to_owned());
    Ask::new(
        call,
        "Let somebody in to help",
        "It begins when somebody else has agreed. Everybody sees that they are in, and everything they look at is on record.",
        "/support",
    )
    .sensitive()
    .field(
        Field::new("who", "Who")
            .value(text(|form| &form.who))
            .placeholder("sam@help.example")
            .hint("An e-mail address, a member’s id, or host for whoever runs the server.")
            .required(),
    )
    .field(Field::new("reason", "Why").value(text(|form| &form.reason)).required())
    .field(Field::new("ticket", "Ticket").value(text(|form| &form.ticket)))
    .field(
        Field::new("minutes", "Minutes")
            .kind(Kind::Typed("number"))
            .value(minutes.to_string())
            .hint("1,440 at most, from the last vote."),
    )
    .field(
        Field::new("permissions", "May")
            .kind(Kind::Ticks(may))
            .value(ticked.into_iter().collect::<Vec<_>>().join(","))
            .hint("What isn’t here is for nobody who was let in."),
    )
    .field(
        Field::new("objects", "Only these")
            .value(text(|form| &form.objects))
            .hint("Ids with spaces between. With none they reach all objects; with some, nothing else is there for them."),
    )
    .field(Field::new("sees", "Sees").kind(Kind::Choice(sees)).value(seen))
    .submit("Ask for it")
}

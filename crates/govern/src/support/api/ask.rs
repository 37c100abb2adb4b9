//! `POST /v1/support-grants`

use schemars::JsonSchema;
use sealpost_access::permissions::{PermissionNames, SUPPORT_MANAGE};
use sealpost_store::{Environment, MemberId};
use sealpost_web::{Call, Class, Endpoint, IdempotencyKey, Reply, post};
use serde::Deserialize;
use serde_json::json;

use super::Api;
use crate::approvals::codes::APPROVAL_PERSON_UNKNOWN;
use crate::approvals::{self, Waiting};
use crate::audit::{EnvironmentWord, TypedId};
use crate::reason::Reason;
use crate::support::codes::{SUPPORT_IS_MEMBER, SUPPORT_SCOPE};
use crate::support::rules::{DEFAULT, MINUTES, Wanted};
use crate::support::service;

/// Whom to let in, why, how far and for how long.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewSupportGrant")]
pub(in crate::support) struct Body {
    /// The address of somebody outside. Exactly one of `email`, `member_id` and `host`.
    pub(in crate::support) email: Option<String>,
    /// A member, beside what their role lets them do.
    pub(in crate::support) member_id: Option<MemberId>,
    /// Whoever has a shell on the host, for commands that read what the organisation holds.
    #[serde(default)]
    pub(in crate::support) host: bool,
    /// Why.
    pub(in crate::support) reason: Reason,
    /// Where it is talked about.
    pub(in crate::support) ticket: Option<String>,
    /// Where; where it is asked for, unless said otherwise.
    pub(in crate::support) environment: Option<EnvironmentWord>,
    /// What they may. To look at what is sent, and by what, unless said otherwise.
    pub(in crate::support) permissions: Option<PermissionNames>,
    /// The objects they reach, by id; all, if none is named.
    #[serde(default)]
    #[schemars(length(max = 50))]
    pub(in crate::support) objects: Vec<TypedId>,
    /// For how many minutes from the last vote; 60 unless said otherwise, a day at most.
    #[schemars(range(min = 1, max = 1440))]
    pub(in crate::support) minutes: Option<u16>,
    /// Whether they see the last four digits of phone numbers, where the organisation's policy lets anybody.
    #[serde(default)]
    pub(in crate::support) show_last4: bool,
    #[serde(rename = "idempotency_key")]
    pub(in crate::support) _idempotency_key: Option<IdempotencyKey>,
}

impl Body {
    /// What is asked for, and why.
    pub(in crate::support) fn wanted(self, here: Environment) -> (Wanted, Reason) {
        let environment = match self.environment {
            Some(EnvironmentWord::Test) => Environment::Test,
            Some(EnvironmentWord::Live) => Environment::Live,
            None => here,
        };
        let wanted = Wanted {
            email: self.email,
            member_id: self.member_id,
            host: self.host,
            ticket: self.ticket,
            environment,
            permissions: self.permissions.unwrap_or(PermissionNames(DEFAULT)),
            objects: self.objects,
            minutes: self.minutes.unwrap_or(MINUTES),
            show_last4: self.show_last4,
        };
        (wanted, self.reason)
    }
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/v1/support-grants")
        .needs(SUPPORT_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("approval.request")
        .summary("Ask to let somebody in to help")
        .describe(
            "It waits until somebody else has agreed ([approvals](docs/approvals.md)), whatever the rules say about other things; then it \
             begins, and whoever is let in is sent a link. They see nothing that is personal and change nothing, unless it is asked for \
             here. Nobody is let in to see anybody in clear.",
        )
        .takes::<Body>()
        .example(json!({
            "email": "sam@help.example",
            "reason": "Deliveries to the billing endpoint fail since Monday",
            "ticket": "HELP-4512",
            "minutes": 60,
        }))
        .answers::<Waiting>(202)
        .refuses(&[&SUPPORT_SCOPE, &SUPPORT_IS_MEMBER, &APPROVAL_PERSON_UNKNOWN])
        .to(move |call: Call<Body>| {
            let api = api.clone();
            async move {
                let (call, body) = call.take_body();
                let keys = api.house.keys().organisation(call.ctx.org.id).await?;
                let (wanted, reason) = body.wanted(call.ctx.org.environment);
                service::expect_outsider(&api.house, &call.ctx, wanted.email.as_deref()).await?;
                call.write(&api.house, move |tx| {
                    let asked = service::ask(tx, &keys, wanted, &reason)?;
                    let reply: Reply = approvals::accepted(asked.value())?;
                    Ok(asked.map(|_| reply))
                })
                .await
            }
        })
}

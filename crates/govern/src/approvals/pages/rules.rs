//! `GET` and `POST /app/{env}/approvals/rules`: what takes an approval.

use schemars::JsonSchema;
use sealpost_access::permissions::APPROVALS_MANAGE;
use sealpost_store::{StoreError, Tx};
use sealpost_web::problem::{BODY_INVALID, CHANGED_MEANWHILE};
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind, Tone};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::approvals::api::Api;
use crate::approvals::codes::{APPROVAL_PERSON_UNKNOWN, APPROVERS_TOO_FEW};
use crate::approvals::model::{GoesLive, Module, Needed, Policy, Rule};
use crate::approvals::policy::{self, Outcome};
use crate::approvals::store;
use crate::reason::Reason;

/// How many have to agree to what; nobody, where nothing stands.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ApprovalRulesForm")]
struct Form {
    masking: Option<Needed>,
    contact_export: Option<Needed>,
    approval_policy: Option<Needed>,
    /// One other, if nothing stands here.
    support: Option<Needed>,
    /// When what was approved goes live.
    goes_live: Option<GoesLive>,
    reason: Option<String>,
}

impl Form {
    fn of(policy: &Policy) -> Self {
        let count = |module| policy.modules.get(&module).map(|rule: &Rule| rule.approvals);
        Self {
            masking: count(Module::Masking),
            contact_export: count(Module::ContactExport),
            approval_policy: count(Module::ApprovalPolicy),
            support: count(Module::Support),
            goes_live: policy.modules.values().next().map(|rule| rule.goes_live),
            reason: None,
        }
    }

    const fn count(&self, module: Module) -> Option<Needed> {
        match module {
            Module::ApprovalPolicy => self.approval_policy,
            Module::ContactExport => self.contact_export,
            Module::Masking => self.masking,
            Module::Support => self.support,
        }
    }

    /// The policy that is meant; of which roles stays as it was.
    fn policy(&self, before: &Policy) -> Policy {
        let rule = |module| {
            let roles = before.modules.get(&module).map(|rule: &Rule| rule.roles.clone()).unwrap_or_default();
            self.count(module)
                .map(|approvals| (module, Rule { approvals, roles, goes_live: self.goes_live.unwrap_or_default() }))
        };
        Policy { modules: Module::ALL.into_iter().filter_map(rule).collect() }
    }
}

pub(super) fn ask(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/approvals/rules")
        .needs(APPROVALS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask what takes an approval")
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let standing = api.house.peek::<_, StoreError>(&call.ctx, store::standing).await?;
                question(&call, &Form::of(&standing.policy)).show(&call)
            }
        })
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/approvals/rules")
        .needs(APPROVALS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("approval_policy.change")
        .done("Rules changed")
        .summary("Decide what takes an approval")
        .takes_form::<Form>()
        .example(json!({ "masking": 1, "goes_live": "manual", "reason": "Four eyes since the audit" }))
        .answers_with(303, "")
        .refuses(&[&APPROVAL_PERSON_UNKNOWN, &APPROVERS_TOO_FEW, &CHANGED_MEANWHILE])
        .to(move |call| handle(api.clone(), call))
}

async fn handle(api: Api, call: Call<Form>) -> Result<Reply, Failure> {
    let changed = async {
        let form = call.body.clone();
        let reason = form.reason.clone().filter(|text| !text.trim().is_empty()).map(Reason::parse).transpose();
        let reason = reason.map_err(|bad| Refusal::of(&BODY_INVALID).at("/reason", bad.to_string()))?;
        let (keys, done) = (api.house.keys().organisation(call.ctx.org.id).await?, call.done("/approvals"));
        let approvals = call.at("/approvals");
        let change = move |tx: &mut Tx<'_>| {
            let wanted = form.policy(&store::standing(tx)?.policy);
            Ok(policy::change(tx, &keys, wanted, reason.as_ref())?.map(|outcome| match outcome {
                Outcome::InForce(_) => done,
                Outcome::Waits(approval) => Reply::see_other(&format!("{approvals}/{}", approval.id)),
            }))
        };
        call.write(&api.house, change).await
    };
    match changed.await {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, &call.body).again(&call, failure),
    }
}

fn question<B, Q>(call: &Call<B, Q>, form: &Form) -> Ask {
    let counts = || {
        let mut all = vec![Choice::new("", "No approval")];
        all.extend((1..=5).map(|count| {
            Choice::new(count, if count == 1 { "One other".to_owned() } else { format!("{count} others") })
        }));
        all
    };
    let count = |name, module: Module| {
        let value = form.count(module).map(|needed| needed.count().to_string()).unwrap_or_default();
        Field::new(name, module.title()).kind(Kind::Choice(counts())).value(value)
    };
    let live = vec![
        Choice::new("on_approval", "With the last vote"),
        Choice::new("manual", "When somebody puts it into force"),
    ];
    let says = "Others have to agree to exactly what they see before it happens. Nobody approves what they asked for. For both environments.";
    let ask = Ask::new(call, "What takes an approval", says, "/approvals")
        .sensitive()
        .field(count("masking", Module::Masking))
        .field(count("contact_export", Module::ContactExport))
        .field(count("approval_policy", Module::ApprovalPolicy))
        .field(count("support", Module::Support))
        .field(
            Field::new("goes_live", "Goes live")
                .kind(Kind::Choice(live))
                .value(if form.goes_live == Some(GoesLive::Manual) { "manual" } else { "on_approval" }),
        )
        .field(Field::new("reason", "Why").value(form.reason.clone().unwrap_or_default()).hint("It is on the record."))
        .submit("Decide");
    let others = form.masking.is_some() || form.contact_export.is_some();
    if others && form.approval_policy.is_none() {
        ask.note(Tone::Warn, "These rules themselves take no approval: whoever may change them can do without.")
    } else {
        ask
    }
}

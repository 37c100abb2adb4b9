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
use crate::approvals::model::{GoesLive, Module, Needed, Policy, Rule, modules};
use crate::approvals::policy::{self, Outcome};
use crate::approvals::store;
use crate::reason::Reason;

/// Whether a vote has to be signed by a passkey.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ApprovalVotesSigned")]
enum Signed {
    /// By whoever has one at hand; keys vote, too.
    #[default]
    WhereItCan,
    /// Always.
    Always,
}

impl Signed {
    const fn of(always: bool) -> Self {
        if always { Self::Always } else { Self::WhereItCan }
    }
}

macro_rules! form {
    ($($(#[$doc:meta])* $name:ident $word:ident $title:literal;)+) => {
        /// How many have to agree to what; nobody, where nothing stands.
        #[derive(Clone, Default, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        #[schemars(rename = "ApprovalRulesForm")]
        struct Form {
            $($word: Option<Needed>,)+
            /// When what was approved goes live.
            goes_live: Option<GoesLive>,
            /// Whether votes have to be signed.
            signed: Option<Signed>,
            reason: Option<String>,
        }

        impl Form {
            fn of(policy: &Policy) -> Self {
                let count = |module| policy.modules.get(&module).map(|rule: &Rule| rule.approvals);
                Self {
                    $($word: count(Module::$name),)+
                    goes_live: policy.modules.values().next().map(|rule| rule.goes_live),
                    signed: policy.modules.values().next().map(|rule| Signed::of(rule.signed)),
                    reason: None,
                }
            }

            const fn count(&self, module: Module) -> Option<Needed> {
                match module {
                    $(Module::$name => self.$word,)+
                }
            }
        }
    };
}
modules!(form);

impl Form {
    /// The policy that is meant; of which roles and members stays as it was.
    fn policy(&self, before: &Policy) -> Policy {
        let rule = |module: &Module| {
            let (roles, members) = before
                .modules
                .get(module)
                .map(|rule: &Rule| (rule.roles.clone(), rule.members.clone()))
                .unwrap_or_default();
            let goes_live = self.goes_live.unwrap_or_default();
            let signed = self.signed == Some(Signed::Always);
            self.count(*module).map(|approvals| (*module, Rule { approvals, roles, members, goes_live, signed }))
        };
        Policy { modules: Module::ALL.iter().filter_map(rule).collect() }
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
    let count = |module: Module| {
        let value = form.count(module).map(|needed| needed.count().to_string()).unwrap_or_default();
        let field = Field::new(module.word(), module.title()).kind(Kind::Choice(counts())).value(value);
        match module {
            Module::Download => {
                field.hint("Where the rules of downloads ask for one: then one other, unless more is said.")
            }
            Module::Support => field.hint("One other always, unless more is said."),
            _ => field,
        }
    };
    let live = vec![
        Choice::new("on_approval", "With the last vote"),
        Choice::new("manual", "When somebody puts it into force"),
    ];
    let says = "Others have to agree to exactly what they see before it happens. Nobody approves what they asked for. For both environments.";
    let ask = Ask::new(call, "What takes an approval", says, "/approvals").sensitive();
    // The rules themselves last: they are about all of the others.
    let (own, others): (Vec<Module>, Vec<Module>) =
        Module::ALL.iter().partition(|module| **module == Module::ApprovalPolicy);
    let ask = others.iter().chain(&own).fold(ask, |ask, module| ask.field(count(*module)));
    let signed = vec![
        Choice::new("where_it_can", "In the dashboard; keys vote without"),
        Choice::new("always", "Always: no key votes"),
    ];
    let ask = ask
        .field(
            Field::new("signed", "Votes are signed with a passkey")
                .kind(Kind::Choice(signed))
                .value(if form.signed == Some(Signed::Always) { "always" } else { "where_it_can" }),
        )
        .field(
            Field::new("goes_live", "Goes live")
                .kind(Kind::Choice(live))
                .value(if form.goes_live == Some(GoesLive::Manual) { "manual" } else { "on_approval" }),
        )
        .field(Field::new("reason", "Why").value(form.reason.clone().unwrap_or_default()).hint("It is on the record."))
        .submit("Decide");
    if others.iter().any(|module| form.count(*module).is_some()) && form.approval_policy.is_none() {
        ask.note(Tone::Warn, "These rules themselves take no approval: whoever may change them can do without.")
    } else {
        ask
    }
}

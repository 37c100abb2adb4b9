//! `GET` and `POST /app/{env}/storage/edit`

use schemars::JsonSchema;
use sealpost_access::permissions::STORAGE_MANAGE;
use sealpost_govern::Reason;
use sealpost_govern::approvals::codes::APPROVAL_PERSON_UNKNOWN;
use sealpost_govern::masking::codes::REASON_REQUIRED;
use sealpost_store::Environment;
use sealpost_web::problem::{BODY_INVALID, CHANGED_MEANWHILE};
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::storage::Storage;
use crate::storage::codes::STORAGE_TEST_LOOSER;
use crate::storage::model::{ByClass, Days, Mode, Rule};
use crate::storage::rules::{ByClassChange, PolicyChange, RuleChange};
use crate::storage::service::{self, Outcome};

/// The rules of this environment.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StorageForm")]
struct Form {
    otp: Option<String>,
    otp_days: Option<String>,
    transactional: Option<String>,
    transactional_days: Option<String>,
    marketing: Option<String>,
    marketing_days: Option<String>,
    /// The version that was looked at.
    version: Option<u32>,
    reason: Option<String>,
}

impl Form {
    fn of(rules: &ByClass, version: u32) -> Self {
        let mode = |rule: Rule| Some(rule.mode.word().to_owned());
        let days = |rule: Rule| Some(rule.days.count().to_string());
        Self {
            otp: mode(rules.otp),
            otp_days: days(rules.otp),
            transactional: mode(rules.transactional),
            transactional_days: days(rules.transactional),
            marketing: mode(rules.marketing),
            marketing_days: days(rules.marketing),
            version: Some(version),
            reason: None,
        }
    }

    fn read(&self, environment: Environment) -> Result<(PolicyChange, Option<Reason>), Refusal> {
        let change = ByClassChange {
            otp: rule((&self.otp, "/otp"), (&self.otp_days, "/otp_days"))?,
            transactional: rule(
                (&self.transactional, "/transactional"),
                (&self.transactional_days, "/transactional_days"),
            )?,
            marketing: rule((&self.marketing, "/marketing"), (&self.marketing_days, "/marketing_days"))?,
        };
        let nothing = ByClassChange::default();
        let change = match environment {
            Environment::Live => PolicyChange { live: change, test: nothing },
            Environment::Test => PolicyChange { live: nothing, test: change },
        };
        Ok((change, reason(self.reason.as_deref())?))
    }
}

fn rule(mode: (&Option<String>, &'static str), days: (&Option<String>, &'static str)) -> Result<RuleChange, Refusal> {
    let wrong = |place: &'static str, code: &'static str| Refusal::of(&BODY_INVALID).at(place, code);
    let chosen = given(mode.0).map(|word| Mode::read(word).ok_or_else(|| wrong(mode.1, "choice_unknown")));
    let kept = given(days.0).map(|text| {
        let kept = text.parse().ok().and_then(|count| Days::new(count).ok());
        kept.ok_or_else(|| wrong(days.1, "out_of_range"))
    });
    Ok(RuleChange { mode: chosen.transpose()?, days: kept.transpose()? })
}

fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// A reason, if one is given.
pub(super) fn reason(text: Option<&str>) -> Result<Option<Reason>, Refusal> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    let unsuitable = |_| Refusal::of(&BODY_INVALID).at("/reason", "text_unsuitable");
    Reason::parse(text.to_owned()).map(Some).map_err(unsuitable)
}

pub(super) fn ask(storage: &Storage) -> Endpoint {
    let storage = storage.clone();
    get("/app/{env}/storage/edit")
        .needs(STORAGE_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask how long what shall be stored")
        .to(move |call: Call| {
            let storage = storage.clone();
            async move {
                let standing = storage.standing(&call.ctx).await?;
                let rules = standing.policy.of(call.ctx.org.environment);
                question(&call, &Form::of(rules, standing.version)).show(&call)
            }
        })
}

pub(super) fn route(storage: &Storage) -> Endpoint {
    let storage = storage.clone();
    post("/app/{env}/storage/edit")
        .needs(STORAGE_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("storage.change")
        .done("Changed")
        .summary("Change how long what is stored in this environment")
        .takes_form::<Form>()
        .example(json!({ "otp": "keep", "otp_days": "30", "reason": "Quarterly review" }))
        .answers_with(303, "")
        .refuses(&[&APPROVAL_PERSON_UNKNOWN, &CHANGED_MEANWHILE, &REASON_REQUIRED, &STORAGE_TEST_LOOSER])
        .to(move |call: Call<Form>| handle(storage.clone(), call))
}

async fn handle(storage: Storage, call: Call<Form>) -> Result<Reply, Failure> {
    let changed = async {
        let (change, reason) = call.body.read(call.ctx.org.environment)?;
        let keys = storage.store.keys().organisation(call.ctx.org.id).await?;
        let (version, done, approvals) = (call.body.version, call.done("/storage"), call.at("/approvals"));
        call.write(&storage.store, move |tx| {
            Ok(service::change(tx, &keys, &change, version, reason.as_ref())?.map(|outcome| match outcome {
                Outcome::InForce(_) => done,
                Outcome::Waits(approval) => Reply::see_other(&format!("{approvals}/{}", approval.id)),
            }))
        })
        .await
    };
    match changed.await {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, &call.body).again(&call, failure),
    }
}

fn question<B, Q>(call: &Call<B, Q>, form: &Form) -> Ask {
    let says = match call.ctx.org.environment {
        Environment::Live => {
            "For messages accepted from now on; days also for what is stored already. Test never stores more."
        }
        Environment::Test => {
            "For messages accepted from now on; days also for what is stored already. Never more than live."
        }
    };
    let mode = |name, label, given: &Option<String>| {
        let choices = vec![
            Choice::new(Mode::Keep.word(), "Kept for so many days"),
            Choice::new(Mode::UntilDelivered.word(), "Until delivered"),
            Choice::new(Mode::Never.word(), "Never written: in memory only"),
        ];
        Field::new(name, label).kind(Kind::Choice(choices)).value(given.clone().unwrap_or_default())
    };
    let days = |name, label, given: &Option<String>| {
        Field::new(name, label).kind(Kind::Typed("number")).value(given.clone().unwrap_or_default())
    };
    let ask = Ask::new(call, "What is stored for how long", says, "/storage")
        .field(mode("otp", "One-time codes", &form.otp))
        .field(days("otp_days", "Days for one-time codes", &form.otp_days))
        .field(mode("transactional", "Transactional", &form.transactional))
        .field(days("transactional_days", "Days for transactional", &form.transactional_days))
        .field(mode("marketing", "Marketing", &form.marketing))
        .field(days("marketing_days", "Days for marketing", &form.marketing_days))
        .field(
            Field::new("reason", "Reason")
                .value(form.reason.clone().unwrap_or_default())
                .hint("Needed if more is stored than before, or for longer."),
        )
        .sensitive()
        .submit("Change");
    match form.version {
        Some(version) => ask.hidden("version", version.to_string()),
        None => ask,
    }
}

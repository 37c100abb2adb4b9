//! `GET` and `POST /app/{env}/downloads/rules`

use schemars::JsonSchema;
use sealpost_access::permissions::SECURITY_MANAGE;
use sealpost_store::StoreError;
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::downloads::api::OF_RULES;
use crate::downloads::model::Policy;
use crate::downloads::policy;
use crate::downloads::service::Downloads;
use crate::reason::Reason;

/// When a file takes an approval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "DownloadTakes")]
enum Takes {
    /// Always.
    Always,
    /// If it has personal data, or many rows.
    #[default]
    Personal,
    /// If it has many rows.
    Rows,
}

impl Takes {
    const fn word(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Personal => "personal",
            Self::Rows => "rows",
        }
    }
}

/// The rules there shall be.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DownloadRulesForm")]
struct Form {
    /// When a file takes an approval.
    #[serde(default)]
    takes: Takes,
    /// How many rows are many; nothing: none are.
    above_rows: Option<u32>,
    keep_hours: Option<u8>,
    files_per_day: Option<u32>,
    rows_per_day: Option<u32>,
    #[serde(default)]
    reason: String,
}

impl Form {
    fn of(policy: &Policy) -> Self {
        let takes = match policy {
            Policy { always: true, .. } => Takes::Always,
            Policy { personal: true, .. } => Takes::Personal,
            Policy { .. } => Takes::Rows,
        };
        Self {
            takes,
            above_rows: policy.above_rows,
            keep_hours: Some(policy.keep_hours),
            files_per_day: Some(policy.files_per_day),
            rows_per_day: Some(policy.rows_per_day),
            reason: String::new(),
        }
    }

    fn policy(&self) -> Result<Policy, Refusal> {
        let missing = |name: &str| Refusal::of(&BODY_INVALID).at(format!("/{name}"), "field_missing");
        Ok(Policy {
            always: self.takes == Takes::Always,
            personal: matches!(self.takes, Takes::Always | Takes::Personal),
            above_rows: self.above_rows,
            keep_hours: self.keep_hours.ok_or_else(|| missing("keep_hours"))?,
            files_per_day: self.files_per_day.ok_or_else(|| missing("files_per_day"))?,
            rows_per_day: self.rows_per_day.ok_or_else(|| missing("rows_per_day"))?,
        })
    }
}

pub(super) fn ask(downloads: &Downloads) -> Endpoint {
    let downloads = downloads.clone();
    get("/app/{env}/downloads/rules")
        .needs(SECURITY_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask under what rules files of many rows leave")
        .to(move |call: Call| {
            let downloads = downloads.clone();
            async move {
                let standing = downloads.house.peek::<_, StoreError>(&call.ctx, policy::standing).await?;
                question(&call, &Form::of(&standing.policy)).show(&call)
            }
        })
}

pub(super) fn route(downloads: &Downloads) -> Endpoint {
    let downloads = downloads.clone();
    post("/app/{env}/downloads/rules")
        .needs(SECURITY_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("download_policy.change")
        .done("Rules changed")
        .summary("Decide under what rules files of many rows leave")
        .takes_form::<Form>()
        .example(json!({
            "takes": "personal",
            "above_rows": 500,
            "keep_hours": 8,
            "files_per_day": 50,
            "rows_per_day": 1_000_000,
            "reason": "Rules of 2026",
        }))
        .answers_with(303, "")
        .refuses(&OF_RULES)
        .to(move |call| handle(downloads.clone(), call))
}

async fn handle(downloads: Downloads, call: Call<Form>) -> Result<Reply, Failure> {
    let changed = async {
        let reason = Reason::parse(call.body.reason.clone())
            .map_err(|_| Refusal::of(&BODY_INVALID).at("/reason", "text_unsuitable"))?;
        let wanted = call.body.policy()?;
        let (keys, done) = (downloads.house.keys().organisation(call.ctx.org.id).await?, call.done("/downloads"));
        call.write(&downloads.house, move |tx| Ok(policy::change(tx, &keys, wanted, &reason)?.map(|_| done))).await
    };
    match changed.await {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, &call.body).again(&call, failure),
    }
}

fn question<B, Q>(call: &Call<B, Q>, form: &Form) -> Ask {
    let takes = vec![
        Choice::new(Takes::Personal.word(), "Personal data, or many rows"),
        Choice::new(Takes::Rows.word(), "Many rows"),
        Choice::new(Takes::Always.word(), "Every file"),
    ];
    fn number<N: ToString>(name: &'static str, label: &'static str, value: Option<N>) -> Field {
        let value = value.map(|value| value.to_string()).unwrap_or_default();
        Field::new(name, label).kind(Kind::Typed("number")).value(value)
    }
    let says = "Files of many rows: what takes an approval, how long they wait, and how much somebody takes in a day. For both environments.";
    Ask::new(call, "Rules of downloads", says, "/downloads")
        .sensitive()
        .field(Field::new("takes", "Takes an approval").kind(Kind::Choice(takes)).value(form.takes.word()))
        .field(
            number("above_rows", "Many are more than", form.above_rows).hint("If nothing stands here, none are many."),
        )
        .field(number("keep_hours", "Hours a file waits", form.keep_hours).hint("1 to 24."))
        .field(number("files_per_day", "Files a day", form.files_per_day).hint("For each person, 1 to 1,000."))
        .field(number("rows_per_day", "Rows a day", form.rows_per_day).hint("For each person."))
        .field(Field::new("reason", "Why").value(form.reason.clone()).hint("It is on the record.").required())
        .submit("Decide")
}

//! `GET` and `POST /app/{env}/security/masking`, `POST /app/{env}/security/masking/preview`: what is masked, with what rules would leave
//! of sample data as one types.

use askama::Template;
use schemars::JsonSchema;
use sealpost_access::masking::{self, DailyReveals, Masking, Policy, Rule, Rules};
use sealpost_access::permissions::SECURITY_MANAGE;
use sealpost_store::Tx;
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::seen::{SAMPLE, Seen};
use crate::masking::Mode;
use crate::reason::Reason;
use crate::security::api::{Api, OF_MASKING};
use crate::security::masking::{TestMode, Wanted, WantedInTest, put};
use crate::security::switch::Turned;

/// What shall be masked.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SecurityMaskingForm")]
struct Form {
    mode: Option<Mode>,
    /// A rule a line: a name, an equals sign, an expression.
    rules: Option<String>,
    /// `as_live`, `default`, or nothing to leave it as it is.
    test: Option<String>,
    reveals_per_day: Option<DailyReveals>,
    reason: Option<String>,
    /// Made-up data to try the rules on; kept nowhere.
    sample: Option<String>,
}

impl Form {
    fn of(policy: &Policy) -> Self {
        Self {
            mode: Some(match &policy.masking {
                Masking::Default => Mode::Default,
                Masking::Patterns(_) => Mode::Patterns,
                Masking::Off => Mode::Off,
            }),
            rules: match &policy.masking {
                Masking::Patterns(rules) => Some(in_lines(rules)),
                Masking::Default | Masking::Off => None,
            },
            test: Some(
                match &policy.test {
                    None => "as_live",
                    Some(Masking::Default) => "default",
                    Some(_) => "kept",
                }
                .to_owned(),
            ),
            reveals_per_day: Some(policy.reveals),
            reason: None,
            sample: Some(SAMPLE.to_owned()),
        }
    }

    fn mode(&self) -> Mode {
        self.mode.unwrap_or(Mode::Default)
    }

    /// The rules, if the mode has some.
    fn rules(&self) -> Result<Option<Rules>, Refusal> {
        if self.mode() != Mode::Patterns {
            return Ok(None);
        }
        let wrong = |code: String| Refusal::of(&BODY_INVALID).at("/rules", code);
        let lines = self.rules.as_deref().unwrap_or_default().lines().map(str::trim).filter(|line| !line.is_empty());
        let rules = lines.map(|line| {
            let (name, pattern) = line.split_once('=').ok_or_else(|| wrong("equals_sign_missing".to_owned()))?;
            Ok(Rule {
                name: name.trim().to_owned().try_into().map_err(|bad: masking::BadRule| wrong(bad.to_string()))?,
                pattern: pattern
                    .trim()
                    .to_owned()
                    .try_into()
                    .map_err(|bad: masking::BadRule| wrong(bad.to_string()))?,
            })
        });
        let rules = rules.collect::<Result<Vec<_>, Refusal>>()?;
        rules.try_into().map(Some).map_err(|bad: masking::BadRule| wrong(bad.to_string()))
    }

    fn wanted(&self) -> Result<Wanted, Refusal> {
        let test = match self.test.as_deref() {
            Some("as_live") => Some(TestMode::AsLive),
            Some("default") => Some(TestMode::Default),
            Some("kept") | None => None,
            Some(_) => return Err(Refusal::of(&BODY_INVALID).at("/test", "field_invalid")),
        };
        Ok(Wanted {
            mode: Some(self.mode()),
            rules: self.rules()?,
            test: test.map(|mode| WantedInTest { mode, rules: None }),
            reveals_per_day: self.reveals_per_day,
        })
    }

    fn reason(&self) -> Result<Option<Reason>, Refusal> {
        let reason = self.reason.clone().filter(|reason| !reason.trim().is_empty()).map(Reason::parse);
        reason.transpose().map_err(|bad| Refusal::of(&BODY_INVALID).at("/reason", bad.to_string()))
    }

    /// What the rules leave of the sample.
    fn seen(&self) -> Seen {
        match self.rules().and_then(|rules| self.mode().with(rules)) {
            Ok(masking) => Seen::of(&masking, self.sample.as_deref().unwrap_or_default()),
            Err(refusal) => {
                let code = refusal.errors().first().map_or("", |wrong| &*wrong.code);
                Seen::Wrong(format!("The rules can’t be used: {}.", code.replace('_', " ")))
            }
        }
    }
}

/// `One-time code = \b\d{6}\b`, a rule a line.
fn in_lines(rules: &Rules) -> String {
    let lines: Vec<_> =
        rules.iter().map(|rule| format!("{} = {}", rule.name.as_str(), rule.pattern.as_str())).collect();
    lines.join("\n")
}

pub(super) fn ask(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/security/masking")
        .needs(SECURITY_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask what shall be masked")
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let keys = api.house.keys().organisation(call.ctx.org.id).await?;
                let standing = api.house.peek(&call.ctx, move |tx| masking::standing(tx, &keys)).await?;
                question(&call, &Form::of(&standing.policy)).show(&call)
            }
        })
}

/// The preview as a page of its own, for whoever has no script.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<div class="head"><div><h1>Preview</h1><p>With your sample data. Go back to write on.</p></div></div><section class="sheet narrow"><div id="preview">{{ seen }}</div></section>"#
)]
struct PreviewPage {
    seen: Seen,
}

pub(super) fn preview() -> Endpoint {
    post("/app/{env}/security/masking/preview")
        .needs(SECURITY_MANAGE)
        .session()
        .class(Class::Read)
        .changes_nothing("tries rules on the member's own sample data and keeps neither")
        .summary("See what rules would leave of sample data")
        .takes_form::<Form>()
        .example(json!({ "mode": "patterns", "rules": r"Code = \b\d{6}\b", "sample": "417233 is your code" }))
        .answers_with(200, "text/html")
        .to(|call: Call<Form>| async move { call.show("Preview", &PreviewPage { seen: call.body.seen() }) })
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/security/masking")
        .needs(SECURITY_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("masking.change")
        .done("Masking changed")
        .summary("Change what is masked")
        .takes_form::<Form>()
        .example(json!({ "mode": "default", "test": "as_live", "reveals_per_day": 200, "reason": "Quarterly review" }))
        .answers_with(303, "")
        .refuses(&OF_MASKING)
        .to(move |call| handle(api.clone(), call))
}

async fn handle(api: Api, call: Call<Form>) -> Result<Reply, Failure> {
    let changed = async {
        let (wanted, reason) = (call.body.wanted()?, call.body.reason()?);
        let (keys, done) = (api.house.keys().organisation(call.ctx.org.id).await?, call.done("/security"));
        let approvals = call.at("/approvals");
        let put = move |tx: &mut Tx<'_>| {
            Ok(put(tx, &keys, wanted, reason.as_ref())?.map(|turned| match turned {
                Turned::Done => done,
                Turned::Waits(id) => Reply::see_other(&format!("{approvals}/{id}")),
            }))
        };
        call.write(&api.house, put).await
    };
    match changed.await {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, &call.body).again(&call, failure),
    }
}

fn question<B, Q>(call: &Call<B, Q>, form: &Form) -> Ask {
    let modes = vec![
        Choice::new("default", "Everything personal"),
        Choice::new("patterns", "Of payloads what rules match; people always"),
        Choice::new("off", "Nothing, from whoever may reveal"),
    ];
    let mode = match form.mode() {
        Mode::Default => "default",
        Mode::Patterns => "patterns",
        Mode::Off => "off",
    };
    let mut tests = vec![Choice::new("as_live", "The same as live"), Choice::new("default", "Everything personal")];
    let test = form.test.clone().unwrap_or_else(|| "as_live".to_owned());
    if test == "kept" {
        tests.push(Choice::new("kept", "What the API was told"));
    }
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    Ask::new(
        call,
        "What is masked",
        "For both environments, within a second, for what is there already, too.",
        "/security",
    )
    .sensitive()
    .field(Field::new("mode", "Hidden").kind(Kind::Choice(modes)).value(mode))
    .field(
        Field::new("rules", "Rules")
            .kind(Kind::Lines(5, true))
            .value(text(&form.rules))
            .placeholder(r"One-time code = \b\d{3}-?\d{3}\b")
            .hint("A rule a line: a name, =, an expression without look-around. For the second choice only."),
    )
    .field(Field::new("test", "In the test environment").kind(Kind::Choice(tests)).value(test))
    .field(
        Field::new("reveals_per_day", "Looks at clear data a day")
            .kind(Kind::Typed("number"))
            .value(form.reveals_per_day.unwrap_or_default().count().to_string())
            .hint("For each member and key, 0 to 10,000. Roles may say fewer."),
    )
    .field(
        Field::new("reason", "Why")
            .value(text(&form.reason))
            .hint("Needed if more is shown than before. It is on the record."),
    )
    .field(
        Field::new("sample", "Sample data")
            .kind(Kind::Lines(7, true))
            .value(text(&form.sample))
            .hint("Made up. An object in JSON, or a text. It is kept nowhere."),
    )
    .followed(call, "/security/masking/preview", form.seen())
    .or(call, "Preview", "/security/masking/preview")
    .submit("Put into force")
}

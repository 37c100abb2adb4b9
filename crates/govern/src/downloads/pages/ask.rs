//! `GET` and `POST /app/{env}/downloads/new`, `POST /app/{env}/downloads/preview`

use askama::Template;
use askama::filters::HtmlSafe;
use schemars::JsonSchema;
use sealpost_access::permissions::DOWNLOADS_REQUEST;
use sealpost_web::problem::{BODY_INVALID, Place, QUERY_INVALID, Wrong};
use sealpost_web::shell::parts::{Choice, Field, Kind, grouped};
use sealpost_web::shell::{Ask, Refused};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::approvals::codes::APPROVAL_PERSON_UNKNOWN;
use crate::downloads::codes::{DOWNLOAD_QUOTA_EXHAUSTED, DOWNLOAD_SOURCE_REFUSED, DOWNLOAD_TOO_LONG};
use crate::downloads::lines::plain;
use crate::downloads::model::Format;
use crate::downloads::rules::Because;
use crate::downloads::service::{self, Downloads, Prospect, Wish};
use crate::downloads::source::Source;
use crate::reason::Reason;

/// Rows of what.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DownloadAskQuery")]
struct Query {
    /// `contacts`, unless said otherwise.
    source: Option<String>,
    /// Which of them, as the list would be asked.
    only: Option<String>,
}

/// Which rows, which columns, as what, and why.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DownloadForm")]
struct Form {
    /// Rows of what.
    #[serde(default)]
    source: String,
    /// Its columns.
    #[serde(default)]
    columns: Vec<String>,
    /// Which of them, as the list would be asked: `standing=not_delivered`.
    only: Option<String>,
    /// As what.
    #[serde(default)]
    format: Format,
    /// Why.
    #[serde(default)]
    reason: String,
}

impl Form {
    fn wish(&self) -> Result<Wish, Refusal> {
        let filter = filter(self.only.as_deref().unwrap_or_default())?;
        if self.columns.is_empty() {
            return Err(Refusal::of(&BODY_INVALID).at("/columns", "field_missing"));
        }
        Ok(Wish { source: self.source.clone(), columns: self.columns.clone(), filter, format: self.format })
    }
}

/// `name=value&other=value` as members.
fn filter(only: &str) -> Result<Value, Refusal> {
    let parts = only.split('&').map(str::trim).filter(|part| !part.is_empty());
    let member = |part: &str| {
        let (name, value) =
            part.split_once('=').ok_or_else(|| Refusal::of(&BODY_INVALID).at("/only", "field_invalid"))?;
        Ok((name.trim().to_owned(), Value::String(value.trim().to_owned())))
    };
    Ok(Value::Object(parts.map(member).collect::<Result<Map<_, _>, Refusal>>()?))
}

pub(super) fn ask(downloads: &Downloads) -> Endpoint {
    let downloads = downloads.clone();
    get("/app/{env}/downloads/new")
        .needs(DOWNLOADS_REQUEST)
        .page()
        .class(Class::Search)
        .summary("Ask which rows are to be a file")
        .queries::<Query>()
        .to(move |call: Call<(), Query>| {
            let downloads = downloads.clone();
            async move {
                let source = call.query.source.clone().unwrap_or_else(|| "contacts".to_owned());
                let wrong = |parameter: &str, code: &'static str| {
                    let wrong = Wrong { place: Place::Parameter(parameter.into()), code: code.into() };
                    Refusal::of(&QUERY_INVALID).wrong(wrong)
                };
                let Some(of) = downloads.all.find(&source) else {
                    return Err(wrong("source", "source_unknown").into());
                };
                // What the list would not take is no filter, and is not shown back.
                let only = call.query.only.as_deref().unwrap_or_default();
                filter(only).and_then(|filter| of.filter(filter)).map_err(|_| wrong("only", "field_invalid"))?;
                let about = of.source();
                let columns = about.columns.iter().map(|column| column.name.to_owned()).collect();
                let form = Form { source, columns, only: call.query.only.clone(), ..Form::default() };
                let seen = seen(&downloads, &call, &form).await;
                question(&call, about, &form, seen).show(&call)
            }
        })
}

pub(super) fn preview(downloads: &Downloads) -> Endpoint {
    let downloads = downloads.clone();
    post("/app/{env}/downloads/preview")
        .needs(DOWNLOADS_REQUEST)
        .session()
        .class(Class::Search)
        .changes_nothing("it says what a file would come to, and nobody is asked for it")
        .summary("Say what a file would come to")
        .takes_form::<Form>()
        .example(json!({ "source": "contacts", "columns": ["id", "phone"], "format": "csv" }))
        .answers_with(200, "text/html")
        .to(move |call: Call<Form>| {
            let downloads = downloads.clone();
            async move {
                let seen = seen(&downloads, &call, &call.body).await;
                call.show("Preview", &PreviewPage { seen })
            }
        })
}

pub(super) fn route(downloads: &Downloads) -> Endpoint {
    let downloads = downloads.clone();
    post("/app/{env}/downloads/new")
        .needs(DOWNLOADS_REQUEST)
        .session()
        .class(Class::Write)
        .acts("download.request")
        .done("Asked for")
        .summary("Ask for a file of many rows")
        .takes_form::<Form>()
        .example(json!({ "source": "contacts", "columns": ["id", "locale"], "format": "csv", "reason": "Count of languages, ticket 4512" }))
        .answers_with(303, "")
        .refuses(&[&DOWNLOAD_SOURCE_REFUSED, &DOWNLOAD_TOO_LONG, &DOWNLOAD_QUOTA_EXHAUSTED, &APPROVAL_PERSON_UNKNOWN])
        .to(move |call| handle(downloads.clone(), call))
}

async fn handle(downloads: Downloads, call: Call<Form>) -> Result<Reply, Failure> {
    let asked = async {
        let reason = Reason::parse(call.body.reason.clone())
            .map_err(|_| Refusal::of(&BODY_INVALID).at("/reason", "text_unsuitable"))?;
        let may = call.caller.permissions.without(call.caller.barred);
        let prospect = downloads.look(&call.ctx, may, call.body.wish()?).await?;
        let prepared = downloads.prepare(&call.ctx, prospect, reason).await?;
        let there = call.done(&format!("/downloads/{}", prepared.id()));
        call.write(&downloads.house, move |tx| Ok(service::ask(tx, prepared)?.map(|_| there))).await
    };
    match asked.await {
        Ok(reply) => Ok(reply),
        Err(failure) => {
            let Some(about) = downloads.all.find(&call.body.source).map(|one| one.source()) else {
                return Err(failure);
            };
            let seen = seen(&downloads, &call, &call.body).await;
            question(&call, about, &call.body, seen).again(&call, failure)
        }
    }
}

/// What a file would come to.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% match self %}{% when Self::Rows with { rows, takes, left, columns, sample } %}<p><b>{{ rows }}</b> rows at most. {{ takes }}</p><p class="soft">{{ left }}</p>{% if sample.is_empty() %}{% else %}<div class="twin"><div class="scroll" tabindex="0" role="region" aria-label="The first rows"><table class="table"><thead><tr>{% for column in columns %}<th scope="col">{{ column }}</th>{% endfor %}</tr></thead><tbody>{% for row in sample %}<tr>{% for cell in row %}<td class="nowrap"><bdi>{{ cell }}</bdi></td>{% endfor %}</tr>{% endfor %}</tbody></table></div></div><p class="soft">The first rows, as you would get them. Those who decide see them with everything personal hidden.</p>{% endif %}{% when Self::Wrong with (refused) %}{{ refused }}{% endmatch %}"#
)]
pub(super) enum Seen {
    /// So many rows.
    Rows { rows: String, takes: &'static str, left: String, columns: Vec<String>, sample: Vec<Vec<String>> },
    /// Why there is nothing to show.
    Wrong(Refused),
}

impl HtmlSafe for Seen {}

impl From<Prospect> for Seen {
    fn from(of: Prospect) -> Self {
        let cells = |row: &Map<String, Value>| of.columns.iter().map(|column| plain(row.get(column))).collect();
        Self::Rows {
            rows: grouped(of.rows),
            takes: match of.takes {
                None => "It takes no approval.",
                Some(Because::Always) => "Others have to agree: every file takes that.",
                Some(Because::Personal) => "Others have to agree: it has personal data.",
                Some(Because::Rows) => "Others have to agree: it has many rows.",
            },
            left: of.left.in_words(),
            sample: of.own.iter().map(cells).collect(),
            columns: of.columns,
        }
    }
}

/// The preview as a page of its own, for whoever has no script.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<div class="head"><div><h1>Preview</h1><p>Go back to ask for it.</p></div></div><section class="sheet narrow"><div id="preview">{{ seen }}</div></section>"#
)]
struct PreviewPage {
    seen: Seen,
}

async fn seen<B, Q>(downloads: &Downloads, call: &Call<B, Q>, form: &Form) -> Seen {
    let may = call.caller.permissions.without(call.caller.barred);
    let looked = match form.wish() {
        Ok(wish) => downloads.look(&call.ctx, may, wish).await,
        Err(refusal) => Err(refusal.into()),
    };
    match looked {
        Ok(prospect) => prospect.into(),
        Err(Failure::Refused(refusal)) => Seen::Wrong(Refused::of(&refusal)),
        Err(Failure::Fault(_)) => Seen::Wrong(Refused::of(&Refusal::of(&sealpost_web::problem::INTERNAL))),
    }
}

fn question<B, Q>(call: &Call<B, Q>, about: &Source, form: &Form, seen: Seen) -> Ask {
    let columns = about.columns.iter().map(|column| {
        let says = if column.personal { format!("{}, personal", column.name) } else { column.name.to_owned() };
        Choice::new(column.name, says)
    });
    let formats = vec![
        Choice::new(Format::Csv.word(), "Table, for spreadsheets (CSV)"),
        Choice::new(Format::Jsonl.word(), "Lines of JSON, for programs"),
        Choice::new(Format::Pdf.word(), "Pages, to read and print (PDF, at most 50,000 rows)"),
    ];
    let says = "A file of rows as you see them: what is hidden from you is hidden in it. You fetch it once; every row says that it was you.";
    Ask::new(call, format!("A file of {}", about.title.to_lowercase()), says, "/downloads")
        .hidden("source", about.word)
        .field(Field::new("columns", "Columns").kind(Kind::Ticks(columns.collect())).value(form.columns.join(",")))
        .field(
            Field::new("only", "Only")
                .value(form.only.clone().unwrap_or_default())
                .placeholder("standing=not_delivered")
                .hint("As its list is asked. All rows, if nothing stands here."),
        )
        .field(Field::new("format", "As").kind(Kind::Choice(formats)).value(form.format.word()))
        .field(
            Field::new("reason", "Reason")
                .value(form.reason.clone())
                .placeholder("Yearly count, ticket 4512")
                .hint("For whoever decides, and whoever reads the ledger later.")
                .required(),
        )
        .followed(call, "/downloads/preview", seen)
        .submit("Ask for it")
}

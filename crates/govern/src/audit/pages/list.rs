//! `GET /app/{env}/audit`

use askama::Template;
use schemars::JsonSchema;
use sealpost_access::permissions::LEDGER_READ;
use sealpost_store::{Environment, RequestId, Time};
use sealpost_web::problem::{Place, QUERY_INVALID, Wrong};
use sealpost_web::shell::Icon;
use sealpost_web::shell::figure::{Bars, Column, Series};
use sealpost_web::shell::parts::{Chips, Empty, Pager, State, When, grouped};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get};
use serde::Deserialize;

use super::words::{self, Who};
use crate::activity::{self, Count, Span};
use crate::audit::api::{Api, page};
use crate::audit::entry::{ActorWord, Entry, ResultWord};
use crate::audit::filter::Filter;
use crate::audit::ids::TypedId;

/// Milliseconds in a day.
const DAY_MS: i64 = 86_400_000;
/// Six hours to a bar, two weeks of them.
const BARS: (i64, i64) = (56, 24);
const SERIES: &[Series] = &[
    Series { name: "done", fill: "f-accent" },
    Series { name: "refused", fill: "f-warn" },
    Series { name: "failed", fill: "f-bad" },
];

/// Which entries.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    /// The act, `key.revoke`; everything done to one kind of thing, `key`; or one thing done to any kind, `.reveal`.
    pub(super) action: Option<String>,
    /// The kind of party that acted.
    pub(super) actor_kind: Option<ActorWord>,
    /// The party that acted, by its id.
    pub(super) actor: Option<TypedId>,
    /// The thing it was done to, by its id.
    pub(super) target: Option<TypedId>,
    /// How it ended.
    pub(super) result: Option<ResultWord>,
    /// Everything that one request did.
    pub(super) request_id: Option<RequestId>,
    /// Not before this day (UTC).
    pub(super) from: Option<String>,
    /// Up to this day (UTC).
    pub(super) to: Option<String>,
    /// Where to begin.
    pub(super) cursor: Option<String>,
}

/// The list.
#[derive(Template)]
#[template(path = "audit/pages/list.html")]
pub(super) struct ListPage {
    pub(super) path: String,
    pub(super) query: Query,
    pub(super) figure: Option<Bars>,
    pub(super) chips: Chips,
    pub(super) rows: Vec<Row>,
    pub(super) pager: Pager,
    pub(super) empty: Empty,
    pub(super) verify: String,
    pub(super) export: Option<String>,
    pub(super) csrf: String,
}

impl ListPage {
    /// Whether more is asked for than a chip says.
    fn is_narrowed(&self) -> bool {
        let Query { actor_kind, actor, target, request_id, from, to, .. } = &self.query;
        actor_kind.is_some()
            || actor.is_some()
            || target.is_some()
            || request_id.is_some()
            || from.is_some()
            || to.is_some()
    }

    fn is_actor(&self, word: &str) -> bool {
        self.query.actor_kind.is_some_and(|kind| kind.word() == word)
    }

    fn is_result(&self, word: &str) -> bool {
        self.query.result.is_some_and(|result| result.word() == word)
    }
}

/// One entry in the list.
pub(super) struct Row {
    pub(super) seq: u64,
    pub(super) href: String,
    pub(super) at: Option<When>,
    pub(super) who: Option<Who>,
    pub(super) act: (String, String),
    pub(super) target: Option<(String, Option<String>)>,
    pub(super) result: State,
    pub(super) reason: Option<String>,
}

impl Row {
    pub(super) fn of(entry: &Entry, href: String, now: Time, page_of: impl Fn(&str) -> Option<String>) -> Self {
        let act = entry.act.as_ref();
        Self {
            seq: entry.seq,
            href,
            at: act.map(|act| When::new(act.at, now)),
            who: act.map(|act| words::who(act, &page_of)),
            act: act.map_or_else(|| ("Can’t be read".into(), String::new()), |act| words::act(&act.action)),
            target: act.and_then(|act| act.target.as_ref()).map(|target| words::linked(target, &page_of)),
            result: words::badge(entry),
            reason: act.and_then(|act| act.reason.as_ref()).map(|reason| reason.replace('_', " ")),
        }
    }
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/audit")
        .needs(LEDGER_READ)
        .page()
        .class(Class::Search)
        .acts("ledger.read")
        .summary("What was done, newest first")
        .queries::<Query>()
        .to(move |call| list(api.clone(), call))
}

async fn list(api: Api, call: Call<(), Query>) -> Result<Reply, Failure> {
    let (ctx, now) = (&call.ctx, call.ctx.now());
    let cursor = call.query.cursor.as_deref();
    let found = page(&api, &call, filter(&call.query)?, None, cursor).await?;
    let row = |entry: &Entry| {
        let page_of = |id: &str| call.page_of_in(words::environment(entry, ctx), id);
        Row::of(entry, call.at(&format!("/audit/{}", entry.seq)), now, page_of)
    };
    let path = call.at("/audit");
    let kept = kept(&call.query);
    let figure = if kept.is_empty() && cursor.is_none() {
        let span = Span::until(now, BARS.0, BARS.1);
        Some(figure(&activity::tally(&api.house, ctx, span, "").await?, span))
    } else {
        None
    };
    let content = ListPage {
        figure,
        chips: chips(&path, &call.query),
        rows: found.data.iter().map(row).collect(),
        pager: Pager::new(&path, &kept, cursor, found.next_cursor.as_deref()),
        empty: empty(found.has_more),
        verify: call.at("/audit/verify"),
        export: (ctx.org.environment == Environment::Live).then(|| call.at("/audit/export")),
        csrf: call.csrf_token().to_owned(),
        query: call.query.clone(),
        path,
    };
    call.show("Audit", &content)
}

fn filter(query: &Query) -> Result<Filter, Refusal> {
    let query = query.clone();
    if query.action.as_deref().is_some_and(|action| !may_name_acts(action)) {
        return Err(Refusal::of(&QUERY_INVALID)
            .wrong(Wrong { place: Place::Parameter("action".into()), code: "not_an_act".into() }));
    }
    Ok(Filter {
        action: query.action,
        actor_kind: query.actor_kind,
        actor: query.actor,
        target: query.target,
        result: query.result,
        reason: None,
        request_id: query.request_id,
        environment: None,
        from: query.from.map(|day| midnight("from", &day)).transpose()?,
        to: query.to.map(|day| midnight("to", &day)).transpose()?.map(|day| day.plus_ms(DAY_MS)),
    })
}

/// Acts are small letters, in words and with dots between. The page shows what was asked for: nothing else gets into it, such as the
/// number of somebody who was looked for in the wrong field.
fn may_name_acts(action: &str) -> bool {
    action.len() <= 64 && action.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'.' | b'_'))
}

fn midnight(parameter: &str, day: &str) -> Result<Time, Refusal> {
    format!("{day}T00:00:00Z").parse().map_err(|_| {
        Refusal::of(&QUERY_INVALID)
            .wrong(Wrong { place: Place::Parameter(parameter.into()), code: "not_a_date".into() })
    })
}

/// The query as a link keeps it. Whatever is in it was read as what it is, or is encoded.
fn kept(query: &Query) -> String {
    let text = |name: &str, value: Option<String>| value.map(|value| format!("{name}={}", words::encoded(&value)));
    let parts = [
        text("action", query.action.clone()),
        text("actor_kind", query.actor_kind.map(|kind| kind.word().to_owned())),
        text("actor", query.actor.as_ref().map(ToString::to_string)),
        text("target", query.target.as_ref().map(ToString::to_string)),
        text("result", query.result.map(|result| result.word().to_owned())),
        text("request_id", query.request_id.as_ref().map(ToString::to_string)),
        text("from", query.from.clone()),
        text("to", query.to.clone()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("&")
}

pub(super) fn chips(path: &str, query: &Query) -> Chips {
    let of = |wanted: &str| query.action.as_deref() == Some(wanted);
    let refused = query.result == Some(ResultWord::Denied);
    let is_all = kept(query).is_empty();
    Chips::new("Which acts")
        .chip("All", path, is_all)
        .chip("Looks at clear data", format!("{path}?action=.reveal"), of(".reveal"))
        .chip("Refused", format!("{path}?result=denied"), refused)
        .chip("Keys", format!("{path}?action=key"), of("key"))
        .chip("People", format!("{path}?action=member"), of("member"))
        .chip("Messages", format!("{path}?action=message"), of("message"))
}

pub(super) fn empty(has_more: bool) -> Empty {
    if has_more {
        let says = "The ledger is looked through a stretch at a time. There may be entries further back.";
        Empty::new(Icon::Search, "None in this stretch", says)
    } else {
        Empty::new(Icon::Audit, "Nothing was done that fits", "Whatever changes or reveals something is recorded here.")
    }
}

pub(super) fn figure(counts: &[Count], span: Span) -> Bars {
    let mut steps = vec![vec![0; SERIES.len()]; span.steps()];
    for one in counts {
        let series = match one.result {
            ResultWord::Ok => 0,
            ResultWord::Denied => 1,
            ResultWord::Failed => 2,
        };
        if let Some(value) = steps.get_mut(one.step).and_then(|step| step.get_mut(series)) {
            *value += one.count;
        }
    }
    let sums: Vec<u64> = (0..SERIES.len()).map(|at| steps.iter().map(|step| step[at]).sum()).collect();
    let says = format!(
        "{} acts in 14 days, {} refused, {} failed",
        grouped(sums.iter().sum()),
        grouped(sums[1]),
        grouped(sums[2])
    );
    let columns = steps.into_iter().enumerate().map(|(at, values)| {
        let when = span.begin(at).to_string();
        let (date, clock) = when.split_once('T').unwrap_or((&when, ""));
        let tick = at.is_multiple_of(8).then(|| date.get(5..).unwrap_or(date).to_owned());
        Column { when: format!("{date} {}", clock.get(..5).unwrap_or_default()), tick, values }
    });
    Bars::new(says, SERIES, columns.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_keep_what_was_asked_for_and_nothing_else_gets_into_them() {
        let query =
            Query { action: Some("key&actor=x\"<".into()), result: Some(ResultWord::Denied), ..Query::default() };
        assert_eq!(kept(&query), "action=key%26actor%3Dx%22%3C&result=denied");
        assert_eq!(kept(&Query::default()), "");
    }

    #[test]
    fn what_names_no_act_is_refused_and_not_shown() {
        let of = |action: &str| filter(&Query { action: Some(action.into()), ..Query::default() });
        for act in ["", "key", "key.revoke", ".reveal", "root_key.open"] {
            assert!(of(act).is_ok(), "{act}");
        }
        for other in ["+12025550123", "kim@example.com", "Kim", "key revoke"] {
            assert!(of(other).is_err(), "{other}");
        }
    }

    #[test]
    fn days_are_read_as_their_begin_and_their_end() {
        let query = Query { from: Some("2026-01-15".into()), to: Some("2026-01-15".into()), ..Query::default() };
        let filter = filter(&query).unwrap();
        assert_eq!(filter.to.unwrap().since(filter.from.unwrap()), DAY_MS);
        assert!(super::filter(&Query { from: Some("yesterday".into()), ..Query::default() }).is_err());
    }
}

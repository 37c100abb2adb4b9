//! Parts of the pages of templates and events that are about versions.

use askama::Template;
use schemars::JsonSchema;
use sealpost_govern::audit::short;
use sealpost_web::Call;
use sealpost_web::shell::parts::When;
use sealpost_web::shell::{Ask, Icon};
use serde::Deserialize;

use super::authors::Author;
use super::diff::{Change, DiffLine};
use super::digest::ContentDigest;
use super::rules::Standing;

/// Who wrote a version, as lists show it; nothing, of those of which nobody knows.
#[derive(Clone, Default, Template)]
#[template(
    ext = "html",
    source = r#"{% if let Some((who, page)) = who %}<span class="soft">by {% if let Some(href) = page %}<a class="mono above" href="{{ href }}" title="{{ who }}">{{ self::short(who) }}</a>{% else %}<span class="mono" title="{{ who }}">{{ self::short(who) }}</span>{% endif %}</span>{% endif %}"#
)]
pub(crate) struct By {
    who: Option<(String, Option<String>)>,
}

impl askama::filters::HtmlSafe for By {}

impl By {
    /// Whoever wrote it, with a link to their page for whoever may see it.
    pub(crate) fn of<B, Q>(call: &Call<B, Q>, author: Option<&Author>) -> Self {
        let who = author.and_then(Author::named).map(|id| id.to_string());
        Self { who: who.map(|who| (who.clone(), call.page_of(&who))) }
    }

    #[cfg(test)]
    pub(crate) fn sample(who: &str) -> Self {
        Self { who: Some((who.to_owned(), Some("/x".to_owned()))) }
    }
}

/// A version, as its list shows it.
pub(crate) struct Row {
    pub(crate) number: u32,
    pub(crate) in_force: bool,
    /// Whether it was never in force.
    pub(crate) is_draft: bool,
    pub(crate) digest: String,
    pub(crate) made: When,
    pub(crate) by: By,
    /// What puts it into force: what the link says, and where it leads.
    pub(crate) promote: Option<(&'static str, String)>,
    /// Where it is compared with what is in force.
    pub(crate) compare: Option<String>,
}

/// What a list needs to know of a version.
pub(crate) struct Known {
    pub(crate) number: u32,
    pub(crate) was_in_force: bool,
    pub(crate) digest: ContentDigest,
    pub(crate) made: When,
    pub(crate) by: By,
}

/// Versions as lists show them; `page` is that of what they are of.
pub(crate) fn rows(standing: &Standing, of: Vec<Known>, page: &str, may_write: bool) -> Vec<Row> {
    let row = |one: Known| {
        let in_force = standing.in_force == Some(one.number);
        let is_older = standing.in_force.is_some_and(|current| one.number < current);
        let says = if is_older || one.was_in_force { "Roll back to this…" } else { "Put into force…" };
        Row {
            promote: (may_write && !in_force).then(|| (says, format!("{page}/versions/{}/promote", one.number))),
            compare: standing
                .in_force
                .filter(|_| !in_force)
                .map(|current| format!("{page}/diff?from={current}&to={}", one.number)),
            number: one.number,
            in_force,
            is_draft: !one.was_in_force && !in_force,
            digest: one.digest.short(),
            made: one.made,
            by: one.by,
        }
    };
    of.into_iter().map(row).collect()
}

/// How the same stands in the other environment.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<p class="note"{% if matches %} data-same{% endif %}>{{ Icon::Eye }}<span>{{ says }}{% if let Some(href) = href %} <a href="{{ href }}">Look there</a>{% endif %}</span></p>"#
)]
pub(crate) struct Elsewhere {
    says: String,
    href: Option<String>,
    matches: bool,
}

impl askama::filters::HtmlSafe for Elsewhere {}

impl Elsewhere {
    /// `there` is where it stands there: its page, and the number and digest of what is in force.
    pub(crate) fn new(
        there: &str,
        found: Option<(Option<String>, Option<(u32, ContentDigest)>)>,
        here: &[(u32, ContentDigest)],
    ) -> Self {
        let place = if there == "live" { "Live" } else { "Test" };
        match found {
            None => Self { says: format!("{place} has nothing of this name."), href: None, matches: false },
            Some((href, None)) => Self { says: format!("In {there} nothing is in force yet."), href, matches: false },
            Some((href, Some((number, digest)))) => {
                let same = here.iter().find(|(_, one)| *one == digest);
                let short = digest.short();
                let says = match same {
                    Some((version, _)) => format!("{place} is what version {version} here is ({short})."),
                    None => format!("{place} differs from every version here: version {number} is in force ({short})."),
                };
                Self { says, href, matches: same.is_some() }
            }
        }
    }
}

/// What somebody who promotes saw in force.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PromotionForm")]
pub(crate) struct PromoteForm {
    /// The version that was in force.
    pub(crate) expected_version: Option<u32>,
}

/// Which version goes live.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "GoLiveForm")]
pub(crate) struct GoLiveForm {
    /// The one in force, unless another is named.
    pub(crate) version: Option<u32>,
}

/// Asks whether to put a version into force.
pub(crate) fn ask_promote<B, Q>(call: &Call<B, Q>, standing: &Standing, version: u32, back: &str) -> Ask {
    let back_to = standing.in_force.is_some_and(|current| version < current);
    let title =
        if back_to { format!("Roll back to version {version}?") } else { format!("Put version {version} into force?") };
    let says = match standing.in_force {
        Some(current) if current == version => "It is in force already.".to_owned(),
        Some(current) => {
            format!("In place of version {current}, from the next message on. Nothing is lost: every version stays.")
        }
        None => "From the next message on.".to_owned(),
    };
    let ask = Ask::new(call, title, says, back).submit(if back_to { "Roll back" } else { "Put into force" });
    match standing.in_force {
        Some(current) => ask.hidden("expected_version", current.to_string()),
        None => ask,
    }
}

/// Asks whether to take a version to live.
pub(crate) fn ask_go_live<B, Q>(call: &Call<B, Q>, name: &str, version: Option<u32>, says: &str, back: &str) -> Ask {
    let title = match version {
        Some(version) => format!("Take version {version} live?"),
        None => "Take it live?".to_owned(),
    };
    let ask = Ask::new(call, title, format!("{name}: {says}"), back).submit("Go live");
    match version {
        Some(version) => ask.hidden("version", version.to_string()),
        None => ask,
    }
}

/// What differs between two versions.
#[derive(Template)]
#[template(path = "versions/diff.html")]
pub(crate) struct DiffPage {
    pub(crate) back: String,
    pub(crate) of: String,
    pub(crate) from: u32,
    pub(crate) to: u32,
    /// What puts the one after into force: what the link says, and where it leads.
    pub(crate) promote: Option<(&'static str, String)>,
    pub(crate) parts: Vec<DiffPart>,
}

/// What differs in one part.
pub(crate) struct DiffPart {
    pub(crate) title: String,
    pub(crate) same: bool,
    pub(crate) lines: Vec<DiffLine>,
    pub(crate) rendered: Option<Vec<DiffLine>>,
}

//! Whom lists would shut out, as a page shows it.

use askama::Template;
use sealpost_store::{MemberId, Store};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::Tone;
use sealpost_web::{Call, Failure};

use crate::members::{self, Members};
use crate::networks::Lists;
use crate::networks::preview::{self, KeyShut, Preview, Tally};
use crate::permissions::MEMBERS_READ;

/// Of more, only the number is shown.
const MOST_NAMED: usize = 20;

/// Whom lists would shut out.
#[derive(Template)]
#[template(path = "networks/pages/shut-out.html")]
pub(super) struct ShutOut {
    /// What happens to whoever asks, if it is nothing good.
    oneself: Option<&'static str>,
    groups: [Group; 2],
}

impl askama::filters::HtmlSafe for ShutOut {}

/// Members who are signed in, or keys.
pub(super) struct Group {
    title: &'static str,
    tone: Tone,
    says: String,
    who: Vec<Who>,
    /// How many more there are.
    more: usize,
}

/// Somebody or something that would be shut out.
pub(super) struct Who {
    pub(super) called: String,
    pub(super) href: String,
    /// In which environment, of a key.
    pub(super) environment: &'static str,
}

/// Whom these lists would shut out, as far as whoever asks may see.
pub(super) async fn of<B, Q>(house: &Store, call: &Call<B, Q>, lists: &Lists) -> Result<ShutOut, Failure> {
    let preview = preview::of(house, &call.ctx, call.caller.permissions, call.peer(), lists).await?;
    let mut members = Vec::new();
    for id in preview.sessions.iter().flat_map(|tally| &tally.who).take(MOST_NAMED) {
        members.push(member(house, call, *id).await?);
    }
    Ok(shown(&preview, members))
}

/// The same, with those members named.
pub(super) fn shown(preview: &Preview, members: Vec<Who>) -> ShutOut {
    let key = |key: &KeyShut| Who {
        called: key.name.clone(),
        href: format!("/app/{}/keys/{}", key.environment, key.id),
        environment: key.environment.as_str(),
    };
    let keys = preview.keys.iter().flat_map(|tally| &tally.who).take(MOST_NAMED).map(key).collect();
    ShutOut {
        oneself: match (preview.you.dashboard, preview.you.admin) {
            (false, _) => Some("You would be shut out yourself: such lists are refused."),
            (true, false) => Some("You could not manage anything any more from where you are: such lists are refused."),
            (true, true) => None,
        },
        groups: [
            group("Members who are signed in", "sign-in", preview.sessions.as_ref(), members),
            group("Keys", "key", preview.keys.as_ref(), keys),
        ],
    }
}

fn group<T>(title: &'static str, noun: &str, tally: Option<&Tally<T>>, who: Vec<Who>) -> Group {
    let Some(tally) = tally else {
        return Group { title, tone: Tone::Idle, says: "Your role doesn’t let you see them.".into(), who, more: 0 };
    };
    let tone = match (tally.shut_out, tally.unknown) {
        (0, 0) => Tone::Ok,
        (0, _) => Tone::Idle,
        _ => Tone::Warn,
    };
    Group { title, tone, says: says(noun, tally), more: tally.who.len().saturating_sub(who.len()), who }
}

fn says<T>(noun: &str, tally: &Tally<T>) -> String {
    let shut_out = match tally.shut_out {
        0 => format!("No {noun} would be shut out"),
        1 => format!("1 {noun} would be shut out"),
        many => format!("{many} {noun}s would be shut out"),
    };
    let unknown = if tally.unknown > 0 { format!(", of {} it can’t be told", tally.unknown) } else { String::new() };
    format!("{shut_out}, {} stay{}{unknown}.", tally.admitted, if tally.admitted == 1 { "s" } else { "" })
}

/// A member by their name, for whoever may read it.
async fn member<B, Q>(house: &Store, call: &Call<B, Q>, id: MemberId) -> Result<Who, Failure> {
    let known = match call.caller.permissions.contains(MEMBERS_READ) {
        true => Members::new(house.clone()).find(&call.ctx, id).await?,
        false => None,
    };
    Ok(Who {
        called: known.as_ref().map_or_else(|| id.to_string(), members::called),
        href: call.at(&format!("/people/{id}")),
        environment: "",
    })
}

//! How acts are said and drawn.

use sealpost_store::{Ctx, Environment};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Shape, State, Tone};

use crate::audit::entry::{Act, ActorWord, Entry, EnvironmentWord, ResultWord};
use crate::audit::ids::TypedId;

/// In which environment an entry's objects are; the one that is looked at, if the entry is about the organisation itself.
pub(crate) fn environment(entry: &Entry, ctx: &Ctx) -> Environment {
    match entry.act.as_ref().and_then(|act| act.environment) {
        Some(EnvironmentWord::Test) => Environment::Test,
        Some(EnvironmentWord::Live) => Environment::Live,
        None => ctx.org.environment,
    }
}

/// An id in a column: what it is of, and the end, by which ids differ.
pub fn short(id: &str) -> String {
    const END: usize = 8;
    match id.rsplit_once('_') {
        Some((prefix, rest)) if rest.len() > END => {
            format!("{prefix}_…{}", rest.get(rest.len() - END..).unwrap_or(rest))
        }
        _ => id.to_owned(),
    }
}

/// Who acted: how they are drawn, said and named, and where they are shown.
pub(crate) struct Who {
    pub(crate) icon: Icon,
    pub(crate) says: &'static str,
    pub(crate) id: Option<(String, Option<String>)>,
}

/// An id as text, with where its object is shown, if it has a page that the caller may see.
pub(crate) fn linked(id: &TypedId, page_of: impl Fn(&str) -> Option<String>) -> (String, Option<String>) {
    let text = id.to_string();
    let page = page_of(&text);
    (text, page)
}

pub(crate) fn who(act: &Act, page_of: impl Fn(&str) -> Option<String>) -> Who {
    let (icon, says) = match act.actor_kind {
        ActorWord::Anonymous => (Icon::Person, "Nobody known"),
        ActorWord::Key => (Icon::Key, "Key"),
        ActorWord::System => (Icon::Bolt, "Sealpost"),
        ActorWord::Member => (Icon::Person, "Member"),
        ActorWord::Operator => (Icon::Keyboard, "Operator on the host"),
        ActorWord::Directory => (Icon::People, "Directory"),
        ActorWord::Support => (Icon::SignIn, "Let in to help"),
        ActorWord::Unknown => (Icon::Person, "Unknown"),
    };
    Who { icon, says, id: act.actor.as_ref().map(|id| linked(id, page_of)) }
}

/// How it ended; that it isn't what was recorded comes before everything else.
pub(crate) fn badge(entry: &Entry) -> State {
    match entry.act.as_ref().filter(|_| !entry.damaged).map(|act| act.result) {
        None => State::new("Damaged", Shape::Failed, Tone::Bad),
        Some(ResultWord::Ok) => State::new("Done", Shape::Done, Tone::Ok),
        Some(ResultWord::Denied) => State::new("Refused", Shape::Ended, Tone::Warn),
        Some(ResultWord::Failed) => State::new("Failed", Shape::Failed, Tone::Bad),
    }
}

/// `message.reveal` as people read it: what was done, then to what.
pub(crate) fn act(action: &str) -> (String, String) {
    let (thing, done) = action.rsplit_once('.').unwrap_or(("", action));
    (done.replace('_', " "), thing.replace(['_', '.'], " "))
}

/// A value as it stands in a query.
pub(crate) fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().fold(String::new(), |mut out, byte| {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_in_a_column_keeps_its_kind_and_its_end() {
        assert_eq!(short("key_01m8fmbdtdfnfv6517rsq9g55k"), "key_…rsq9g55k");
        assert_eq!(short("key_1"), "key_1");
        assert_eq!(short("nothing"), "nothing");
    }

    #[test]
    fn an_act_is_read_with_what_was_done_first() {
        assert_eq!(act("message.reveal"), ("reveal".into(), "message".into()));
        assert_eq!(act("endpoint.secret.rotate"), ("rotate".into(), "endpoint secret".into()));
        assert_eq!(act("start"), ("start".into(), String::new()));
    }
}

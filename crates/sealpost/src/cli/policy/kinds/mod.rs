//! What there is to decide, one file for each kind. To add one: a file with its [`Kind`], and a line in [`ALL`].

mod approval_rules;
mod endpoints;
mod events;
mod masking;
mod roles;
mod storage;
mod templates;

use std::pin::Pin;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::model::{Change, Fields, Standing, Wanted};
use super::server::Server;
use crate::cli::{Outcome, Stop};

/// All of them, in the order in which they are made: what protects first, then what others name. They go in the opposite one.
pub(super) const ALL: [&dyn Kind; 7] = [
    &roles::Roles,
    &approval_rules::ApprovalRules,
    &masking::Masking,
    &storage::Storage,
    &templates::Templates,
    &events::Events,
    &endpoints::Endpoints,
];

/// What a kind is.
#[derive(Clone, Copy)]
pub(super) struct About {
    /// What one of it is called.
    pub(super) word: &'static str,
    /// Where it is in a folder.
    pub(super) place: Place,
    /// Whether it is about both environments: then a live key decides.
    pub(super) wide: bool,
    /// Who may change it.
    pub(super) by: By,
    /// Fields that stay as they are where a file says nothing of them; of all others that means that there is none.
    pub(super) stays: &'static [&'static str],
    /// Those of them that are tables, of which one that is there is the whole.
    pub(super) tables: &'static [&'static str],
    /// Whether one can go.
    pub(super) removal: Removal,
    /// As what it takes an approval, if it may.
    pub(super) module: Option<&'static str>,
}

/// Where a kind is in a folder.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A folder with a file for each: `events/otp.login.toml`. Some fields are files of their own beside it, by their ending.
    Folder(&'static str, &'static [&'static str]),
    /// One file with all of them: `[[role]]`.
    List(&'static str),
    /// One file, for there is one of it.
    Single(&'static str),
}

/// Who may change a kind.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// A key.
    Key,
    /// A signed-in member with a fresh passkey, on this page; a key asks for it.
    Member(&'static str),
}

/// Whether one of a kind can go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Removal {
    /// Yes.
    Possible,
    /// What was sent refers to it for ever, or there is always one.
    Never,
}

/// What takes an answer from the server.
pub(super) type Answered<'a, T> = Pin<Box<dyn Future<Output = Outcome<T>> + 'a>>;

/// One kind of thing to decide.
pub(super) trait Kind: Sync {
    /// What it is.
    fn about(&self) -> &'static About;

    /// What a file says. `name` is that of the file, without its ending.
    fn read(&self, name: &str, text: &str) -> Result<Vec<Wanted>, toml::de::Error>;

    /// The file that says these. One of a folder is alone in its file.
    fn write(&self, all: Vec<Fields>) -> Outcome<String>;

    /// All there are.
    fn all<'a>(&'a self, server: &'a Server) -> Answered<'a, Vec<Standing>>;

    /// One of them as it is now, by its id.
    fn one<'a>(&'a self, server: &'a Server, id: &'a str) -> Answered<'a, Standing>;

    /// What it names by name: in which field, what that is called, and where such things are listed.
    fn names(&self) -> &'static [(&'static str, &'static str, &'static str)] {
        &[]
    }

    /// Why a change can't be, if that can be told before.
    fn objection(&self, _change: &Change) -> Option<&'static str> {
        None
    }

    /// Does it, from where it stands. Answers what the server said.
    fn put<'a>(&'a self, server: &'a Server, change: &'a Change, from: Option<&'a Standing>) -> Answered<'a, Value>;

    /// What others are asked to agree to, where only a member does it: which target, and the whole of what is wanted. Nothing if that can't
    /// be asked for.
    fn wish(&self, _change: &Change, _from: Option<&Standing>) -> Option<Wish> {
        None
    }

    /// Takes one away.
    fn remove<'a>(&'a self, _server: &'a Server, _there: &'a Standing) -> Answered<'a, ()> {
        Box::pin(async { Err(Stop::failed("there is no way to remove this")) })
    }
}

/// What a key asks members for.
pub(super) struct Wish {
    /// The id of what it is about, if it is about an object that is there.
    pub(super) target: Option<String>,
    /// The whole of what it shall say.
    pub(super) wanted: Value,
}

/// The versions of something that never changes what it said.
pub(super) struct Versions<'a> {
    /// What is in force, if anything is.
    pub(super) in_force: Option<&'a Value>,
    /// The newest, if that isn't in force.
    pub(super) draft: Option<&'a Value>,
    /// The newest one's number.
    pub(super) newest: Option<u64>,
}

impl<'a> Versions<'a> {
    /// Of an answer with all of them, newest first. Where it doesn't say which one is in force, the newest is.
    pub(super) fn of(answer: &'a Value) -> Self {
        let all = answer["versions"].as_array().map(Vec::as_slice).unwrap_or_default();
        let newest = all.first();
        let in_force = match answer.get("in_force") {
            None => newest,
            Some(number) => all.iter().find(|version| version["version"] == *number),
        };
        let draft = newest.filter(|_| newest != in_force);
        Self { in_force, draft, newest: newest.and_then(|version| version["version"].as_u64()) }
    }
}

/// The kind that is called so.
pub(super) fn find(word: &str) -> Option<&'static dyn Kind> {
    ALL.into_iter().find(|kind| kind.about().word == word)
}

/// What a file of this form says.
fn of_toml<F: Serialize + DeserializeOwned>(text: &str) -> Result<Fields, toml::de::Error> {
    Ok(fields(&toml::from_str::<F>(text)?))
}

/// The fields of what has this form.
fn fields<F: Serialize>(of: &F) -> Fields {
    match serde_json::to_value(of) {
        Ok(Value::Object(fields)) => fields,
        _ => Fields::new(),
    }
}

/// What the server says, as far as files of this form say it.
fn of_answer<F: Serialize + DeserializeOwned>(answer: Value) -> Outcome<Fields> {
    let form: F = serde_json::from_value(answer).map_err(|_| Stop::failed("the server says it in another form"))?;
    Ok(fields(&form))
}

/// A file of this form.
fn to_toml<F: Serialize + DeserializeOwned>(fields: Fields) -> Outcome<String> {
    let form: F = serde_json::from_value(Value::Object(fields)).map_err(anyhow::Error::from)?;
    Ok(toml::to_string_pretty(&form).map_err(anyhow::Error::from)?)
}

/// A member that is text.
fn text(of: &Value, name: &str) -> String {
    of[name].as_str().unwrap_or_default().to_owned()
}

/// These members of what the server says.
fn pick(from: &Value, names: &[&str]) -> Value {
    let member = |name: &&str| Some(((*name).to_owned(), from.get(*name)?.clone()));
    Value::Object(names.iter().filter_map(member).collect())
}

/// In one order, so that only what is in it counts.
fn sorted(texts: &mut [String]) {
    texts.sort_unstable();
}

//! Answers as the standard has them (RFC 7644 §3.4, §3.12, §3.14).

use sealpost_store::RequestId;
use sealpost_web::problem::JSON_INVALID;
use sealpost_web::{Dialect, Fault, Refusal, Reply};
use serde_json::{Value, json};

use super::BASE;
use crate::members::codes::{LAST_OWNER, MEMBER_EXISTS, OWNERS_ONLY};
use crate::scim::codes::*;
use crate::scim::wire::{Bad, Object, Projection};
use crate::teams::codes::{TEAM_NAME_TAKEN, TEAMS_FULL};

/// The media type of all answers.
pub(super) const SCIM: &str = "application/scim+json";
/// What bodies may call themselves.
pub(super) const TAKEN: &[&str] = &[SCIM, "application/json"];
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// How this API says no.
pub(super) static DIALECT: Dialect = Dialect { prefix: BASE, media_type: SCIM, refusal };

/// A refusal: its status, its word in the standard if there is one, and in the text our code and where something is wrong.
fn refusal(refusal: &Refusal, _: RequestId) -> Vec<u8> {
    let code = refusal.code();
    let mut detail = format!("{} ({})", code.title, code.code);
    for wrong in refusal.errors() {
        if let sealpost_web::problem::Place::Pointer(pointer) = &wrong.place {
            detail.push_str(&format!(": {pointer} {}", wrong.code));
        }
    }
    let mut error = json!({ "schemas": [ERROR], "status": code.status.to_string(), "detail": detail });
    if let (Some(word), Some(error)) = (word(refusal), error.as_object_mut()) {
        error.insert("scimType".to_owned(), word.into());
    }
    error.to_string().into_bytes()
}

/// `scimType` (RFC 7644 §3.12, table 9).
fn word(refusal: &Refusal) -> Option<&'static str> {
    const WORDS: [(&sealpost_web::Code, &str); 14] = [
        (&SCIM_FILTER_INVALID, "invalidFilter"),
        (&SCIM_PATH_INVALID, "invalidPath"),
        (&SCIM_SYNTAX_INVALID, "invalidSyntax"),
        (&JSON_INVALID, "invalidSyntax"),
        (&SCIM_NO_TARGET, "noTarget"),
        (&SCIM_MUTABILITY, "mutability"),
        (&LAST_OWNER, "mutability"),
        (&OWNERS_ONLY, "mutability"),
        (&SCIM_VALUE_INVALID, "invalidValue"),
        (&SCIM_TOO_MANY, "tooMany"),
        (&TEAMS_FULL, "tooMany"),
        (&SCIM_NAME_TAKEN, "uniqueness"),
        (&MEMBER_EXISTS, "uniqueness"),
        (&TEAM_NAME_TAKEN, "uniqueness"),
    ];
    WORDS.into_iter().find(|(code, _)| *code == refusal.code()).map(|(_, word)| word)
}

impl From<Bad> for Refusal {
    fn from(bad: Bad) -> Self {
        match bad {
            Bad::Filter => Self::of(&SCIM_FILTER_INVALID),
            Bad::Path => Self::of(&SCIM_PATH_INVALID),
            Bad::Syntax => Self::of(&SCIM_SYNTAX_INVALID),
            Bad::NoTarget => Self::of(&SCIM_NO_TARGET),
            Bad::Mutability => Self::of(&SCIM_MUTABILITY),
            Bad::Value(name) => Self::of(&SCIM_VALUE_INVALID).at(format!("/{name}"), "invalid"),
            Bad::TooMany => Self::of(&SCIM_TOO_MANY),
        }
    }
}

/// A resource, or as much of it as is asked for, with its version.
pub(super) fn resource(status: u16, object: Object, shown: &Projection) -> Result<Reply, Fault> {
    let meta = |name: &str| object.get("meta").and_then(|meta| meta.get(name)).and_then(Value::as_str);
    let (version, location) = (meta("version").map(str::to_owned), meta("location").map(str::to_owned));
    let reply = document(status, &Value::Object(shown.of(object)))?;
    let reply = match location.filter(|_| status == 201) {
        Some(location) => reply.location(&location),
        None => reply,
    };
    Ok(match version {
        Some(version) => reply.version(&version),
        None => reply,
    })
}

/// Part of a list, from this place on.
pub(super) fn list(total: usize, skip: u32, objects: Vec<Object>, shown: &Projection) -> Result<Reply, Fault> {
    let resources: Vec<_> = objects.into_iter().map(|object| Value::Object(shown.of(object))).collect();
    document(
        200,
        &json!({
            "schemas": [LIST],
            "totalResults": total,
            "startIndex": u64::from(skip) + 1,
            "itemsPerPage": resources.len(),
            "Resources": resources,
        }),
    )
}

pub(super) fn document(status: u16, document: &Value) -> Result<Reply, Fault> {
    let bytes = serde_json::to_vec(document).map_err(|error| Fault::new(error).context("serialise the answer"))?;
    Ok(Reply::bytes(SCIM, bytes).with_status(status))
}

/// Refuses what was decided on another version (RFC 9110 §13.1.1; versions are compared weakly, as RFC 7644 §3.14 has them).
pub(super) fn expect_version(known: Option<&str>, object: &Object) -> Result<(), Refusal> {
    let Some(known) = known else { return Ok(()) };
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"').to_owned();
    let version = object.get("meta").and_then(|meta| meta.get("version")).and_then(Value::as_str).map(opaque);
    let same = known.split(',').any(|tag| tag.trim() == "*" || Some(opaque(tag)) == version);
    if same { Ok(()) } else { Err(Refusal::of(&SCIM_VERSION_MISMATCH)) }
}

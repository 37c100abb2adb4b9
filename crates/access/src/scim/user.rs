//! A user as a directory sends and sees them.

use sealpost_seal::normal::Email;
use sealpost_seal::{Personal, Purpose};
use sealpost_store::{OrgId, StoreError, TeamId};
use serde_json::{Value, json};

use super::api::View;
use super::model::UserRow;
use super::wire::{Bad, ENTERPRISE, Object, USER, flag};
use crate::members::{MemberName, MemberRow, MemberState, Subject};

/// The longest name and id that a directory gives.
const MAX_TEXT: usize = 256;
/// The most that is kept of what a directory says about somebody, in bytes.
const MAX_PROFILE: usize = 32 * 1024;
const TABLE: (&str, &str) = ("scim_user", "profile");

/// Attributes that mean something here, as the standard spells them.
const KNOWN: [&str; 6] = ["userName", "externalId", "displayName", "active", "name", "emails"];
/// What is said elsewhere, or never kept: a password is nobody's business.
const IGNORED: [&str; 5] = ["id", "meta", "schemas", "groups", "password"];

/// A user as they shall be.
pub(super) struct Incoming {
    pub(super) user_name: String,
    pub(super) external: Option<String>,
    /// Whether they may sign in; as before, if nobody says.
    pub(super) active: Option<bool>,
    pub(super) email: Option<Email>,
    pub(super) name: Option<MemberName>,
    /// All of it that isn't ours to say.
    pub(super) profile: Object,
}

impl Incoming {
    pub(super) fn read(object: Object) -> Result<Self, Bad> {
        let mut profile = named_well(object)?;
        let active = match profile.remove("active") {
            Some(value) => Some(flag(&value).ok_or(Bad::Value("active"))?),
            None => None,
        };
        profile.values_mut().for_each(settle_flags);
        let user_name = text(&profile, "userName")?.ok_or(Bad::Value("userName"))?;
        let external = text(&profile, "externalId")?;
        let email = email(&profile, &user_name)?;
        let name = name(&profile)?;
        if Value::Object(profile.clone()).to_string().len() > MAX_PROFILE {
            return Err(Bad::TooMany);
        }
        Ok(Self { user_name, external, active, email, name, profile })
    }
}

/// The attributes under the names that the standard gives them, without those that are nobody's to say and those that hold nothing.
fn named_well(object: Object) -> Result<Object, Bad> {
    let mut well = Object::new();
    for (name, value) in object {
        let known = KNOWN.iter().chain([&ENTERPRISE]).find(|known| known.eq_ignore_ascii_case(&name));
        let ignored = IGNORED.iter().any(|ignored| ignored.eq_ignore_ascii_case(&name));
        // Nothing and an empty list are the same (RFC 7643 §2.5).
        if ignored || value.is_null() || value.as_array().is_some_and(Vec::is_empty) {
            continue;
        }
        let name = known.map_or(name, |known| (*known).to_owned());
        if well.insert(name, value).is_some() {
            return Err(Bad::Syntax);
        }
    }
    Ok(well)
}

/// `primary` is true or false, whatever a directory writes.
fn settle_flags(value: &mut Value) {
    let Value::Array(elements) = value else { return };
    for element in elements.iter_mut().filter_map(Value::as_object_mut) {
        if let Some(primary) = element.get_mut("primary")
            && let Some(settled) = flag(primary)
        {
            *primary = settled.into();
        }
    }
}

/// A text that names somebody or something.
pub(super) fn text(object: &Object, name: &'static str) -> Result<Option<String>, Bad> {
    match object.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if is_plain(text) => Ok(Some(text.clone())),
        Some(_) => Err(Bad::Value(name)),
    }
}

fn is_plain(text: &str) -> bool {
    (1..=MAX_TEXT).contains(&text.chars().count()) && !text.trim().is_empty() && !text.chars().any(char::is_control)
}

/// Where they are reached: their primary address, else their first; else what they are called, if that is one.
fn email(profile: &Object, user_name: &str) -> Result<Option<Email>, Bad> {
    let Some(all) = profile.get("emails") else { return Ok(Email::parse(user_name).ok()) };
    let all = all.as_array().ok_or(Bad::Value("emails"))?;
    let all: Vec<&Object> = all.iter().map(Value::as_object).collect::<Option<_>>().ok_or(Bad::Value("emails"))?;
    let primary = all.iter().find(|one| one.get("primary") == Some(&Value::Bool(true))).or(all.first());
    let value = primary.and_then(|one| super::wire::named(one, "value")).and_then(Value::as_str);
    let email = value.map(Email::parse).transpose().map_err(|_| Bad::Value("emails"))?;
    Ok(email.or_else(|| Email::parse(user_name).ok()))
}

/// What colleagues call them.
fn name(profile: &Object) -> Result<Option<MemberName>, Bad> {
    match profile.get("displayName") {
        Some(Value::String(text)) => {
            return MemberName::parse(text.clone()).map(Some).map_err(|_| Bad::Value("displayName"));
        }
        Some(_) => return Err(Bad::Value("displayName")),
        None => {}
    }
    let Some(parts) = profile.get("name") else { return Ok(None) };
    let parts = parts.as_object().ok_or(Bad::Value("name"))?;
    let part = |name| super::wire::named(parts, name).and_then(Value::as_str);
    let whole = match (part("formatted"), part("givenName"), part("familyName")) {
        (Some(formatted), ..) => formatted.to_owned(),
        (None, Some(given), Some(family)) => format!("{given} {family}"),
        (None, Some(one), None) | (None, None, Some(one)) => one.to_owned(),
        (None, None, None) => return Ok(None),
    };
    Ok(MemberName::parse(whole).ok())
}

/// A user as they are kept.
pub(super) struct Found {
    pub(super) row: MemberRow,
    pub(super) user: Option<UserRow>,
    pub(super) groups: Vec<(TeamId, String)>,
}

impl Found {
    /// As the directory sees them. `subject` is their key, if they have one.
    pub(super) fn object(&self, view: &View, subject: Option<&Subject>) -> Result<Object, StoreError> {
        let Self { row, user, groups } = self;
        let mut object = match (user, subject) {
            (Some(user), Some(subject)) => opened(view.org, user, subject)?,
            _ => said_elsewhere(view.org, row, subject)?,
        };
        let updated = user.as_ref().map_or(row.updated_at, |user| user.updated_at.max(row.updated_at));
        let mut schemas = vec![Value::from(USER)];
        schemas.extend(object.keys().filter(|name| name.starts_with("urn:")).map(|urn| Value::from(urn.as_str())));
        object.insert("schemas".to_owned(), Value::Array(schemas));
        object.insert("id".to_owned(), row.id.to_string().into());
        object.insert("active".to_owned(), matches!(row.state, MemberState::Active | MemberState::Invited).into());
        if !groups.is_empty() {
            let group = |(id, name): &(TeamId, String)| json!({ "value": id, "display": name, "type": "direct", "$ref": view.at("Groups", id) });
            object.insert("groups".to_owned(), groups.iter().map(group).collect());
        }
        Ok(view.finished(object, "User", &view.at("Users", &row.id), (row.created_at, updated)))
    }
}

/// What is kept of what the directory said.
fn opened(org: OrgId, user: &UserRow, subject: &Subject) -> Result<Object, StoreError> {
    let profile = subject.open_in(org, TABLE, Some(&user.profile))?;
    let profile = profile.map(|profile| serde_json::from_str(profile.expose(Purpose::Colleague)));
    profile.transpose().map(Option::unwrap_or_default).map_err(|_| StoreError::Column("profile".into()))
}

/// What is known of a member about whom no directory has said anything.
fn said_elsewhere(org: OrgId, row: &MemberRow, subject: Option<&Subject>) -> Result<Object, StoreError> {
    let [email, name] = match subject {
        Some(subject) => subject.known(org, row)?,
        None => [None, None],
    };
    let clear = |value: &Option<Personal<String>>| value.as_ref().map(|one| one.expose(Purpose::Colleague).clone());
    let mut object = Object::new();
    // Whoever has no address is called by their id.
    object.insert("userName".to_owned(), clear(&email).unwrap_or_else(|| row.id.to_string()).into());
    if let Some(email) = clear(&email) {
        object.insert("emails".to_owned(), json!([{ "value": email, "type": "work", "primary": true }]));
    }
    if let Some(name) = clear(&name) {
        object.insert("displayName".to_owned(), name.into());
    }
    Ok(object)
}

/// What is kept of this, sealed.
pub(super) fn sealed(ctx: &sealpost_store::Ctx, subject: &Subject, profile: Object) -> sealpost_seal::Sealed<String> {
    subject.seal_in(ctx, TABLE, &Personal::new(Value::Object(profile).to_string()))
}

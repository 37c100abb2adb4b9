//! `GET /app/{env}/roles/{id}/sees`, and the same of a member: what somebody with a role sees.
//!
//! Nothing here is a list of its own: pages are those of the navigation, values are shown by the viewer that a session of that role
//! would get, and what counts as administrating is what [`networks`](crate::networks) says.

use askama::Template;
use sealpost_seal::{Personal, Viewer, viewer::Field};
use sealpost_store::Store;
use sealpost_web::shell::parts::Masked;
use sealpost_web::shell::{Icon, Nav};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use super::words;
use crate::networks::{Lists, administrative};
use crate::permissions::{ALL, CONTACTS_MATCH, CONTACTS_READ, DATA_REVEAL, MEMBERS_READ, MESSAGES_READ};
use crate::roles::api::Api;
use crate::roles::{Role, RoleRef, Visibility};
use crate::sessions::SessionAuthenticator;

/// Somebody who doesn't exist, as the demo has them.
const SOMEBODY: [(&str, Field, &str); 4] = [
    ("Name", Field::Name, "Ada Example"),
    ("Phone", Field::Phone, "+15550100124"),
    ("E-mail", Field::Email, "ada@example.com"),
    ("Message", Field::Payload, "Your code is 417-233. Call +15550100124."),
];

/// What somebody sees.
#[derive(Template)]
#[template(path = "roles/pages/sees.html")]
pub(crate) struct SeesPage {
    whose: Whose,
    role: (String, String),
    groups: Vec<Group>,
    /// Pages they have not.
    hidden: Vec<&'static str>,
    somebody: Vec<(&'static str, Masked)>,
    reveals: &'static str,
    finds: &'static str,
    visibility: &'static str,
    channels: Option<usize>,
    acts: Vec<(&'static str, &'static str)>,
    proves: bool,
    /// From where: of the role, and of the organisation, for pages and for what administrators do.
    networks: Vec<(&'static str, Vec<String>)>,
}

/// Whose view it is.
pub(crate) struct Whose {
    /// A role's or a member's name.
    pub(crate) called: String,
    /// What their page is called, and where it is.
    pub(crate) back: (String, String),
    /// Their teams, where that says what they see.
    pub(crate) teams: Vec<String>,
    /// Why they see nothing of it for now.
    pub(crate) not_now: Option<&'static str>,
}

struct Group {
    title: &'static str,
    entries: Vec<Nav>,
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/roles/{id}/sees")
        .needs(MEMBERS_READ)
        .page()
        .class(Class::Read)
        .summary("What members of a role see")
        .to(move |call| show(api.clone(), call))
}

async fn show(api: Api, call: Call) -> Result<Reply, Failure> {
    let reference: RoleRef = call.id("id")?;
    let (role, _) = super::show::read(&api.house, &call, reference).await?;
    let back = (role.name.clone(), call.at(&format!("/roles/{reference}")));
    let whose = Whose { called: role.name.clone(), back, teams: Vec::new(), not_now: None };
    of(&api.house, &api.sessions, &call, &role, whose).await
}

/// Shows what somebody with this role sees.
pub(crate) async fn of(
    house: &Store,
    sessions: &SessionAuthenticator,
    call: &Call,
    role: &Role,
    whose: Whose,
) -> Result<Reply, Failure> {
    let viewer = sessions.viewer(call.ctx.org, role).await?;
    let standing = sessions.networks(call.ctx.org.id).await?;
    let lists = standing.in_force(house.world().clock.now());
    let (seen, all) = (call.entries_for(role.permissions), call.entries_for(crate::permissions::EVERYTHING));
    let page = page(role, whose, seen, &all, &viewer, lists, |path| call.at(path));
    call.show(&format!("What {} sees", page.whose.called), &page)
}

/// The page; `seen` are the entries of the navigation that the role has, of `all`.
pub(super) fn page(
    role: &Role,
    whose: Whose,
    seen: Vec<Nav>,
    all: &[Nav],
    viewer: &Viewer,
    lists: &Lists,
    at: impl Fn(&str) -> String,
) -> SeesPage {
    let may = |permission| role.permissions.contains(permission);
    let hidden = all.iter().filter(|one| !seen.iter().any(|entry| entry.path == one.path)).map(|one| one.title);
    let networks = [
        ("This role", &role.cidrs),
        ("Members of the organisation", &lists.dashboard),
        ("Its administrators", &lists.admin),
    ];
    SeesPage {
        role: (role.name.clone(), at(&format!("/roles/{}", role.reference))),
        hidden: hidden.collect(),
        groups: grouped(seen),
        somebody: SOMEBODY
            .map(|(title, field, value)| (title, viewer.text(&Personal::new(value.to_owned()), field).into()))
            .into(),
        reveals: match (may(DATA_REVEAL), may(MESSAGES_READ) || may(CONTACTS_READ)) {
            (true, true) => "May see one in clear, with a passkey and a reason, on the record.",
            (false, true) => "Can’t see anybody in clear.",
            (_, false) => "Sees neither messages nor contacts: nobody of these.",
        },
        finds: match may(CONTACTS_MATCH) && viewer.sees_last4() {
            true => "By a whole number, address or id, and by the last four digits of a number",
            false if may(CONTACTS_READ) => "By a whole number, address or id",
            false => "Not at all",
        },
        visibility: words::visibility(role.visibility),
        channels: role.channels.as_ref().map(Vec::len),
        acts: role.permissions.intersection(administrative()).iter(ALL).map(|one| (one.title(), one.name())).collect(),
        proves: role.require_step_up,
        networks: networks
            .into_iter()
            .filter(|(_, list)| !list.as_slice().is_empty())
            .map(|(title, list)| (title, list.as_slice().iter().map(ToString::to_string).collect()))
            .collect(),
        whose: Whose { teams: if role.visibility == Visibility::Team { whose.teams } else { Vec::new() }, ..whose },
    }
}

fn grouped(entries: Vec<Nav>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for entry in entries {
        let title = match entry.group.title() {
            "" => "Every day",
            title => title,
        };
        match groups.last_mut() {
            Some(last) if last.title == title => last.entries.push(entry),
            _ => groups.push(Group { title, entries: vec![entry] }),
        }
    }
    groups
}

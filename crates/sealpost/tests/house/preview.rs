//! *Look as they do*: what an owner is shown as another role is what a member of that role is shown, and nothing can be done from there.

use std::collections::BTreeMap;

use serde_json::json;

use crate::api::{Answer, Ask};
use crate::canary::{Needles, Personal};
use crate::house::{House, Member, text};
use crate::objects::Objects;
use crate::surface::{Route, Surface};

/// Our roles.
const ROLES: [&str; 7] = ["owner", "super_admin", "admin", "developer", "agent", "auditor", "viewer"];

/// Whoever has a role, and how links name it.
struct Role {
    reference: String,
    member: Member,
}

/// Somebody of every role there is, and of one of the organisation's own that sees and may less than any of ours: none of what there is to
/// look at is theirs.
async fn roles(house: &House) -> Vec<Role> {
    let mut all = Vec::new();
    for role in ROLES {
        let (_, member) = house.whole_member(&format!("{role}@example.com"), role).await;
        all.push(Role { reference: role.to_owned(), member });
    }
    let own = json!({ "name": "Night shift", "permissions": ["contacts:read", "messages:read", "support:read"],
        "masks": "last4", "require_step_up": true, "idle_minutes": 15 });
    let own = text(&house.as_owner(Ask::post("/v1/roles", &own)).await, "id");
    let (_, member) = house.whole_member("night@example.com", &own).await;
    all.push(Role { reference: own, member });
    all
}

/// What is about whoever looks, and stays so: nobody becomes somebody else.
fn is_about_oneself(route: &Route) -> bool {
    route.path.starts_with("/app/{env}/you")
}

/// What there is to look at: one of each kind, made once.
struct Exhibits<'h> {
    house: &'h House,
    surface: &'h Surface,
    objects: Objects,
    made: BTreeMap<String, String>,
}

impl<'h> Exhibits<'h> {
    async fn new(house: &'h House, surface: &'h Surface) -> Self {
        Self { house, surface, objects: Objects::furnish(house).await, made: BTreeMap::new() }
    }

    /// The object this route is about, if it is about one.
    async fn of(&mut self, route: &Route) -> String {
        if !route.has_object() {
            return String::new();
        }
        if !self.made.contains_key(route.collection()) {
            let id = self.objects.fresh(self.house, self.surface, route).await;
            self.made.insert(route.collection().to_owned(), id);
        }
        self.made[route.collection()].clone()
    }
}

/// What a page says, without what names this one request, who looks, and that they look as others do.
fn content(answer: &Answer, reference: &str) -> String {
    let page = answer.text().replace(answer.header("x-request-id"), "…");
    let page = ["&amp;", "?", "&"].iter().fold(page, |page, sign| page.replace(&format!("{sign}as={reference}"), ""));
    let page = page.replace(&format!("<input type=\"hidden\" name=\"as\" value=\"{reference}\">"), "");
    let page = without(&page, "<p class=\"note warn\" role=\"status\" data-preview>", "</p>");
    let page = [" <span class=\"tag\">you</span>", " <span class=\"tag ok\">this one</span>"]
        .iter()
        .fold(page, |page, oneself| page.replace(oneself, ""));
    let page = ["name=\"_csrf\" value=\"", "name=\"idempotency_key\" value=\"", "data-csrf=\"", " data-at=\""]
        .iter()
        .fold(page, |page, before| without(&page, before, "\""));
    // Who looks; and how long ago something was.
    let page = without(&page, "<div class=\"me\">", "</small>");
    without(&page, "<time", "</time>")
}

/// A text without anything from `begin` to the next `end`.
pub(crate) fn without(text: &str, begin: &str, end: &str) -> String {
    let mut parts = text.split(begin);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |before, part| before + part.split_once(end).map_or("", |(_, rest)| rest))
}

/// Where two texts part.
fn differs(one: &str, other: &str) -> String {
    let at = one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count();
    let around = |text: &str| {
        let (from, to) = (at.saturating_sub(120), (at + 160).min(text.len()));
        String::from_utf8_lossy(text.as_bytes().get(from..to).unwrap_or_default()).into_owned()
    };
    format!("\n   preview: {}\n   member:  {}", around(one), around(other))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_seen_as_another_role_is_what_its_members_see_on_every_page() {
    let house = House::sqlite_saying("error").await;
    let (surface, needles) = (Surface::read(&house).await, Needles::new());
    let mut exhibits = Exhibits::new(&house, &surface).await;
    let personal = Personal::plant(&house).await;
    let roles = roles(&house).await;
    let owner = roles[0].member.clone();
    let (mut wrong, mut shown, mut hidden) = (Vec::new(), 0, 0);
    let pages = surface.routes.iter().filter(|route| route.page && route.method == "get");
    for route in pages.filter(|route| route.path.starts_with("/app")) {
        let planted = Some(personal.of(route)).filter(|id| route.has_object() && !id.is_empty());
        let id = match planted {
            Some(id) => id,
            None => exhibits.of(route).await,
        };
        let path = route.path_for(&id);
        for role in &roles {
            let previewed = Ask::get(format!("{path}?as={}", role.reference)).page().member(&owner);
            let own = Ask::get(path.clone()).page().member(&role.member);
            let (mut seen, mut meant) = (house.api.ask(previewed.clone()).await, house.api.ask(own.clone()).await);
            let what = format!("{} as {}", route.name(), role.reference);
            // A message that arrives between the two is no difference.
            for _ in 0..3 {
                if content(&seen, &role.reference) == content(&meant, &role.reference) {
                    break;
                }
                (seen, meant) = (house.api.ask(previewed.clone()).await, house.api.ask(own.clone()).await);
            }
            let found = needles.found_in(&seen.everything());
            wrong.extend(found.into_iter().map(|form| format!("{what} shows {form}")));
            if route.reveals {
                if (seen.status, &*seen.code()) != (403, "preview_read_only") {
                    wrong.push(format!("{what} is for clear values, and answers {} {}", seen.status, seen.code()));
                }
                continue;
            }
            if (seen.status, seen.code(), seen.required_permission())
                != (meant.status, meant.code(), meant.required_permission())
            {
                let (one, other) = ((seen.status, seen.code()), (meant.status, meant.code()));
                wrong.push(format!("{what} answers {one:?}, and its members {other:?}"));
                continue;
            }
            if (300..400).contains(&seen.status) {
                let leads_on = seen.header("location").contains(&format!("as={}", role.reference));
                if !leads_on {
                    wrong.push(format!("{what} leads to {} as oneself", seen.header("location")));
                }
                continue;
            }
            if !seen.text().contains("data-preview") {
                wrong.push(format!("{what} doesn’t say so"));
            }
            let (one, other) = (content(&seen, &role.reference), content(&meant, &role.reference));
            if one != other && !is_about_oneself(route) {
                wrong.push(format!("{what} differs: {}", differs(&one, &other)));
            }
            shown += usize::from(seen.status == 200);
            hidden += usize::from(seen.status == 403);
        }
    }
    assert!(shown > 200 && hidden > 100, "{shown} and {hidden} prove nothing");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_done_from_a_page_seen_as_another_role() {
    let house = House::sqlite_saying("error").await;
    let surface = Surface::read(&house).await;
    let mut exhibits = Exhibits::new(&house, &surface).await;
    let owner = house.owner().await;
    let page = house.api.ask(Ask::get("/app/test/contacts?as=super_admin").page().member(&owner)).await;
    let csrf = page.text().split("data-csrf=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_ne!(csrf, owner.csrf);
    let previewing = Member { csrf: csrf.clone(), ..owner.clone() };
    let (mut wrong, mut asked) = (Vec::new(), 0);
    for route in surface.routes.iter().filter(|route| !route.is_open() && !route.directory) {
        if route.method == "get" {
            // What is no page of the dashboard has no such parameter.
            if !route.page || !route.path.starts_with("/app") {
                let path = route.path_for("none");
                let answer = house.api.ask(Ask::get(format!("{path}?as=viewer")).member(&owner)).await;
                if answer.status < 400 {
                    wrong.push(format!("{} takes a role: {}", route.name(), answer.status));
                }
            }
            continue;
        }
        let id = exhibits.of(route).await;
        let ask = exhibits.objects.on(&house, route, &id).await;
        let by_header = house.api.ask(ask.clone().member(&previewing)).await;
        if (by_header.status, &*by_header.code()) != (403, "preview_read_only") {
            wrong.push(format!("{} answers {} {}", route.name(), by_header.status, by_header.code()));
        }
        if route.form {
            let mut body = exhibits.objects.body(&house, route).await;
            body["_csrf"] = json!(csrf);
            let form = Ask::new(&route.method, route.path_for(&id)).page().of_own_page();
            let answer = house.api.ask(form.header("cookie", &owner.cookie).form(&body)).await;
            if (answer.status, &*answer.code()) != (403, "preview_read_only") {
                wrong.push(format!("the form of {} answers {} {}", route.name(), answer.status, answer.code()));
            }
        }
        asked += 1;
    }
    assert!(asked > 200, "{asked} prove nothing");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

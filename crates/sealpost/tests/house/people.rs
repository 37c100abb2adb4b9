//! Members from outside: their passkeys, in software, and what their sessions are good for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sealpost_seal::rng::SystemRng;
use sealpost_seal::webauthn::RelyingParty;
use sealpost_seal::webauthn::testing::Authenticator;
use serde_json::{Value, json};

use crate::api::{Answer, Ask, ORIGIN};
use crate::house::{House, Member, text};
use crate::surface::Surface;

crate::on_both_engines! {
    a_member_registers_a_passkey_signs_in_with_it_and_proves_it_anew
    whoever_is_invited_may_do_nothing_before_they_have_a_passkey
    the_matrix_of_roles_is_what_is_done
    a_role_sees_as_much_of_a_number_as_its_profile_shows
    a_change_of_a_role_holds_on_the_next_request
    what_a_role_is_said_to_see_is_what_its_members_see
    a_form_changes_nothing_that_it_has_no_field_for
    a_colleagues_address_is_seen_by_colleagues_alone
}

const PARTY: RelyingParty<'static> = RelyingParty { id: "localhost", origin: ORIGIN };

fn text_of(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn bytes_of(value: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(value.as_str().unwrap()).unwrap()
}

/// A passkey and what its member is called by it.
pub(crate) struct Device {
    authenticator: Authenticator,
    user: Vec<u8>,
}

impl Device {
    pub(crate) fn assertion(&mut self, options: &Value) -> Value {
        let used = self.authenticator.assert(PARTY, &bytes_of(&options["challenge"]));
        json!({
            "credential_id": text_of(&self.authenticator.credential_id),
            "client_data": text_of(&used.client_data),
            "authenticator_data": text_of(&used.authenticator_data),
            "signature": text_of(&used.signature),
            "user_handle": text_of(&self.user),
        })
    }
}

impl House {
    /// What registers a new passkey for this member, and the passkey.
    pub(crate) async fn new_passkey(&self, member: &Member) -> (Ask, Device) {
        let options = self.api.must(Ask::new("post", "/v1/me/passkeys/options").member(member)).await;
        let authenticator = Authenticator::new(&SystemRng);
        let made = authenticator.register(PARTY, &bytes_of(&options["challenge"]));
        let body = json!({ "client_data": text_of(&made.client_data), "attestation": text_of(&made.attestation) });
        let device = Device { authenticator, user: bytes_of(&options["user_id"]) };
        (Ask::post("/v1/me/passkeys", &body).member(member), device)
    }

    /// A new passkey of this member: its id, and what holds it.
    pub(crate) async fn passkey(&self, member: &Member) -> (String, Device) {
        let (ask, device) = self.new_passkey(member).await;
        (text(&self.api.must(ask).await, "id"), device)
    }

    /// What signs in with a passkey.
    pub(crate) async fn signing_in(&self, device: &mut Device) -> Ask {
        let page = self.api.ask(Ask::get("/sign-in")).await;
        let (visit, csrf) = (page.cookie("__Host-sealpost_visit"), page.csrf_meta());
        let from = |ask: Ask| ask.of_own_page().header("cookie", &visit).header("x-csrf-token", &csrf);
        let options = self.api.must(from(Ask::new("post", "/sign-in/passkey/options"))).await;
        from(Ask::post("/sign-in/passkey", &device.assertion(&options)))
    }

    /// What proves anew that it is this member.
    pub(crate) async fn proving(&self, member: &Member, device: &mut Device) -> Ask {
        let options = self.api.must(Ask::new("post", "/v1/me/proof/options").member(member)).await;
        Ask::post("/v1/me/proof", &device.assertion(&options)).member(member)
    }

    /// What signs in with a recovery code of this member.
    pub(crate) async fn recovering(&self, member: &Member) -> Ask {
        let page = self.api.ask(Ask::new("post", "/sign-in/recovery-codes").member(member).form(&json!({}))).await;
        let shown = page.text();
        let code = shown.split_once("<li><code>").and_then(|(_, rest)| rest.split('<').next()).unwrap().to_owned();
        let page = self.api.ask(Ask::get("/sign-in/recovery")).await;
        let (visit, csrf) = (page.cookie("__Host-sealpost_visit"), page.csrf());
        let ask = Ask::new("post", "/sign-in/recovery").of_own_page().header("cookie", &visit);
        ask.form(&json!({ "code": code, "_csrf": csrf }))
    }

    /// Somebody is invited: the member to be, and the path of their link.
    pub(crate) async fn invited(&self, email: &str, role: &str) -> (String, String) {
        let body = json!({ "email": email, "name": "Sam Example", "role": role });
        let made = self.as_owner(Ask::post("/v1/invitations", &body)).await;
        let link = text(&made, "link");
        (text(&made, "id"), link.strip_prefix(ORIGIN).unwrap_or_else(|| panic!("{link}")).to_owned())
    }

    /// A member of this role who came in by an invitation and has a passkey.
    pub(crate) async fn whole_member(&self, email: &str, role: &str) -> (String, Member) {
        let (id, link) = self.invited(email, role).await;
        let (member, next) = self.follow(&link).await;
        assert_eq!(next, "/sign-in/passkey");
        self.passkey(&member).await;
        (id, member)
    }
}

fn signed_in(answer: &Answer) -> Member {
    assert_eq!(answer.status, 200, "{}", answer.text());
    Member { cookie: answer.cookie("__Host-sealpost_session"), csrf: String::new() }
}

async fn a_member_registers_a_passkey_signs_in_with_it_and_proves_it_anew(house: House) {
    let owner = house.owner().await;
    let (id, mut device) = house.passkey(&owner).await;
    let sign_in = house.signing_in(&mut device).await;
    let mut again = signed_in(&house.api.ask(sign_in.clone()).await);
    assert_eq!(house.api.ask(sign_in).await.code(), "challenge_spent", "an answer is believed once");
    let own = house.api.must(Ask::get("/v1/session").member(&again)).await;
    again.csrf = text(&own, "csrf_token");
    assert!(own["proved_at"].is_string());
    let listed = house.api.must(Ask::get("/v1/me/passkeys").member(&again)).await;
    assert_eq!(listed["data"][0]["id"], id);
    let proof = house.proving(&again, &mut device).await;
    assert_eq!(house.api.ask(proof).await.status, 204);
    let only = house.api.ask(Ask::new("delete", format!("/v1/me/passkeys/{id}")).member(&again)).await;
    assert_eq!(only.code(), "last_passkey");

    let recover = house.recovering(&again).await;
    let in_again = house.api.ask(recover.clone()).await;
    assert_eq!((in_again.status, in_again.header("location")), (303, "/sign-in/passkey"));
    assert_eq!(house.api.ask(recover).await.status, 403);
}

async fn whoever_is_invited_may_do_nothing_before_they_have_a_passkey(house: House) {
    let (id, link) = house.invited("sam@example.com", "agent").await;
    let (sam, next) = house.follow(&link).await;
    assert_eq!(next, "/sign-in/passkey");
    assert_eq!(house.api.ask(Ask::get("/v1/contacts").member(&sam)).await.code(), "passkey_required");
    house.passkey(&sam).await;
    assert_eq!(house.api.ask(Ask::get("/v1/contacts").member(&sam)).await.status, 200);
    let member = house.as_owner(Ask::get(format!("/v1/members/{id}"))).await;
    assert_eq!((&member["state"], &member["email"]), (&json!("active"), &json!("sam@example.com")));
    // Their role is taken from them while they are signed in.
    let role = json!({ "role": "viewer" });
    house.as_owner(Ask::new("put", format!("/v1/members/{id}/role")).json(&role)).await;
    assert_eq!(house.api.ask(Ask::get("/v1/contacts").member(&sam)).await.code(), "session_ended");
}

async fn the_matrix_of_roles_is_what_is_done(house: House) {
    let surface = Surface::read(&house).await;
    let matrix = house.get("/v1/roles/matrix").await;
    let lines = matrix["routes"].as_array().unwrap();
    let closed = surface.routes.iter().filter(|route| !route.is_open());
    assert_eq!(lines.len(), closed.clone().count());
    for role in matrix["roles"].as_array().unwrap() {
        let member = house.member(role.as_str().unwrap()).await;
        let own = house.api.must(Ask::get("/v1/session").member(&member)).await;
        let holds = |permission: &Value| own["permissions"].as_array().unwrap().contains(permission);
        for line in lines {
            let may = line["roles"].as_array().unwrap().contains(role);
            let by_members = line["directory_only"] == false;
            assert_eq!(
                may,
                by_members && (line["permission"].is_null() || holds(&line["permission"])),
                "{role} {line}"
            );
        }
    }
    let page = house.api.ask(Ask::get("/docs/roles")).await;
    assert!(closed.into_iter().all(|route| page.text().contains(&route.path)));
}

async fn a_role_sees_as_much_of_a_number_as_its_profile_shows(house: House) {
    let contact = json!({ "name": "Ada Example", "phone": "+12025550142" });
    let id = text(&house.post("/v1/contacts", &contact).await, "id");
    for (role, shown) in [("viewer", "xxxxx"), ("agent", "0142"), ("owner", "120")] {
        let member = house.member(role).await;
        let seen = house.api.must(Ask::get(format!("/v1/contacts/{id}")).member(&member)).await;
        let display = seen["phone"]["display"].as_str().unwrap();
        assert!(display.contains(shown) && !display.contains("55501"), "{role} sees {display}");
    }
}

async fn a_change_of_a_role_holds_on_the_next_request(house: House) {
    let body = |permissions: &[&str]| json!({ "name": "Night shift", "permissions": permissions, "masks": "full" });
    let role = house.as_owner(Ask::post("/v1/roles", &body(&["contacts:read", "messages:read"]))).await;
    let role = text(&role, "id");
    let (_, sam) = house.whole_member("sam@example.com", &role).await;
    for permissions in [&["contacts:read"][..], &["messages:read"], &["contacts:read", "messages:read"]] {
        house.as_owner(Ask::new("put", format!("/v1/roles/{role}")).json(&body(permissions))).await;
        for (path, permission) in [("/v1/contacts", "contacts:read"), ("/v1/messages", "messages:read")] {
            let answer = house.api.ask(Ask::get(path).member(&sam)).await;
            assert_eq!(answer.status == 200, permissions.contains(&permission), "{path} with {permissions:?}");
        }
    }
    let in_use = house.api.ask(Ask::new("delete", format!("/v1/roles/{role}")).member(&house.standing_owner().await));
    assert_eq!(in_use.await.code(), "role_in_use");
}

async fn a_colleagues_address_is_seen_by_colleagues_alone(house: House) {
    const MARKS: [&str; 2] = ["qzxcolleague", "Qzxsam"];
    let body = json!({ "email": format!("{}@example.com", MARKS[0]), "name": MARKS[1], "role": "viewer" });
    let made = house.as_owner(Ask::post("/v1/invitations", &body)).await;
    let id = text(&made, "id");
    let again = house.api.ask(Ask::post("/v1/invitations", &body).member(&house.standing_owner().await)).await;
    assert_eq!(again.code(), "member_exists");
    let surface = Surface::read(&house).await;
    let stranger = house.key_with(&surface.without("members:read")).await.1;
    let holds = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        MARKS.iter().any(|mark| text.contains(mark))
    };
    for route in surface.routes.iter().filter(|route| route.method == "get") {
        let ask = Ask::get(route.path_for(&id));
        for answer in [
            house.api.ask(ask.clone().key(&stranger)).await,
            house.api.ask(ask.clone().key(&house.keys.foreign)).await,
            house.api.ask(ask.clone()).await,
        ] {
            assert!(!holds(&answer.everything()), "{}: {}", route.name(), answer.text());
        }
    }
    assert!(!holds(&again.everything()) && !holds(made.to_string().as_bytes()));
    for (place, bytes) in house.stored().await {
        assert!(!holds(&bytes), "{place}");
    }
    assert!(!holds(house.log().as_bytes()));
    // And so that this test can fail:
    let listed = house.get("/v1/invitations").await;
    assert!(holds(listed.to_string().as_bytes()), "{listed}");
}

/// What stands between two texts, wherever it does.
fn all_between<'a>(page: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    page.split(before).skip(1).filter_map(|rest| rest.split(after).next()).collect()
}

async fn what_a_role_is_said_to_see_is_what_its_members_see(house: House) {
    let owner = house.owner().await;
    let phone = json!({ "phone": "+15550100124" });
    let contact = text(&house.post("/v1/contacts", &phone).await, "id");
    for role in ["owner", "admin", "developer", "agent", "auditor", "viewer"] {
        let member = house.member(role).await;
        let said = house.api.ask(Ask::get(format!("/app/test/roles/{role}/sees")).member(&owner)).await.text();
        let own = house.api.must(Ask::get("/v1/session").member(&member)).await;
        let of_member = format!("/app/test/people/{}/sees", text(&own, "member_id"));
        let said_of_member = house.api.ask(Ask::get(of_member).member(&owner)).await.text();
        let pages = |page: &str| -> Vec<String> {
            let list = all_between(page, "<h2>Pages</h2>", "</section>").concat();
            all_between(&list, "</svg><div>", "<").into_iter().map(|one| one.trim().to_owned()).collect()
        };
        let home = house.api.ask(Ask::get("/app/test").member(&member)).await.text();
        let rail = all_between(&home, "<div class=\"nav\">", "<div class=\"me\">").concat();
        let there: Vec<&str> = all_between(&rail, "</svg>", "</a>").into_iter().map(str::trim).collect();
        assert!(!there.is_empty() && pages(&said) == there, "{role}: {:?} {there:?}", pages(&said));
        assert_eq!(pages(&said_of_member), there, "{role}");
        let shown = house.api.ask(Ask::get(format!("/app/test/contacts/{contact}")).member(&member)).await;
        if shown.status == 200 {
            let number = |page: &str| all_between(page, "<dt>Phone</dt><dd>", "</dd>").concat();
            assert_eq!(number(&said), number(&shown.text()), "{role}");
        }
    }
}

async fn a_form_changes_nothing_that_it_has_no_field_for(house: House) {
    let owner = house.owner().await;
    let ask = |ask: Ask| house.api.must(ask.member(&owner));
    // A role for no channel at all stays one.
    let role = json!({ "name": "Night shift", "permissions": ["messages:read"], "channels": [] });
    let role = text(&ask(Ask::post("/v1/roles", &role)).await, "id");
    let form =
        json!({ "name": "Day shift", "permissions": ["messages:read"], "visibility": "team", "_csrf": owner.csrf });
    let edit = Ask::new("post", format!("/app/test/roles/{role}/edit")).form(&form).member(&owner);
    let edited = house.api.ask(edit).await;
    assert_eq!(edited.status, 303, "{}", edited.text());
    let after = ask(Ask::get(format!("/v1/roles/{role}"))).await;
    assert_eq!((&after["name"], &after["channels"]), (&json!("Day shift"), &json!([])), "{after}");
    // Who is invited into a team stays in it when others are chosen.
    let team = text(&ask(Ask::post("/v1/teams", &json!({ "name": "Front desk" }))).await, "id");
    let invited = json!({ "email": "sam@example.com", "role": "agent", "teams": [team] });
    ask(Ask::post("/v1/invitations", &invited)).await;
    let before = ask(Ask::get(format!("/v1/teams/{team}"))).await["members"].clone();
    assert_eq!(before.as_array().map(Vec::len), Some(1), "{before}");
    let page = house.api.ask(Ask::get(format!("/app/test/teams/{team}/edit")).page().member(&owner)).await.text();
    let ticked = page.contains(&format!("value=\"{}\" checked", before[0].as_str().unwrap_or_default()));
    assert!(ticked, "{page}");
}

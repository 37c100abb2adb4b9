//! Who comes by a service, as what, and who doesn't; on both engines. What the protocols themselves refuse is theirs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use sealpost_egress::client::Client;
use sealpost_egress::guard::Policy;
use sealpost_egress::network::Network;
use sealpost_egress::resolve::{FixedResolver, ResolveError};
use sealpost_egress::text::{TextLookup, TextResolver};
use sealpost_egress::tls::Trust;
use sealpost_ledger::Leaf;
use sealpost_seal::normal::Email;
use sealpost_store::testing::TestStore;
use sealpost_store::{Ctx, Environment, MemberId, RequestId, SsoConnectionId, Store, both_engines};
use sealpost_web::{App, Authenticator, Presented, Registry, Via, WebConfig};
use serde_json::{Value, json};

use super::service::Changes;
use super::{
    Browser, Connection, GroupRole, Kind, New, Spent, Sso, Vouched, arrive, codes, domains, policy, service, store,
};
use crate::Credentials;
use crate::api_keys::KeyAuthenticator;
use crate::mail::Post;
use crate::members::{self, Invitation, MemberState, Members};
use crate::organisations::operator;
use crate::roles::{RoleRef, Standard};
use crate::scim::ScimAuthenticator;
use crate::sessions::{self, Agent, Method, Opened, Opening, SessionAuthenticator, network_name};

const PEER: &str = "192.0.2.10";
const VIEWER: RoleRef = RoleRef::Standard(Standard::Viewer);
const AGENT: RoleRef = RoleRef::Standard(Standard::Agent);
const ADMIN: RoleRef = RoleRef::Standard(Standard::Admin);

/// DNS as the test says it is.
#[derive(Default)]
struct Records(Mutex<HashMap<String, String>>);

impl TextResolver for Records {
    fn text<'a>(&'a self, name: &'a str) -> TextLookup<'a> {
        let found = self.0.lock().unwrap().get(name).cloned();
        Box::pin(std::future::ready(found.map(|text| vec!["v=spf1 -all".into(), text]).ok_or(ResolveError::NotFound)))
    }
}

struct House {
    test: TestStore,
    ctx: Ctx,
    sso: Sso,
    records: Arc<Records>,
    sessions: Arc<SessionAuthenticator>,
    app: App,
}

/// What a service says of somebody.
fn vouched(subject: &str, email: Option<&str>, groups: &[&str]) -> Vouched {
    Vouched {
        issuer: "https://idp.example".into(),
        subject: subject.into(),
        email: email.map(|email| Email::parse(email).unwrap()),
        name: None,
        groups: groups.iter().map(|one| (*one).to_owned()).collect(),
    }
}

impl House {
    async fn new(test: TestStore) -> Self {
        let ctx = by_operator(&test).await;
        let (members, sessions) = (Members::new(test.store.clone()), SessionAuthenticator::new(test.store.clone()));
        let records = Arc::<Records>::default();
        let client = Client::new(Network::new(Policy::strict(), FixedResolver::new()), &Trust::new([]).unwrap());
        let ways = (client.unwrap(), records.clone() as Arc<dyn TextResolver>);
        let sso = Sso::new(members, ways, sessions.clone(), "https://localhost", "/app");
        let post = Post::new(None, "https://localhost");
        let features = vec![
            super::feature(&sso),
            members::feature(sso.members.clone(), sessions.clone(), post, members::Gate::OPEN),
            sessions::feature(test.store.clone(), sessions.clone()),
        ];
        let credentials = Credentials::new(
            KeyAuthenticator::new(test.store.clone()),
            sessions.clone(),
            ScimAuthenticator::new(test.store.clone()),
        );
        let registry = Registry::new(features, credentials, test.store.clone(), WebConfig::default()).unwrap();
        Self { app: registry.app(), test, ctx, sso, records, sessions }
    }

    fn store(&self) -> &Store {
        &self.test.store
    }

    async fn connection(&self, newcomers: Option<RoleRef>, groups: &[(&str, RoleRef)]) -> Connection {
        let groups = groups.iter().map(|(group, role)| GroupRole { group: (*group).into(), role: *role }).collect();
        let new = New { kind: Kind::Oidc, name: "Company sign-in".into(), settings: "{}".into(), newcomers, groups };
        let (keys, org) = self.keys().await;
        let made = self.store().write(&self.ctx, move |tx| service::create(tx, (&keys, &org), &new)).await;
        made.unwrap()
    }

    async fn keys(&self) -> (sealpost_store::Keys, Arc<sealpost_store::OrgKeys>) {
        let keys = self.store().keys().clone();
        let org = keys.organisation(self.ctx.org.id).await.unwrap();
        (keys, org)
    }

    /// Somebody who is invited.
    async fn invited(&self, email: &str, role: RoleRef) -> MemberId {
        let email = Email::parse(email).unwrap();
        let new = self.sso.members.prepare(&self.ctx, Invitation { email, name: None, role, teams: Vec::new() });
        let new = new.await.unwrap();
        let (keys, org) = self.keys().await;
        let act = move |tx: &mut sealpost_store::Tx<'_>| members::invite(tx, (&keys, &org), &new);
        self.store().write(&self.ctx, act).await.unwrap().id
    }

    /// A member who is signed in with something else than a service.
    async fn signed_in(&self, role: RoleRef, method: Method) -> Result<(MemberId, String), String> {
        let member = self.store().write(&self.ctx, move |tx| members::create(tx, role)).await.unwrap();
        self.sign_in(member, method).await.map(|token| (member, token))
    }

    async fn sign_in(&self, member: MemberId, method: Method) -> Result<String, String> {
        let (keys, org) = self.keys().await;
        let network = network_name(&org, member, PEER.parse().unwrap());
        let opening = Opening { member, method, agent: Agent::of(None), network, passkey: None, connection: None };
        let opened = self.store().write(&self.ctx, move |tx| sessions::open(tx, &keys, &opening)).await;
        opened.map(|opened| opened.token.expose().to_owned()).map_err(code)
    }

    async fn come(&self, connection: &Connection, who: Vouched, spent: u8) -> Result<String, String> {
        self.come_to(&self.ctx, connection, who, spent).await.map(|opened| opened.token.expose().to_owned())
    }

    async fn come_to(&self, ctx: &Ctx, connection: &Connection, who: Vouched, spent: u8) -> Result<Opened, String> {
        let request = RequestId::new(&ctx.world);
        let browser = Browser { peer: PEER.parse().unwrap(), agent: Agent::of(None), request };
        let spent = Spent { what: [spent; 32], until: ctx.now().plus_ms(60_000) };
        arrive(&self.sso, ctx.org, connection, who, browser, spent).await.map_err(code)
    }

    /// Whether somebody is believed by this session.
    async fn believes(&self, token: &str) -> bool {
        let presented = Presented { via: Via::Session, text: token, environment: Environment::Live };
        self.sessions.authenticate(presented, PEER.parse().unwrap(), false).await.is_ok()
    }

    async fn member(&self, id: MemberId) -> (RoleRef, MemberState) {
        let found = self.store().read(&self.ctx, move |tx| members::find(tx, id)).await.unwrap().unwrap();
        (found.role, found.state)
    }

    /// Whose session this is.
    async fn whose(&self, token: &str) -> MemberId {
        let presented = Presented { via: Via::Session, text: token, environment: Environment::Live };
        let caller = self.sessions.authenticate(presented, PEER.parse().unwrap(), false).await.ok().unwrap();
        MemberId::from_bytes(caller.actor.id)
    }

    /// Claims a domain and proves it.
    async fn prove(&self, name: &'static str, connection: SsoConnectionId) {
        let (keys, org) = self.keys().await;
        let claimed =
            self.store().write(&self.ctx, move |tx| domains::claim(tx, &org, name, connection)).await.unwrap();
        assert!(!domains::is_proved(&self.sso, &claimed).await);
        self.records.0.lock().unwrap().insert(claimed.record_name(), claimed.record());
        assert!(domains::is_proved(&self.sso, &claimed).await);
        let org = keys.organisation(self.ctx.org.id).await.unwrap();
        self.store().write(&self.ctx, move |tx| domains::verify(tx, (&keys, &org), name)).await.unwrap();
    }

    async fn require(&self, required: bool) -> Result<bool, String> {
        self.store().write(&self.ctx, move |tx| policy::require(tx, required)).await.map_err(code)
    }

    async fn change(&self, id: SsoConnectionId, changes: Changes) -> Result<Connection, String> {
        let (_, org) = self.keys().await;
        let act = move |tx: &mut sealpost_store::Tx<'_>| service::update(tx, &org, id, None, changes);
        self.store().write(&self.ctx, act).await.map_err(code)
    }

    async fn refusal(&self, id: SsoConnectionId) -> Option<String> {
        let found = self.store().read(&self.ctx, move |tx| store::find(tx, id)).await.unwrap().unwrap();
        found.refused.map(|(_, why)| why)
    }

    async fn acts(&self) -> Vec<String> {
        let leaves = self.store().ledger_leaves(&self.ctx, 0, 1000).await.unwrap();
        let told = |leaf: Leaf| match leaf.reason {
            Some(reason) => format!("{} {}", leaf.action, reason),
            None => leaf.action.to_string(),
        };
        leaves.iter().map(|row| told(Leaf::decode(&row.leaf).unwrap())).collect()
    }

    async fn ask(&self, token: &str, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let send = async |csrf: &str, method: &str, path: &str, body: Option<Value>| {
            let request = http::Request::builder()
                .method(method)
                .uri(path)
                .header("cookie", format!("__Host-sealpost_session={token}"))
                .header("x-csrf-token", csrf)
                .header("origin", "https://localhost")
                .header("sec-fetch-site", "same-origin")
                .header("content-type", "application/json");
            let body = body.map_or(Bytes::new(), |body| Bytes::from(body.to_string()));
            let response = self.app.respond(request.body(Full::new(body)).unwrap(), PEER.parse().unwrap()).await;
            let status = response.status().as_u16();
            let body = response.into_body().collect().await.unwrap().to_bytes();
            (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
        };
        let (_, own) = send("", "GET", "/v1/session", None).await;
        send(own["csrf_token"].as_str().unwrap_or_default(), method, path, body).await
    }
}

/// A new organisation, and somebody with a shell on the host who acts in it.
async fn by_operator(test: &TestStore) -> Ctx {
    operator(&test.store, test.organisation().await.org)
}

fn code(failure: sealpost_web::Failure) -> String {
    match failure {
        sealpost_web::Failure::Refused(refusal) if refusal.code() == &codes::SSO_REFUSED => {
            refusal.errors()[0].code.to_string()
        }
        sealpost_web::Failure::Refused(refusal) => refusal.code().code.to_owned(),
        sealpost_web::Failure::Fault(fault) => format!("fault: {fault}"),
    }
}

both_engines! {
    async fn whoever_is_invited_comes_in_once_by_address_and_then_by_name(test: TestStore) {
        let house = House::new(test).await;
        let connection = house.connection(None, &[]).await;
        let ada = house.invited("Ada@clinic.example", AGENT).await;
        let token = house.come(&connection, vouched("u1", Some("ada@clinic.example"), &[]), 1).await.unwrap();
        assert_eq!((house.whose(&token).await, house.member(ada).await), (ada, (AGENT, MemberState::Active)));
        // With another address, or none, it is still them; somebody else with their address is not.
        let token = house.come(&connection, vouched("u1", None, &[]), 2).await.unwrap();
        assert_eq!(house.whose(&token).await, ada);
        let acts = house.acts().await;
        assert!(acts.contains(&"member.link".into()) && acts.contains(&"session.create oidc".into()), "{acts:?}");
        let other = Vouched { issuer: "https://other.example".into(), ..vouched("u1", None, &[]) };
        assert_eq!(house.come(&connection, other, 3).await.unwrap_err(), "email_missing");
    }

    async fn nobody_comes_in_whom_nobody_knows(test: TestStore) {
        let house = House::new(test).await;
        let closed = house.connection(None, &[]).await;
        let someone = || vouched("u9", Some("eve@clinic.example"), &[]);
        assert_eq!(house.come(&closed, someone(), 1).await.unwrap_err(), "member_unknown");
        assert_eq!(house.refusal(closed.id).await.as_deref(), Some("member_unknown"));
        let open = house.connection(Some(VIEWER), &[]).await;
        assert_eq!(house.come(&open, someone(), 2).await.unwrap_err(), "domain_not_verified");
        assert_eq!(house.come(&open, vouched("u9", None, &[]), 3).await.unwrap_err(), "email_missing");
        house.prove("clinic.example", open.id).await;
        let token = house.come(&open, someone(), 4).await.unwrap();
        assert_eq!(house.member(house.whose(&token).await).await, (VIEWER, MemberState::Active));
        assert!(house.acts().await.contains(&"member.create sso".into()));
        // Not a subdomain of it, and not a name that ends alike.
        for (at, email) in ["x@sub.clinic.example", "x@notclinic.example"].into_iter().enumerate() {
            let refused = house.come(&open, vouched("u10", Some(email), &[]), 5 + at as u8).await;
            assert_eq!(refused.unwrap_err(), "domain_not_verified", "{email}");
        }
    }

    async fn an_owner_is_nobody_to_a_service(test: TestStore) {
        let house = House::new(test).await;
        let connection = house.connection(None, &[]).await;
        house.invited("owner@clinic.example", RoleRef::Standard(Standard::Owner)).await;
        let refused = house.come(&connection, vouched("u1", Some("owner@clinic.example"), &[]), 1).await;
        assert_eq!(refused.unwrap_err(), "owner_signs_in_by_passkey");
        // Nor one who came by it before they were an owner.
        let ada = house.invited("ada@clinic.example", AGENT).await;
        house.come(&connection, vouched("u2", Some("ada@clinic.example"), &[]), 2).await.unwrap();
        let (_, org) = house.keys().await;
        let promote = move |tx: &mut sealpost_store::Tx<'_>| {
            members::set_role(tx, &org, members::TheirRole { member: ada, role: RoleRef::Standard(Standard::Owner) }, None)
        };
        house.store().write(&house.ctx, promote).await.unwrap();
        let refused = house.come(&connection, vouched("u2", None, &[]), 3).await;
        assert_eq!(refused.unwrap_err(), "owner_signs_in_by_passkey");
    }

    async fn whoever_comes_in_two_windows_at_once_is_one_person(test: TestStore) {
        let house = House::new(test).await;
        let connection = house.connection(None, &[]).await;
        let ada = house.invited("ada@clinic.example", AGENT).await;
        let come = |spent| house.come(&connection, vouched("u1", Some("ada@clinic.example"), &[]), spent);
        let (one, other) = tokio::join!(come(1), come(2));
        assert!(one.is_ok() || other.is_ok());
        for outcome in [one, other] {
            match outcome {
                Ok(token) => assert_eq!(house.whose(&token).await, ada),
                // Whoever is second while the first joins comes again.
                Err(why) => assert_eq!(why, "changed_meanwhile"),
            }
        }
    }

    async fn what_was_vouched_for_counts_once_whoever_is_first(test: TestStore) {
        let house = House::new(test).await;
        let connection = house.connection(None, &[]).await;
        house.invited("ada@clinic.example", AGENT).await;
        house.come(&connection, vouched("u1", Some("ada@clinic.example"), &[]), 1).await.unwrap();
        let all = futures_util::future::join_all((0..8).map(|_| house.come(&connection, vouched("u1", None, &[]), 2)));
        let outcomes = all.await;
        assert_eq!(outcomes.iter().filter(|one| one.is_ok()).count(), 1);
        let refused: Vec<_> = outcomes.into_iter().filter_map(Result::err).collect();
        assert!(refused.iter().all(|why| why == "replayed"), "{refused:?}");
        // Whoever is refused for another reason has spent nothing.
        house.change(connection.id, Changes { enabled: Some(false), ..Changes::default() }).await.unwrap();
        assert_eq!(house.come(&connection, vouched("u1", None, &[]), 3).await.unwrap_err(), "connection_changed");
        let again = house.change(connection.id, Changes { enabled: Some(true), ..Changes::default() }).await.unwrap();
        assert!(house.come(&again, vouched("u1", None, &[]), 3).await.is_ok());
    }

    async fn groups_say_which_role_and_a_change_of_it_signs_out_elsewhere(test: TestStore) {
        let house = House::new(test).await;
        let connection = house.connection(Some(VIEWER), &[("admins", ADMIN), ("desk", AGENT)]).await;
        let ada = house.invited("ada@clinic.example", VIEWER).await;
        let come = async |groups: &[&str], spent| {
            house.come(&connection, vouched("u1", Some("ada@clinic.example"), groups), spent).await.unwrap()
        };
        let first = come(&["desk", "admins"], 1).await;
        assert_eq!(house.member(ada).await.0, ADMIN);
        let second = come(&["admins"], 2).await;
        assert!(house.believes(&first).await && house.believes(&second).await);
        let third = come(&["desk"], 3).await;
        assert_eq!(house.member(ada).await.0, AGENT);
        assert!(!house.believes(&first).await && !house.believes(&second).await && house.believes(&third).await);
        come(&[], 4).await;
        assert_eq!(house.member(ada).await.0, VIEWER);
        assert!(house.acts().await.contains(&"member.role group".into()));
    }

    async fn whoever_is_suspended_or_removed_stays_outside(test: TestStore) {
        let house = House::new(test).await;
        let connection = house.connection(None, &[]).await;
        let ada = house.invited("ada@clinic.example", AGENT).await;
        let token = house.come(&connection, vouched("u1", Some("ada@clinic.example"), &[]), 1).await.unwrap();
        house.store().write(&house.ctx, move |tx| members::suspend(tx, ada)).await.unwrap();
        assert!(!house.believes(&token).await);
        assert_eq!(house.come(&connection, vouched("u1", None, &[]), 2).await.unwrap_err(), "member_suspended");
        let keys = house.store().keys().clone();
        house.store().write(&house.ctx, move |tx| members::remove(tx, &keys, ada)).await.unwrap();
        let again = house.come(&connection, vouched("u1", Some("ada@clinic.example"), &[]), 3).await;
        assert_eq!(again.unwrap_err(), "member_unknown");
    }

    async fn a_connection_switched_off_or_removed_takes_its_sessions_along(test: TestStore) {
        let house = House::new(test).await;
        let (one, other) = (house.connection(None, &[]).await, house.connection(None, &[]).await);
        house.invited("ada@clinic.example", AGENT).await;
        let by_one = house.come(&one, vouched("u1", Some("ada@clinic.example"), &[]), 1).await.unwrap();
        let by_other = house.come(&other, vouched("u1", Some("ada@clinic.example"), &[]), 2).await.unwrap();
        house.change(one.id, Changes { enabled: Some(false), ..Changes::default() }).await.unwrap();
        assert!(!house.believes(&by_one).await && house.believes(&by_other).await);
        assert!(service::locate(house.store(), one.id).await.unwrap().is_none());
        let (keys, id) = (house.store().keys().clone(), other.id);
        house.store().write(&house.ctx, move |tx| service::remove(tx, &keys, id)).await.unwrap();
        assert!(!house.believes(&by_other).await);
        assert!(service::locate(house.store(), other.id).await.unwrap().is_none());
        assert_eq!(house.come(&other, vouched("u1", None, &[]), 3).await.unwrap_err(), "email_missing");
    }

    async fn the_same_name_elsewhere_is_somebody_else(test: TestStore) {
        let house = House::new(test).await;
        let (one, other) = (house.connection(None, &[]).await, house.connection(None, &[]).await);
        house.invited("ada@clinic.example", AGENT).await;
        house.come(&one, vouched("u1", Some("ada@clinic.example"), &[]), 1).await.unwrap();
        assert_eq!(house.come(&other, vouched("u1", None, &[]), 2).await.unwrap_err(), "email_missing");
        // The connection of one organisation brings nobody into another.
        let elsewhere = by_operator(&house.test).await;
        let refused = house.come_to(&elsewhere, &one, vouched("u1", Some("ada@clinic.example"), &[]), 3).await;
        assert_eq!(refused.err().unwrap(), "member_unknown");
    }

    async fn a_domain_is_one_organisations(test: TestStore) {
        let house = House::new(test).await;
        let connection = house.connection(None, &[]).await;
        assert!(domains::lead(house.store(), "clinic.example").await.unwrap().is_none());
        house.prove("clinic.example", connection.id).await;
        let (org, led) = domains::lead(house.store(), "Clinic.Example.").await.unwrap().unwrap();
        assert_eq!((org.id, led.id), (house.ctx.org.id, connection.id));
        let (keys, mine) = house.keys().await;
        // Another organisation may claim it, and not verify it.
        let elsewhere = by_operator(&house.test).await;
        let theirs = keys.organisation(elsewhere.org.id).await.unwrap();
        let new = New {
            kind: Kind::Saml, name: "Theirs".into(), settings: "{}".into(), newcomers: None, groups: Vec::new(),
        };
        let (all, org) = (keys.clone(), theirs.clone());
        let made = house.store().write(&elsewhere, move |tx| service::create(tx, (&all, &org), &new)).await.unwrap();
        let org = theirs.clone();
        let claim = move |tx: &mut sealpost_store::Tx<'_>| domains::claim(tx, &org, "clinic.example", made.id);
        house.store().write(&elsewhere, claim).await.unwrap();
        let all = keys.clone();
        let verify = move |tx: &mut sealpost_store::Tx<'_>| domains::verify(tx, (&all, &theirs), "clinic.example");
        assert_eq!(house.store().write(&elsewhere, verify).await.map(drop).map_err(code), Err("domain_taken".into()));
        // What others register their names below is nobody's.
        for shared in ["co.uk", "Github.io."] {
            let (org, id) = (keys.organisation(house.ctx.org.id).await.unwrap(), connection.id);
            let claim = move |tx: &mut sealpost_store::Tx<'_>| domains::claim(tx, &org, shared, id);
            assert_eq!(house.store().write(&house.ctx, claim).await.map(drop).map_err(code), Err("body_invalid".into()));
            let name = shared.trim_end_matches('.').to_ascii_lowercase();
            let long_ago = crate::sso::model::Domain { name, connection: id, proof: "0".into(), verified_at: None, created_at: house.ctx.now() };
            house.records.0.lock().unwrap().insert(long_ago.record_name(), long_ago.record());
            assert!(!domains::is_proved(&house.sso, &long_ago).await, "whatever its DNS says");
        }
        // Given up, it is anybody's.
        let act = move |tx: &mut sealpost_store::Tx<'_>| domains::remove(tx, (&keys, &mine), "clinic.example");
        house.store().write(&house.ctx, act).await.unwrap();
        assert!(domains::lead(house.store(), "clinic.example").await.unwrap().is_none());
    }

    async fn members_have_to_come_by_a_service_and_owners_never(test: TestStore) {
        let house = House::new(test).await;
        let connection = house.connection(None, &[]).await;
        let (_, owner) = house.signed_in(RoleRef::Standard(Standard::Owner), Method::OperatorLink).await.unwrap();
        let (agent, by_passkey) = house.signed_in(AGENT, Method::Passkey).await.unwrap();
        let missing = house.store().read(&house.ctx, policy::missing).await.unwrap();
        assert_eq!(missing, ["used_connection", "verified_domain", "owner_passkey"]);
        assert_eq!(house.require(true).await, Err("sso_not_ready".into()));
        house.invited("ada@clinic.example", AGENT).await;
        let ada = house.come(&connection, vouched("u1", Some("ada@clinic.example"), &[]), 1).await.unwrap();
        house.prove("clinic.example", connection.id).await;
        // What is left is an owner's passkey; here it is said to be there.
        assert_eq!(house.store().read(&house.ctx, policy::missing).await.unwrap(), ["owner_passkey"]);
        house.store().write(&house.ctx, |tx| {
            store::set_required(tx, true)?;
            sessions::end_all_without_sso(tx)?;
            let org = tx.ctx().org.id;
            Ok::<_, sealpost_store::StoreError>(
                tx.record(sealpost_store::Leaf::of("sso_policy.change").on("org", org.bytes()), ()),
            )
        }).await.unwrap();
        assert!(house.believes(&owner).await && house.believes(&ada).await && !house.believes(&by_passkey).await);
        assert_eq!(house.sign_in(agent, Method::Passkey).await, Err("sso_required".into()));
        assert_eq!(house.sign_in(agent, Method::RecoveryCode).await, Err("sso_required".into()));
        assert!(house.signed_in(RoleRef::Standard(Standard::Owner), Method::Passkey).await.is_ok());
        // Neither the last connection nor the last domain goes meanwhile.
        let off = house.change(connection.id, Changes { enabled: Some(false), ..Changes::default() }).await;
        assert_eq!(off.map(drop), Err("sso_in_use".into()));
        let (keys, org) = house.keys().await;
        let (all, id) = (keys.clone(), connection.id);
        let remove = move |tx: &mut sealpost_store::Tx<'_>| service::remove(tx, &all, id);
        assert_eq!(house.store().write(&house.ctx, remove).await.map_err(code), Err("sso_in_use".into()));
        let give_up = move |tx: &mut sealpost_store::Tx<'_>| domains::remove(tx, (&keys, &org), "clinic.example");
        assert_eq!(house.store().write(&house.ctx, give_up).await.map_err(code), Err("sso_in_use".into()));
        house.require(false).await.unwrap();
        assert!(house.sign_in(agent, Method::Passkey).await.is_ok());
    }

    async fn nobody_has_a_service_give_what_they_lack(test: TestStore) {
        let house = House::new(test).await;
        let connection = house.connection(None, &[]).await;
        let path = format!("/v1/sso/connections/{}", connection.id);
        let (_, owner) = house.signed_in(RoleRef::Standard(Standard::Owner), Method::OperatorLink).await.unwrap();
        let change = json!({ "groups": [{ "group": "desk", "role": "agent" }], "newcomers": "viewer", "version": 1 });
        let (status, shown) = house.ask(&owner, "PATCH", &path, Some(change.clone())).await;
        assert_eq!((status, &shown["version"], &shown["newcomers"]), (200, &json!(2), &json!("viewer")), "{shown}");
        let (_, stale) = house.ask(&owner, "PATCH", &path, Some(change)).await;
        assert_eq!(stale["code"], "changed_meanwhile");
        for (role, code) in [("owner", "sso_role_unsuitable"), ("role_01k0000000e00800000000000g", "role_unknown")] {
            let (_, refused) = house.ask(&owner, "PATCH", &path, Some(json!({ "newcomers": role }))).await;
            assert_eq!(refused["code"], code, "{refused}");
        }
        let (_, cleared) = house.ask(&owner, "PATCH", &path, Some(json!({ "newcomers": "", "groups": [] }))).await;
        assert_eq!((&cleared["newcomers"], &cleared["groups"]), (&Value::Null, &json!([])));
        let (_, admin) = house.signed_in(ADMIN, Method::OperatorLink).await.unwrap();
        let (status, _) = house.ask(&admin, "PATCH", &path, Some(json!({ "newcomers": "viewer" }))).await;
        assert_eq!(status, 403);
    }

    async fn what_is_spent_is_forgotten_once_it_could_not_be_believed_anyway(test: TestStore) {
        let house = House::new(test).await;
        let connection = house.connection(None, &[]).await;
        house.invited("ada@clinic.example", AGENT).await;
        house.come(&connection, vouched("u1", Some("ada@clinic.example"), &[]), 1).await.unwrap();
        crate::sso::forget_spent(house.store()).await.unwrap();
        assert_eq!(house.come(&connection, vouched("u1", None, &[]), 1).await.unwrap_err(), "replayed");
        house.test.clock.advance_ms(60_001);
        crate::sso::forget_spent(house.store()).await.unwrap();
        assert!(house.come(&connection, vouched("u1", None, &[]), 1).await.is_ok());
    }

    async fn the_sign_in_page_shows_services_of_one_organisation_as_text_and_of_several_none(test: TestStore) {
        let house = House::new(test).await;
        let new = |name: &str| New {
            kind: Kind::Oidc, name: name.into(), settings: "{}".into(), newcomers: None, groups: Vec::new(),
        };
        for name in ["<b>&</b>", "{{csrf}}"] {
            let ((keys, org), new) = (house.keys().await, new(name));
            let act = move |tx: &mut sealpost_store::Tx<'_>| service::create(tx, (&keys, &org), &new);
            house.store().write(&house.ctx, act).await.unwrap();
        }
        let shown = domains::shown(house.store()).await.unwrap();
        assert_eq!(shown.len(), 2);
        let page = crate::sign_in::start_page("TOKEN", &shown).unwrap();
        assert!(!page.contains("<b>") && page.contains("{{csrf}}") && page.contains("TOKEN"), "{page}");
        house.test.organisation().await;
        assert!(domains::shown(house.store()).await.unwrap().is_empty());
    }
}

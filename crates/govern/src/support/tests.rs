//! What support access promises, through the service, on both engines.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use sealpost_access::Credentials;
use sealpost_access::api_keys::KeyAuthenticator;
use sealpost_access::mail::{Courier, Letter, Post};
use sealpost_access::members::{self, Invitation, Members};
use sealpost_access::permissions::*;
use sealpost_access::roles::{RoleRef, Standard};
use sealpost_access::scim::ScimAuthenticator;
use sealpost_access::sessions::{self, Agent, Method, Opening, SessionAuthenticator};
use sealpost_seal::Personal;
use sealpost_seal::normal::Email;
use sealpost_store::testing::TestStore;
use sealpost_store::{
    Actor, ActorKind, Ctx, Environment, Leaf, MemberId, OrgKeys, RequestId, Store, StoreError, SupportGrantId, Tx,
    both_engines,
};
use sealpost_web::{Authenticator, BoxFuture, Caller, Code, Denial, Failure, PermissionSet, Presented, Via};

use super::codes::*;
use super::model::{Ended, Grant};
use super::rules::{DEFAULT, MINUTES, Wanted};
use super::session::SupportSessions;
use super::{host, letters, service, store, summary, upkeep};
use crate::approvals::testing::{all, refuse};
use crate::approvals::{Approval, GoesLive, Module, Scene as People, State, agree, codes as approvals_codes, refused};
use crate::reason::Reason;

const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn why(text: &str) -> Reason {
    Reason::parse(text.into()).unwrap()
}

fn wanted() -> Wanted {
    Wanted {
        email: Some("sam@help.example".into()),
        member_id: None,
        host: false,
        ticket: Some("HELP-7".into()),
        environment: Environment::Live,
        permissions: PermissionNames(DEFAULT),
        objects: vec![],
        minutes: MINUTES,
        show_last4: false,
    }
}

/// An organisation in which two can ask and agree.
struct Scene {
    house: TestStore,
    asks: Ctx,
    agrees: Ctx,
}

impl Scene {
    async fn new(house: TestStore) -> Self {
        let mut ctx = house.organisation().await;
        ctx.org.environment = Environment::Live;
        let (asks, agrees) = (join(&house.store, &ctx).await, join(&house.store, &ctx).await);
        Self { house, asks, agrees }
    }

    fn store(&self) -> &Store {
        &self.house.store
    }

    async fn keys(&self) -> Arc<OrgKeys> {
        self.store().keys().organisation(self.asks.org.id).await.unwrap()
    }

    async fn ask(&self, wanted: Wanted) -> Result<Approval, Failure> {
        let keys = self.keys().await;
        let ask = move |tx: &mut Tx<'_>| service::ask(tx, &keys, wanted, &why("deliveries fail"));
        self.store().write(&self.asks, ask).await
    }

    /// Support access that two have agreed to.
    async fn grant(&self, wanted: Wanted) -> Grant {
        // Ids sort by the clock, which stands still.
        self.house.clock.advance_ms(1);
        let asked = self.ask(wanted).await.unwrap();
        assert_eq!(agree(self.store(), &self.agrees, &asked).await.unwrap(), State::Live);
        self.newest().await
    }

    async fn newest(&self) -> Grant {
        let newest = |tx: &mut Tx<'_>| store::page(tx, SupportGrantId::from_bytes([0xff; 16]), 1);
        self.store().read::<_, StoreError>(&self.asks, newest).await.unwrap().remove(0).0
    }

    async fn link(&self, id: SupportGrantId) -> String {
        let keys = self.store().keys().clone();
        let issue = move |tx: &mut Tx<'_>| service::issue(tx, &keys, id, false);
        self.store().write::<_, Failure>(&self.asks, issue).await.unwrap().token.expose().to_owned()
    }

    /// The session of this grant.
    async fn enter(&self, id: SupportGrantId) -> String {
        let link = self.link(id).await;
        follow(self.store(), &link).await.unwrap()
    }

    /// Invites whoever has this address.
    async fn invite(&self, address: &str) -> MemberId {
        let email = Email::parse(address).unwrap();
        let invitation = Invitation { email, name: None, role: RoleRef::Standard(Standard::Viewer), teams: vec![] };
        let new = Members::new(self.store().clone()).prepare(&self.asks, invitation).await.unwrap();
        let (all, keys) = (self.store().keys().clone(), self.keys().await);
        let invite = move |tx: &mut Tx<'_>| members::invite(tx, (&all, &keys), &new);
        self.store().write::<_, Failure>(&self.asks, invite).await.unwrap().id
    }

    async fn end(&self, house: &Store, id: SupportGrantId) -> Result<(), Failure> {
        house.write(&self.agrees, move |tx| service::end(tx, id, Ended::Stopped)).await
    }

    async fn look_after(&self, desk: &Arc<Desk>) {
        let members = Members::new(self.store().clone());
        upkeep::look_after(self.store(), &post(desk), &members).await.unwrap();
    }
}

async fn join(house: &Store, ctx: &Ctx) -> Ctx {
    let owner = RoleRef::Standard(Standard::Owner);
    let id = house.write::<_, StoreError>(ctx, move |tx| members::create(tx, owner)).await.unwrap();
    Ctx { actor: Actor { kind: ActorKind::Member, id: id.bytes() }, ..ctx.clone() }
}

async fn follow(house: &Store, link: &str) -> Result<String, Failure> {
    Ok(service::follow(house, link, RequestId::new(house.world())).await?.expose().to_owned())
}

/// Who decides about sessions on a node.
fn door(house: &Store) -> Arc<SupportSessions> {
    let sessions = SessionAuthenticator::new(house.clone());
    let keys = KeyAuthenticator::new(house.clone());
    let others = Credentials::new(keys, sessions.clone(), ScimAuthenticator::new(house.clone()));
    SupportSessions::new(others, house.clone(), Members::new(house.clone()), sessions)
}

async fn come(door: &SupportSessions, session: &str) -> Result<Arc<Caller>, Denial> {
    let presented = Presented { via: Via::Session, text: session, environment: Environment::Live };
    door.authenticate(presented, PEER, true).await
}

fn code<T>(outcome: Result<T, Failure>) -> &'static Code {
    match outcome {
        Err(Failure::Refused(refusal)) => refusal.code(),
        Err(fault) => panic!("{fault:?}"),
        Ok(_) => panic!("it was done"),
    }
}

/// What was written to whom.
#[derive(Default)]
struct Desk(std::sync::Mutex<Vec<(String, Letter)>>);

impl Courier for Desk {
    fn deliver<'a>(
        &'a self,
        _: &'a Ctx,
        to: &'a Personal<String>,
        letter: Letter,
    ) -> BoxFuture<'a, Result<(), &'static str>> {
        self.0.lock().unwrap().push((to.expose(sealpost_seal::Purpose::Deliver).clone(), letter));
        Box::pin(std::future::ready(Ok(())))
    }
}

fn post(desk: &Arc<Desk>) -> Post {
    Post::new(Some(desk.clone()), "https://sealpost.example.com")
}

async fn written(desk: &Desk) -> Vec<(String, Letter)> {
    for _ in 0..6_000 {
        let all = desk.0.lock().unwrap().clone();
        if !all.is_empty() {
            return all;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("nobody was written to");
}

/// The actions in the ledger, with who did them.
async fn acts(house: &Store, ctx: &Ctx) -> Vec<(String, u8, [u8; 16])> {
    let leaves = house.ledger_leaves(ctx, 0, 1000).await.unwrap();
    let leaf = |row: &sealpost_store::LeafRow| sealpost_ledger::Leaf::decode(&row.leaf).unwrap();
    leaves.iter().map(leaf).map(|leaf| (leaf.action.to_string(), leaf.actor.kind, leaf.actor.id)).collect()
}

both_engines! {
    async fn somebody_is_let_in_once_somebody_else_has_agreed_and_nobody_agrees_for_themselves(house: TestStore) {
        let scene = Scene::new(house).await;
        let asked = scene.ask(wanted()).await.unwrap();
        assert_eq!(code(agree(scene.store(), &scene.asks, &asked).await), &approvals_codes::APPROVAL_OWN);
        let none = |tx: &mut Tx<'_>| store::open(tx);
        assert!(scene.store().read::<_, StoreError>(&scene.asks, none).await.unwrap().is_empty());
        assert_eq!(agree(scene.store(), &scene.agrees, &asked).await.unwrap(), State::Live);
        let grant = scene.newest().await;
        assert_eq!(grant.granted_by.map(MemberId::bytes), Some(scene.agrees.actor.id));
        assert_eq!(grant.until, grant.created_at.plus_ms(60 * 60_000));
        // Whoever would be let in doesn't agree to it either.
        let member_id = Some(MemberId::from_bytes(scene.agrees.actor.id));
        let theirs = scene.ask(Wanted { email: None, member_id, ..wanted() }).await.unwrap();
        assert_eq!(code(agree(scene.store(), &scene.agrees, &theirs).await), &approvals_codes::APPROVAL_TIED);
    }

    async fn whoever_would_be_let_in_is_neither_the_last_to_agree_nor_the_first(house: TestStore) {
        let scene = People::with(house, 3).await;
        scene.takes(Module::Support, 2, GoesLive::OnApproval).await;
        let helper = &scene.others[0];
        let (keys, member_id) = (scene.keys().await, Some(MemberId::from_bytes(helper.actor.id)));
        let wanted = Wanted { email: None, member_id, ..wanted() };
        let ask = move |tx: &mut Tx<'_>| service::ask(tx, &keys, wanted, &why("deliveries fail"));
        let asked = scene.house.store.write::<_, Failure>(&scene.asks, ask).await.unwrap();
        let tied = &approvals_codes::APPROVAL_TIED;
        refused(scene.approve(helper, asked.id, asked.digest()).await, tied);
        refused(scene.emergency(helper, asked.id, asked.digest()).await, tied);
        refused(refuse(&scene.house.store, helper, &all(), asked.id).await, tied);
        assert_eq!(scene.waits_for(helper).await, []);
        assert_eq!(scene.waits_for(&scene.others[1]).await, [asked.id]);
        assert_eq!(scene.approve(&scene.others[1], asked.id, asked.digest()).await.unwrap(), State::Pending);
        refused(scene.approve(helper, asked.id, asked.digest()).await, tied);
        assert_eq!(scene.approve(&scene.others[2], asked.id, asked.digest()).await.unwrap(), State::Live);
    }

    async fn what_is_asked_for_is_what_a_session_may_and_nothing_of_it_is_in_clear(house: TestStore) {
        let scene = Scene::new(house).await;
        let grant = scene.grant(wanted()).await;
        let caller = come(&door(scene.store()), &scene.enter(grant.id).await).await.unwrap();
        assert_eq!(caller.permissions, DEFAULT);
        assert_eq!(caller.actor, Actor { kind: ActorKind::Support, id: grant.id.bytes() });
        assert!(!caller.viewer.sees_last4() && caller.support.as_ref().unwrap().read_only);
        assert_eq!(caller.org.environment, Environment::Live);
        // To see or to change more has to stand in what others agree to.
        let permissions = PermissionNames(PermissionSet::of(&[CONTACTS_READ, CONTACTS_WRITE]));
        let wider = scene.grant(Wanted { permissions, show_last4: true, ..wanted() }).await;
        let caller = come(&door(scene.store()), &scene.enter(wider.id).await).await.unwrap();
        assert!(caller.viewer.sees_last4() && !caller.support.as_ref().unwrap().read_only);
        let never = PermissionNames(PermissionSet::of(&[DATA_REVEAL]));
        assert_eq!(code(scene.ask(Wanted { permissions: never, ..wanted() }).await), &SUPPORT_SCOPE);
    }

    async fn a_link_works_once_and_another_one_shows_out_whoever_came_by_the_first(house: TestStore) {
        let scene = Scene::new(house).await;
        let grant = scene.grant(wanted()).await;
        let (door, link) = (door(scene.store()), scene.link(grant.id).await);
        assert!(service::is_good(scene.store(), &link).await.unwrap());
        let session = follow(scene.store(), &link).await.unwrap();
        assert!(!service::is_good(scene.store(), &link).await.unwrap());
        let spent = &sealpost_access::sign_in::codes::LINK_SPENT;
        assert_eq!(code(follow(scene.store(), &link).await), spent);
        assert!(come(&door, &session).await.is_ok());
        let again = scene.enter(grant.id).await;
        assert!(come(&door, &again).await.is_ok());
        assert_eq!(come(&door, &session).await.err().unwrap().refusal.code(), &SUPPORT_SESSION_ENDED);
        // A link of a grant that is over is as spent.
        let link = scene.link(grant.id).await;
        scene.end(scene.store(), grant.id).await.unwrap();
        assert_eq!(code(follow(scene.store(), &link).await), spent);
        let keys = scene.store().keys().clone();
        let issue = move |tx: &mut Tx<'_>| service::issue(tx, &keys, grant.id, false);
        assert_eq!(code(scene.store().write::<_, Failure>(&scene.asks, issue).await.map(drop)), &SUPPORT_OVER);
    }

    async fn the_clock_ends_it_though_nobody_has_written_that_down(house: TestStore) {
        let scene = Scene::new(house).await;
        let grant = scene.grant(Wanted { minutes: 5, ..wanted() }).await;
        let (door, session) = (door(scene.store()), scene.enter(grant.id).await);
        scene.house.clock.advance_ms(5 * 60_000 - 1);
        assert!(come(&door, &session).await.is_ok());
        scene.house.clock.advance_ms(1);
        let denial = come(&door, &session).await.err().unwrap();
        assert_eq!(denial.refusal.code(), &SUPPORT_SESSION_ENDED);
        assert_eq!(denial.known.map(|(_, actor)| actor), Some(service::actor(grant.id)), "and that they tried is on record");
        assert_eq!(code(scene.end(scene.store(), grant.id).await), &SUPPORT_OVER);
        let desk = Arc::<Desk>::default();
        scene.look_after(&desk).await;
        assert_eq!(scene.newest().await.ended, Some((grant.until, Ended::Expired)));
    }

    async fn whoever_ends_it_on_one_node_ends_it_on_the_others(house: TestStore) {
        let scene = Scene::new(house).await;
        let other = scene.house.another_node().await.unwrap_or_else(|| scene.store().clone());
        let grant = scene.grant(wanted()).await;
        let (here, session) = (door(scene.store()), scene.enter(grant.id).await);
        assert!(come(&here, &session).await.is_ok());
        scene.end(&other, grant.id).await.unwrap();
        // Nothing is remembered of it: the very next request is refused.
        assert_eq!(come(&here, &session).await.err().unwrap().refusal.code(), &SUPPORT_SESSION_ENDED);
        assert_eq!(code(scene.end(&other, grant.id).await), &SUPPORT_OVER);
    }

    async fn an_end_reaches_another_node_within_a_second(house: TestStore) {
        let scene = Scene::new(house).await;
        let far = door(&scene.house.another_node().await.unwrap_or_else(|| scene.store().clone()));
        for trial in 0..20 {
            let grant = scene.grant(wanted()).await;
            let session = scene.enter(grant.id).await;
            assert!(come(&far, &session).await.is_ok(), "trial {trial}");
            scene.end(scene.store(), grant.id).await.unwrap();
            let refused = async {
                while come(&far, &session).await.is_ok() {
                    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                }
            };
            let within = tokio::time::timeout(std::time::Duration::from_secs(1), refused).await;
            assert!(within.is_ok(), "trial {trial}");
        }
    }

    async fn whoever_is_a_member_is_not_let_in_as_somebody_from_outside(house: TestStore) {
        let scene = Scene::new(house).await;
        let outside = async |address: &str| service::expect_outsider(scene.store(), &scene.asks, Some(address)).await;
        scene.invite("sue@clinic.example").await;
        assert_eq!(code(outside("Sue@Clinic.example").await), &SUPPORT_IS_MEMBER);
        outside("sam@help.example").await.unwrap();
        // Whoever asks by another way, or becomes a member meanwhile, comes to a closed door, and their link is as good as before.
        let grant = scene.grant(wanted()).await;
        let link = scene.link(grant.id).await;
        let member = scene.invite("sam@help.example").await;
        assert_eq!(code(follow(scene.store(), &link).await), &SUPPORT_IS_MEMBER);
        let keys = scene.store().keys().clone();
        scene.store().write::<_, Failure>(&scene.asks, move |tx| members::withdraw(tx, &keys, member)).await.unwrap();
        follow(scene.store(), &link).await.unwrap();
    }

    async fn a_member_who_is_one_no_more_is_not_let_in(house: TestStore) {
        let scene = Scene::new(house).await;
        let helper = join(scene.store(), &scene.asks).await;
        let id = MemberId::from_bytes(helper.actor.id);
        let grant = scene.grant(Wanted { email: None, member_id: Some(id), ..wanted() }).await;
        let (door, session) = (door(scene.store()), scene.enter(grant.id).await);
        assert_eq!(come(&door, &session).await.unwrap().actor, service::actor(grant.id));
        scene.store().write::<_, Failure>(&scene.asks, move |tx| members::suspend(tx, id)).await.unwrap();
        assert_eq!(come(&door, &session).await.err().unwrap().refusal.code(), &SUPPORT_SESSION_ENDED);
    }

    async fn other_credentials_are_left_to_whoever_knows_them(house: TestStore) {
        let scene = Scene::new(house).await;
        let door = door(scene.store());
        let unknown = &sealpost_access::sessions::codes::SESSION_UNKNOWN;
        assert_eq!(come(&door, "sess_nobody").await.err().unwrap().refusal.code(), unknown);
        for text in ["support_nobody", "support_"] {
            assert_eq!(come(&door, text).await.err().unwrap().refusal.code(), &SUPPORT_SESSION_UNKNOWN);
        }
        // A link is no session.
        let grant = scene.grant(wanted()).await;
        let link = scene.link(grant.id).await;
        assert_eq!(come(&door, &link).await.err().unwrap().refusal.code(), unknown);
    }

    async fn what_was_looked_at_and_tried_is_counted_and_told_when_it_is_over(house: TestStore) {
        let scene = Scene::new(house).await;
        let grant = scene.grant(wanted()).await;
        let desk = Arc::<Desk>::default();
        scene.look_after(&desk).await;
        let letters = written(&desk).await;
        assert_eq!(letters[0].0, "sam@help.example");
        let link = letters[0].1.text.lines().find(|line| line.starts_with("https://")).unwrap().to_owned();
        follow(scene.store(), link.rsplit('/').next().unwrap()).await.unwrap();
        let theirs = Ctx { actor: service::actor(grant.id), ..scene.asks.clone() };
        for leaf in [
            Leaf::of("support.look").because("contacts").on("con", [7; 16]),
            Leaf::of("support.look").because("contacts").on("con", [7; 16]),
            Leaf::of("access.deny").denied("permission_missing"),
        ] {
            scene.store().write(&theirs, move |tx| Ok::<_, StoreError>(tx.record(leaf, ()))).await.unwrap();
        }
        // Somebody else's doing is not theirs.
        let other = Leaf::of("support.look").on("con", [8; 16]);
        scene.store().write(&scene.asks, move |tx| Ok::<_, StoreError>(tx.record(other, ()))).await.unwrap();
        let before = summary::of(scene.store(), scene.asks.org, grant.id, grant.created_at).await.unwrap();
        assert_eq!((before.looks(), before.acts(), before.refused()), (2, 1, 1));
        scene.end(scene.store(), grant.id).await.unwrap();
        scene.look_after(&desk).await;
        let kept = scene.newest().await.summary.unwrap();
        assert_eq!(kept, before);
        let look = kept.acts.iter().find(|one| one.action == "support.look").unwrap();
        assert_eq!((look.count, look.object.as_ref().map(|id| id.id)), (2, Some([7; 16])));
        // Once, however often it is looked after.
        scene.look_after(&desk).await;
        assert_eq!(scene.newest().await.summary, Some(kept));
        let letter = letters::ended(&scene.newest().await, Ended::Stopped, "https://sealpost.example.com");
        assert!(letter.text.contains("2 looks, 1 acts, 1 refused") && !letter.text.contains("sam@"));
    }

    async fn the_host_reads_nothing_that_nobody_let_it_read_and_owners_are_told_first(house: TestStore) {
        let scene = Scene::new(house).await;
        let operator = Ctx { actor: Actor::OPERATOR, ..scene.asks.clone() };
        let before = host::open_for_host(scene.store(), &operator, "members link", None).await.unwrap();
        assert_eq!(before, Some(host::Right::BeforeAnybody));
        sign_in(&scene).await;
        assert_eq!(host::open_for_host(scene.store(), &operator, "members link", None).await.unwrap(), None);
        let waiting = scene.house.jobs_waiting(&operator).await;
        let broken = host::open_for_host(scene.store(), &operator, "members link", Some(why("all owners left"))).await.unwrap();
        let Some(host::Right::BrokenGlass(id)) = broken else { panic!("{broken:?}") };
        assert_eq!(scene.house.jobs_waiting(&operator).await, waiting + 1, "endpoints hear of it");
        let acts = acts(scene.store(), &operator).await;
        assert!(acts.iter().any(|(act, kind, _)| act == "support.break_glass" && *kind == ActorKind::Operator as u8));
        let untold = |tx: &mut Tx<'_>| store::untold(tx, 10);
        let untold = scene.store().read::<_, StoreError>(&operator, untold).await.unwrap();
        assert_eq!(untold[0].0.id, id, "and owners are yet to be written to");
        let content = store::content(&*scene.keys().await, operator.org.id, &untold[0]).unwrap();
        assert_eq!((content.reason.as_deref(), content.command.as_deref()), (Some("all owners left"), Some("members link")));
        // Breaking the glass once opens nothing the next time; being let in does.
        assert_eq!(host::open_for_host(scene.store(), &operator, "members link", None).await.unwrap(), None);
        let grant = scene.grant(Wanted { email: None, host: true, ..wanted() }).await;
        let granted = host::open_for_host(scene.store(), &operator, "members link", None).await.unwrap();
        assert_eq!(granted, Some(host::Right::Granted(grant.id)));
        scene.house.clock.advance_ms(60 * 60_000);
        assert_eq!(host::open_for_host(scene.store(), &operator, "members link", None).await.unwrap(), None);
    }

    async fn what_is_kept_of_it_is_sealed_anew_when_the_key_turns(house: TestStore) {
        let scene = Scene::new(house).await;
        let grant = scene.grant(wanted()).await;
        let keys = scene.keys().await;
        crate::support::reseal(scene.store(), &scene.asks, &keys).await.unwrap();
        let found = scene.store().read::<_, StoreError>(&scene.asks, move |tx| store::find(tx, grant.id)).await.unwrap();
        let content = store::content(&keys, scene.asks.org.id, &found.unwrap()).unwrap();
        assert_eq!(content.email.as_deref(), Some("sam@help.example"));
    }
}

/// Somebody comes in.
async fn sign_in(scene: &Scene) {
    let member = MemberId::from_bytes(scene.asks.actor.id);
    let opening = Opening {
        member,
        method: Method::OperatorLink,
        agent: Agent::of(None),
        network: [0; 8],
        passkey: None,
        connection: None,
    };
    let keys = scene.store().keys().clone();
    let open = move |tx: &mut Tx<'_>| Ok(sessions::open(tx, &keys, &opening)?.map(drop));
    scene.store().write::<_, Failure>(&scene.asks, open).await.unwrap();
}

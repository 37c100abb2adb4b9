//! Walks at random through everything that may become of a real template, event, route and workflow in live: whatever people do in
//! whatever order, what is in force is what others have agreed to, byte for byte, or was in force before.

mod things;

use std::collections::{BTreeMap, BTreeSet};

use sealpost_access::members;
use sealpost_access::roles::{RoleRef, Standard};
use sealpost_govern::approvals::testing::{agree_with, ask_anew, decide, put_into_force, refuse, take_back};
use sealpost_govern::approvals::{Approvables, Digest, GoesLive, Needed, Policy, Rule, State};
use sealpost_seal::Rng;
use sealpost_store::testing::{SeededRng, TestStore};
use sealpost_store::{Actor, ActorKind, ApprovalId, Ctx, Environment, MemberId, Org, StoreError, Tx, both_engines};
use sealpost_web::Failure;

use self::things::{Became, CONTENTS, Kind, Thing};
use crate::assembly::Messaging;
use crate::templates::New;

/// Who takes part; the first is never demoted, so that somebody can let the others in again.
const PEOPLE: usize = 4;
/// Acts of a walk.
const ACTS: u32 = 200;
/// Walks with one kind of thing at most, and how often something has to go live in them because others agreed.
const WALKS: (u64, u32) = (12, 3);

/// A request, as a bystander remembers it.
struct Asked {
    id: ApprovalId,
    digest: Digest,
    asker: usize,
    writer: usize,
    content: u32,
    /// How often was decided about the thing, and about the rules, when it was asked for.
    ground: (u32, u32),
    agreed: BTreeSet<usize>,
    over: bool,
}

/// What a bystander knows.
struct World<'h> {
    house: &'h TestStore,
    all: Approvables,
    thing: Thing,
    people: Vec<Ctx>,
    able: BTreeSet<usize>,
    needed: u8,
    rules: u32,
    /// By whom, and of what content, each version was written, in live and in test.
    written: [BTreeMap<u32, (usize, u32)>; 2],
    were_in_force: BTreeSet<u32>,
    asked: Vec<Asked>,
}

fn live(ctx: &Ctx) -> Ctx {
    Ctx { org: Org { environment: Environment::Live, ..ctx.org }, ..ctx.clone() }
}

fn in_test(ctx: &Ctx) -> Ctx {
    Ctx { org: Org { environment: Environment::Test, ..ctx.org }, ..ctx.clone() }
}

impl<'h> World<'h> {
    async fn new(house: &'h TestStore, kind: Kind) -> Self {
        let ctx = live(&house.organisation().await);
        let mut people = Vec::new();
        for _ in 0..PEOPLE {
            let owner = RoleRef::Standard(Standard::Owner);
            let join = move |tx: &mut Tx<'_>| members::create(tx, owner);
            let id = house.store.write::<_, StoreError>(&ctx, join).await.unwrap();
            people.push(Ctx { actor: Actor { kind: ActorKind::Member, id: id.bytes() }, ..ctx.clone() });
        }
        let thing = Thing::new(house, kind, [&live(&people[0]), &in_test(&people[0])]).await;
        let first = || BTreeMap::from([(1, (0, 0))]);
        Self {
            all: Approvables::with(Messaging::APPROVABLES).unwrap(),
            thing,
            people,
            able: (0..PEOPLE).collect(),
            needed: 0,
            rules: 0,
            written: [first(), first()],
            were_in_force: BTreeSet::from([1]),
            asked: Vec::new(),
            house,
        }
    }

    async fn rule(&mut self, needed: u8, goes_live: GoesLive) {
        let rule = |approvals| Rule { approvals, roles: vec![], members: vec![], goes_live, signed: false };
        let rule = Needed::try_from(needed).ok().map(rule);
        let modules = rule.into_iter().map(|rule| (self.thing.module(), rule)).collect();
        if decide(&self.house.store, &self.people[0], Policy { modules }).await.is_ok() {
            (self.needed, self.rules) = (needed, self.rules + 1);
        }
    }

    fn remember(&mut self, became: Became, asker: usize, (writer, content): (usize, u32), promotions: u32) {
        if let Some(Some(approval)) = became {
            self.asked.push(Asked {
                id: approval.id,
                digest: approval.digest(),
                asker,
                writer,
                content,
                ground: (promotions, self.rules),
                agreed: BTreeSet::new(),
                over: false,
            });
        }
    }

    /// One act at random; answers whether something else is in force because others agreed.
    async fn act(&mut self, below: &impl Fn(u32) -> u32) -> bool {
        self.house.clock.advance_ms(1);
        let who = below(PEOPLE as u32) as usize;
        let by = self.people[who].clone();
        let before = self.thing.stands(&by).await;
        // Most of what is asked for is in conflict soon: the newest request comes to something now and then.
        let newest = below(3) > 0;
        let one =
            self.asked.len().checked_sub(1).map(|last| if newest { last } else { below(last as u32 + 1) as usize });
        let (mut direct, mut decided) = (false, None);
        // Half of what is done are votes: of few, hardly anything would go live before something else has moved.
        match (below(24), one) {
            (0..=2, _) => {
                let (content, becomes) = (below(CONTENTS), if below(2) == 0 { New::InForce } else { New::Draft });
                let (version, became) = self.thing.write(&self.house.store, &by, content, becomes).await;
                self.written[0].insert(version, (who, content));
                self.remember(became, who, (who, content), before.0);
                direct = becomes == New::InForce;
            }
            (3, _) => {
                let content = below(CONTENTS);
                let (version, _) = self.thing.write(&self.house.store, &in_test(&by), content, New::InForce).await;
                self.written[1].insert(version, (who, content));
            }
            (4, _) => {
                let version = 1 + below(self.written[1].len() as u32);
                let of = self.written[1][&version];
                let became = self.thing.go_live(&in_test(&by), version).await;
                self.remember(became, who, of, before.0);
                direct = true;
            }
            (5 | 6, _) => {
                let all: Vec<_> = self.written[0].keys().copied().collect();
                let version = all[below(all.len() as u32) as usize];
                let of = self.written[0][&version];
                let became = self.thing.promote(&by, version).await;
                self.remember(became, who, of, before.0);
                direct = true;
            }
            (7..=10 | 16..=23, Some(one)) => {
                let (id, digest) = (self.asked[one].id, self.asked[one].digest);
                // Sometimes about what was there before it was changed.
                let digest = if below(8) == 0 { Digest::from([7; 32]) } else { digest };
                let votes = agree_with(&self.house.store, &by, &self.all, (id, digest)).await;
                if let Ok(state) = votes {
                    assert_eq!(digest, self.asked[one].digest, "a vote about something else counts");
                    if matches!(state, State::Pending | State::Approved | State::Live) {
                        self.asked[one].agreed.insert(who);
                    }
                    decided = (state == State::Live).then_some(one);
                }
            }
            (11, Some(one)) => {
                let state = put_into_force(&self.house.store, &by, &self.all, self.asked[one].id).await;
                decided = state.is_ok_and(|state| state == State::Live).then_some(one);
            }
            (12, Some(one)) => {
                let id = self.asked[one].id;
                let done = match below(2) {
                    0 => refuse(&self.house.store, &by, &self.all, id).await,
                    _ => take_back(&self.house.store, &by, id).await,
                };
                self.asked[one].over |= done.is_ok();
            }
            (13, Some(one)) => {
                if let Ok(digest) = ask_anew(&self.house.store, &by, &self.all, self.asked[one].id).await {
                    let ground = (before.0, self.rules);
                    let asked = &mut self.asked[one];
                    assert_eq!(asked.asker, who, "only whoever asked asks anew");
                    (asked.digest, asked.ground) = (digest, ground);
                    asked.agreed.clear();
                }
            }
            (14, _) => {
                let goes_live = if below(2) == 0 { GoesLive::OnApproval } else { GoesLive::Manual };
                self.rule(below(3) as u8, goes_live).await;
            }
            (15, _) if who > 0 => self.turn(who).await,
            _ => {}
        }
        self.judge(before, direct, decided).await
    }

    /// Lets somebody vote no more, or again.
    async fn turn(&mut self, who: usize) {
        let role = if self.able.contains(&who) { Standard::Viewer } else { Standard::Owner };
        let (id, role) = (MemberId::from_bytes(self.people[who].actor.id), RoleRef::Standard(role));
        let keys = self.house.store.keys().organisation(self.people[0].org.id).await.unwrap();
        let turn = move |tx: &mut Tx<'_>| members::set_role(tx, &keys, members::TheirRole { member: id, role }, None);
        self.house.store.write::<_, Failure>(&self.people[0], turn).await.unwrap();
        if !self.able.remove(&who) {
            self.able.insert(who);
        }
    }

    /// Whether what is in force now may be, by what a bystander has seen.
    async fn judge(&mut self, before: (u32, u32, u32), direct: bool, decided: Option<usize>) -> bool {
        let now = self.thing.stands(&self.people[0]).await;
        if let Some(one) = decided {
            let asked = &self.asked[one];
            assert_eq!(asked.content, now.2, "it is not what was agreed to");
            assert_eq!(asked.ground, (before.0, self.rules), "something has moved since it was asked for");
            assert!(now.0 == before.0 + 1 && !asked.over);
            let free = |who: &&usize| **who != asked.asker && **who != asked.writer && self.able.contains(*who);
            let agreed = asked.agreed.iter().filter(free).count();
            assert!(agreed >= usize::from(self.needed), "{agreed} of {} have agreed", self.needed);
            self.asked[one].over = true;
        } else if now.0 != before.0 {
            let back = self.were_in_force.contains(&now.1);
            assert!(direct && (self.needed == 0 || back), "nobody has agreed to it");
        } else {
            assert_eq!(now, before, "what is in force says something else, and nobody has decided that");
        }
        self.were_in_force.insert(now.1);
        self.written[0].entry(now.1).or_insert((PEOPLE, now.2));
        decided.is_some()
    }
}

/// Answers how often something went live because others agreed.
async fn walk(house: &TestStore, kind: Kind, seed: u64) -> u32 {
    let rng = SeededRng::new(seed);
    let below = |most: u32| {
        let mut bytes = [0; 4];
        rng.fill(&mut bytes);
        u32::from_le_bytes(bytes) % most
    };
    let mut world = World::new(house, kind).await;
    world.rule(1 + below(2) as u8, GoesLive::OnApproval).await;
    let mut agreed = 0;
    for _ in 0..ACTS {
        agreed += u32::from(world.act(&below).await);
    }
    agreed
}

both_engines! {
    async fn whatever_happens_in_between_what_is_live_is_what_others_have_agreed_to(house: TestStore) {
        for kind in Kind::ALL {
            let (mut agreed, mut walks) = (0, 0);
            while agreed < WALKS.1 {
                assert!(walks < WALKS.0, "{kind:?}: {agreed} that went live prove nothing");
                agreed += walk(&house, kind, walks).await;
                walks += 1;
            }
        }
    }
}

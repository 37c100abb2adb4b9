//! Visitors are let in when somebody asked for that, and seen off when it is over.

use std::collections::BTreeSet;
use std::time::Duration;

use sealpost_seal::rng::array;
use sealpost_store::{Ctx, Environment, MemberId, Org, OrgId, Store, StoreError, Visit};
use sealpost_web::Failure;

use super::{session_of, store};
use crate::members;
use crate::organisations;
use crate::roles::{RoleRef, Standard};
use crate::sessions::{self, Agent, Method, Opening};

/// Which node does it.
const LEASE: &str = "visits";
/// How long a node that fell silent keeps the others waiting.
const LEASE_MS: i64 = 30_000;
/// For how long somebody visits.
const LONGEST_MS: i64 = 15 * 60_000;
/// Runs the organisation and sees nobody in clear: more pages than anybody else who doesn't.
const VISITORS: RoleRef = RoleRef::Standard(Standard::Admin);

/// Looks after visits at this interval, for as long as it is polled.
pub async fn look_after_forever(house: Store, every: Duration) {
    let holder = array::<16>(&*house.world().rng);
    // Whoever was here when the last server ended is looked for once, wherever that is.
    let mut visited = None;
    loop {
        if let Err(error) = look_after(&house, holder, &mut visited).await {
            tracing::error!(error = ?error, "visits.not_looked_after");
        }
        tokio::time::sleep(every).await;
    }
}

/// Lets in and sees off whoever is due, once. `visited`: where somebody may be; nothing if that isn't known.
pub async fn look_after(house: &Store, holder: [u8; 16], visited: &mut Option<BTreeSet<OrgId>>) -> Result<(), Failure> {
    let visits = house.keys().visits().await?;
    let mut places = match visited.take() {
        Some(places) => places,
        None => house.organisations().await?.into_iter().collect(),
    };
    places.extend(visits.iter().map(|visit| visit.org));
    let (mut outcome, mut left) = (Ok(()), BTreeSet::new());
    for id in places {
        let visit = visits.iter().find(|visit| visit.org == id);
        match one(house, id, visit, holder).await {
            Ok(false) => {}
            Ok(true) => drop(left.insert(id)),
            // What is wrong with one organisation must not hold up the others.
            Err(error) => {
                left.insert(id);
                outcome = outcome.and(Err(error));
            }
        }
    }
    *visited = Some(left);
    outcome
}

/// Whether there is somebody to look after, still.
async fn one(house: &Store, id: OrgId, visit: Option<&Visit>, holder: [u8; 16]) -> Result<bool, Failure> {
    let ctx = organisations::operator(house, Org { id, environment: Environment::Test });
    let visitors = house.peek::<_, StoreError>(&ctx, store::visitors).await?;
    if visit.is_none() && visitors.is_empty() {
        return Ok(false);
    }
    if !house.hold_stream(LEASE, holder, LEASE_MS).await? {
        return Ok(true);
    }
    let good = visit.filter(|visit| ctx.now().since(visit.asked_at) < LONGEST_MS);
    let mac = good.map(|visit| session_of(&visit.key).mac(house.keys().pepper()));
    for (member, _) in visitors.iter().filter(|(_, came_with)| Some(*came_with) != mac) {
        see_off(house, &ctx, *member).await?;
    }
    match (visit, good) {
        (_, Some(visit)) => let_in(house, &ctx, visit).await?,
        (Some(_), None) => house.keys().end_visit(id).await?,
        (None, None) => {}
    }
    Ok(true)
}

/// Makes the visitor and their session, unless they have come already: one who was shown out stays out.
async fn let_in(house: &Store, ctx: &Ctx, visit: &Visit) -> Result<(), Failure> {
    let (keys, token) = (house.keys().clone(), session_of(&visit.key));
    let mac = token.mac(keys.pepper());
    if house.read::<_, StoreError>(ctx, move |tx| store::has_come(tx, &mac)).await? {
        return Ok(());
    }
    house
        .write(ctx, move |tx| {
            let member = members::create(tx, VISITORS)?;
            let opening = Opening {
                member: *member.value(),
                method: Method::Visit,
                agent: Agent::of(None),
                network: [0; 8],
                passkey: None,
                connection: None,
            };
            Ok::<_, Failure>(sessions::open_with(tx, &keys, &opening, token)?.map(drop))
        })
        .await
}

async fn see_off(house: &Store, ctx: &Ctx, member: MemberId) -> Result<(), Failure> {
    let keys = house.keys().clone();
    match house.write(ctx, move |tx| members::remove(tx, &keys, member)).await {
        // Somebody else was faster.
        Err(Failure::Refused(_)) => Ok(()),
        written => written,
    }
}

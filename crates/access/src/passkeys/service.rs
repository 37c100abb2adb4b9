//! Use cases of passkeys.

use std::net::IpAddr;
use std::sync::Arc;

use sealpost_seal::viewer::Viewer;
use sealpost_seal::webauthn::{self, Assertion, Known, Registered, RelyingParty};
use sealpost_store::{
    Actor, ActorKind, CredentialKind, Ctx, Environment, Keys, Leaf, MemberId, Org, PasskeyId, Recorded, RequestId,
    SessionId, Store, StoreError, Time, Tx,
};
use sealpost_web::{Failure, Refusal, Session, not_found};

use super::challenge::{Challenges, Purpose, What, what_is_signed};
use super::codes::{CHALLENGE_SPENT, LAST_PASSKEY, PASSKEY_EXISTS, PASSKEY_REFUSED, PASSKEYS_FULL};
use super::model::{Answer, CreationOptions, Passkey, RequestOptions};
use super::{notices, rules, store};
use crate::members::{self, MemberState};
use crate::notices::raise;
use crate::sessions::{self, Agent, Ended, Method, Opened, Opening, network_name};

/// The passkeys of all members. Cheap to clone.
#[derive(Clone)]
pub struct Passkeys(Arc<Inner>);

struct Inner {
    house: Store,
    challenges: Challenges,
    id: String,
    origin: String,
}

/// An answer that was judged: whose passkey, what it counts, and until when its challenge is good.
pub(super) struct Judged {
    pub(super) org: Org,
    pub(super) passkey: Passkey,
    asserted: webauthn::Asserted,
    pub(super) challenge: Vec<u8>,
    until: Time,
}

impl Passkeys {
    /// Passkeys for the pages at `origin`, whose host is `id`.
    pub fn new(house: Store, id: &str, origin: &str) -> Self {
        let challenges = Challenges::new(house.keys().pepper());
        Self(Arc::new(Inner { house, challenges, id: id.to_owned(), origin: origin.to_owned() }))
    }

    /// Where they are.
    pub fn house(&self) -> &Store {
        &self.0.house
    }

    pub(super) fn party(&self) -> RelyingParty<'_> {
        RelyingParty { id: &self.0.id, origin: &self.0.origin }
    }

    fn challenge(&self, purpose: Purpose, whom: &str) -> [u8; 32] {
        let world = self.0.house.world();
        self.0.challenges.make(purpose, whom, world.clock.now(), &*world.rng)
    }

    /// What a browser is asked in order to make a passkey for whoever acts. `whom` is their CSRF token.
    pub async fn creation_options(&self, ctx: &Ctx, whom: &str, name: String) -> Result<CreationOptions, StoreError> {
        let member = MemberId::from_bytes(ctx.actor.id);
        let known = self.0.house.peek(ctx, move |tx| store::all_of(tx, member)).await?;
        Ok(CreationOptions {
            challenge: self.challenge(Purpose::Register, whom),
            party: self.0.id.clone(),
            user: self.user_handle(ctx.org, member),
            user_name: name,
            exclude: known.into_iter().map(|passkey| passkey.credential_id).collect(),
        })
    }

    /// What a browser is asked in order to sign in.
    pub fn sign_in_options(&self, whom: &str) -> RequestOptions {
        let challenge = self.challenge(Purpose::SignIn, whom).to_vec();
        RequestOptions { challenge, party: self.0.id.clone(), allow: Vec::new() }
    }

    /// What a browser is asked in order to prove that it is still them who act.
    pub async fn proof_options(&self, ctx: &Ctx, whom: &str) -> Result<RequestOptions, StoreError> {
        self.to_prove(ctx, self.challenge(Purpose::Prove, whom).to_vec()).await
    }

    /// The same, and with the answer they sign this. It proves that it is them as well, once.
    pub async fn signature_options(&self, ctx: &Ctx, whom: &str, what: &What) -> Result<RequestOptions, StoreError> {
        let world = self.0.house.world();
        let challenge = self.0.challenges.about(Purpose::Prove, whom, what, world.clock.now(), &*world.rng);
        self.to_prove(ctx, challenge).await
    }

    async fn to_prove(&self, ctx: &Ctx, challenge: Vec<u8>) -> Result<RequestOptions, StoreError> {
        let member = MemberId::from_bytes(ctx.actor.id);
        let known = self.0.house.peek(ctx, move |tx| store::all_of(tx, member)).await?;
        Ok(RequestOptions {
            challenge,
            party: self.0.id.clone(),
            allow: known.into_iter().map(|passkey| passkey.credential_id).collect(),
        })
    }

    /// The passkeys of whoever acts, oldest first.
    pub async fn own(&self, ctx: &Ctx) -> Result<Vec<Passkey>, StoreError> {
        let member = MemberId::from_bytes(ctx.actor.id);
        self.0.house.peek(ctx, move |tx| store::all_of(tx, member)).await
    }

    /// Registers a passkey for whoever acts in this session; their session is proved by it.
    pub async fn register(
        &self,
        ctx: &Ctx,
        session: Session,
        whom: &str,
        agent: Agent,
        (client_data, attestation): (&[u8], &[u8]),
    ) -> Result<Passkey, Failure> {
        let (challenge, until) = self.fresh(client_data, Purpose::Register, whom)?;
        let made = webauthn::register(self.party(), &challenge, client_data, attestation)
            .map_err(|_| Refusal::of(&PASSKEY_REFUSED))?;
        let passkey = new_passkey(ctx, made, agent);
        let keys = self.0.house.keys().clone();
        let mac = store::mac(&keys, &passkey.credential_id);
        if self.0.house.credential(CredentialKind::Passkey, mac).await?.is_some() {
            return Err(Refusal::of(&PASSKEY_EXISTS).into());
        }
        let act = move |tx: &mut Tx<'_>| {
            let known = store::all_of(tx, passkey.member)?.len();
            if !rules::may_register(&session, known, tx.ctx().now()) {
                return Err(Refusal::of(&sealpost_web::problem::STEP_UP_REQUIRED).into());
            }
            if known >= rules::MOST {
                return Err(Refusal::of(&PASSKEYS_FULL).into());
            }
            if !store::spend(tx, &challenge, until)? {
                return Err(Refusal::of(&CHALLENGE_SPENT).into());
            }
            store::insert(tx, &keys, &passkey)?;
            sessions::prove(tx, SessionId::from_bytes(session.id), Some(passkey.id))?;
            let leaf = Leaf::of("passkey.create").on(PasskeyId::PREFIX, passkey.id.bytes());
            Ok::<_, Failure>(tx.record(leaf, passkey))
        };
        self.0.house.write(ctx, act).await
    }

    /// Signs somebody in. Whoever isn't, learns nothing but that; the ledger of whom it was about learns why.
    pub async fn sign_in(
        &self,
        answer: &Answer,
        whom: &str,
        peer: IpAddr,
        agent: Agent,
        request: RequestId,
    ) -> Result<(MemberId, Opened), Failure> {
        let judged = self.judge(answer, Purpose::SignIn, whom, request).await?;
        // Without names, the authenticator says whose passkey it is; what it says has to be what we know (§7.2 step 6).
        let handle = self.user_handle(judged.org, judged.passkey.member);
        let ctx = self.by(judged.org, judged.passkey.member, request);
        if answer.user_handle.as_deref() != Some(&handle[..]) {
            return Err(self.deny(&ctx, "user_handle").await);
        }
        let member = judged.passkey.member;
        let network = network_name(&*self.0.house.keys().organisation(ctx.org.id).await?, member, peer);
        let passkey = Some(judged.passkey.id);
        let opening = Opening { member, method: Method::Passkey, agent, network, passkey, connection: None };
        let keys = self.0.house.keys().clone();
        let act = move |tx: &mut Tx<'_>| {
            let there = members::find(tx, member)?;
            if there.is_none_or(|row| row.state != MemberState::Active) {
                return Err(refused());
            }
            believe(tx, &judged)?;
            Ok(sessions::open(tx, &keys, &opening)?.map(|opened| (member, opened)))
        };
        self.0.house.write(&ctx, act).await
    }

    /// Whoever acts in this session has proved that it is them.
    pub async fn prove(&self, ctx: &Ctx, session: Session, whom: &str, answer: &Answer) -> Result<(), Failure> {
        let judged = self.judge_own(ctx, whom, answer).await?;
        let act = move |tx: &mut Tx<'_>| {
            believe(tx, &judged)?;
            let id = SessionId::from_bytes(session.id);
            sessions::prove(tx, id, None)?;
            Ok(tx.record(Leaf::of("session.prove").on(SessionId::PREFIX, id.bytes()), ()))
        };
        self.0.house.write(ctx, act).await
    }

    /// Judges an answer by which somebody proves that it is them who act.
    pub(super) async fn judge_own(&self, ctx: &Ctx, whom: &str, answer: &Answer) -> Result<Judged, Failure> {
        let judged = self.judge(answer, Purpose::Prove, whom, ctx.request).await?;
        if judged.org.id != ctx.org.id || judged.passkey.member.bytes() != ctx.actor.id {
            return Err(self.deny(ctx, "another_member").await);
        }
        Ok(judged)
    }

    /// Judges an answer all by itself: a fresh challenge of ours, a passkey we know, a signature by it.
    async fn judge(
        &self,
        answer: &Answer,
        purpose: Purpose,
        whom: &str,
        request: RequestId,
    ) -> Result<Judged, Failure> {
        let (challenge, until) = self.fresh(&answer.client_data, purpose, whom)?;
        let mac = store::mac(self.0.house.keys(), &answer.credential_id);
        let credential = self.0.house.credential(CredentialKind::Passkey, mac).await?.ok_or_else(refused)?;
        let (org, id) = (credential.org, PasskeyId::from_bytes(credential.id));
        let system = Ctx::system(org, self.0.house.world().clone());
        let passkey = self.0.house.peek::<_, StoreError>(&system, move |tx| store::find(tx, id)).await?;
        let passkey = passkey.ok_or_else(refused)?;
        let known = Known {
            public_key: &passkey.public_key,
            counter: passkey.counter,
            backup_eligible: passkey.backup_eligible,
        };
        let Answer { client_data, authenticator_data, signature, .. } = answer;
        let assertion = Assertion { client_data, authenticator_data, signature };
        match webauthn::authenticate(self.party(), &challenge, known, assertion) {
            Ok(asserted)
                if asserted.regressed && !self.is_said_again(&system, &challenge, &passkey, asserted).await? =>
            {
                let ctx = self.by(org, passkey.member, request);
                self.tell_of_regress(&ctx, &passkey).await?;
                Err(refused())
            }
            Ok(asserted) => Ok(Judged { org, passkey, asserted, challenge, until }),
            Err(why) => {
                let ctx = self.by(org, passkey.member, request);
                Err(self.deny(&ctx, reason(why)).await)
            }
        }
    }

    /// Whether an answer that signs something has been believed as a proof a moment ago: then it counts what it counted there.
    async fn is_said_again(
        &self,
        ctx: &Ctx,
        challenge: &[u8],
        passkey: &Passkey,
        asserted: webauthn::Asserted,
    ) -> Result<bool, StoreError> {
        if what_is_signed(challenge).is_none() || asserted.counter != passkey.counter {
            return Ok(false);
        }
        let challenge = challenge.to_vec();
        self.0.house.peek(ctx, move |tx| store::is_spent(tx, &challenge)).await
    }

    /// The challenge that was answered, if it is one of ours and good, and until when it is.
    fn fresh(&self, client_data: &[u8], purpose: Purpose, whom: &str) -> Result<(Vec<u8>, Time), Failure> {
        let challenge = webauthn::answered(client_data).map_err(|_| refused())?;
        let now = self.0.house.world().clock.now();
        let until = self.0.challenges.good_until(&challenge, purpose, whom, now);
        Ok((challenge, until.ok_or_else(|| Refusal::of(&CHALLENGE_SPENT))?))
    }

    /// What authenticators call a member: a keyed hash, so that it says nothing and is the same each time.
    fn user_handle(&self, org: Org, member: MemberId) -> [u8; 32] {
        self.0.house.keys().pepper().mac(&[b"passkey-user:", &org.id.bytes(), &member.bytes()])
    }

    #[cfg(test)]
    pub(super) fn user_handle_for_tests(&self, org: Org, member: MemberId) -> [u8; 32] {
        self.user_handle(org, member)
    }

    fn by(&self, org: Org, member: MemberId, request: RequestId) -> Ctx {
        let actor = Actor { kind: ActorKind::Member, id: member.bytes() };
        let org = Org { environment: Environment::Live, ..org };
        Ctx { org, actor, viewer: Viewer::masked(), request, world: self.0.house.world().clone() }
    }

    /// Records why somebody was refused, where it belongs. It is a refusal even if that fails.
    async fn deny(&self, ctx: &Ctx, why: &'static str) -> Failure {
        let leaf = Leaf::of("session.create").on(MemberId::PREFIX, ctx.actor.id).denied(why);
        let recorded = self.0.house.write(ctx, move |tx| Ok::<_, StoreError>(tx.record(leaf, ()))).await;
        if let Err(error) = recorded {
            tracing::error!(request = %ctx.request, error = %error, "ledger.leaf_lost");
        }
        refused()
    }

    async fn tell_of_regress(&self, ctx: &Ctx, passkey: &Passkey) -> Result<(), StoreError> {
        let (id, notice) = (passkey.id, notices::regressed(passkey.member, passkey.id));
        let act = move |tx: &mut Tx<'_>| {
            raise(tx, notice)?;
            let leaf = Leaf::of("session.create").on(PasskeyId::PREFIX, id.bytes()).denied("counter_regressed");
            Ok::<_, StoreError>(tx.record(leaf, ()))
        };
        self.0.house.write(ctx, act).await
    }
}

/// Removes a passkey of whoever acts, but not their last, and ends the sessions it began.
pub fn remove(tx: &mut Tx<'_>, keys: &Keys, id: PasskeyId) -> Result<Recorded<()>, Failure> {
    let member = MemberId::from_bytes(tx.ctx().actor.id);
    let all = store::all_of(tx, member)?;
    let passkey = all.iter().find(|passkey| passkey.id == id).ok_or_else(not_found)?;
    if all.len() == 1 {
        return Err(Refusal::of(&LAST_PASSKEY).into());
    }
    store::delete(tx, keys, passkey)?;
    sessions::end_all_by(tx, member, id, Ended::Revoked)?;
    Ok(tx.record(Leaf::of("passkey.remove").on(PasskeyId::PREFIX, id.bytes()), ()))
}

/// What was signed is believed: as often as it is shown, since it says one thing only, and whoever keeps it keeps it once.
pub(super) fn believe_signature(tx: &mut Tx<'_>, judged: &Judged) -> Result<(), Failure> {
    store::spend(tx, &judged.challenge, judged.until)?;
    Ok(store::see(tx, judged.passkey.id, judged.asserted.counter, judged.asserted.backed_up)?)
}

/// The answer is believed, once.
fn believe(tx: &mut Tx<'_>, judged: &Judged) -> Result<(), Failure> {
    if !store::spend(tx, &judged.challenge, judged.until)? {
        return Err(Refusal::of(&CHALLENGE_SPENT).into());
    }
    Ok(store::see(tx, judged.passkey.id, judged.asserted.counter, judged.asserted.backed_up)?)
}

fn new_passkey(ctx: &Ctx, made: Registered, agent: Agent) -> Passkey {
    let Registered { credential_id, public_key, counter, backup_eligible, backed_up, .. } = made;
    Passkey {
        id: PasskeyId::new(&ctx.world),
        member: MemberId::from_bytes(ctx.actor.id),
        credential_id,
        public_key,
        counter,
        backup_eligible,
        backed_up,
        agent,
        created_at: ctx.now(),
        used_at: None,
    }
}

pub(super) fn refused() -> Failure {
    Refusal::of(&PASSKEY_REFUSED).into()
}

/// As a ledger leaf says it.
const fn reason(why: webauthn::Refused) -> &'static str {
    use webauthn::Refused;
    match why {
        Refused::Malformed => "malformed",
        Refused::Type => "type",
        Refused::Challenge => "challenge",
        Refused::Origin => "origin",
        Refused::Framed => "framed",
        Refused::RelyingParty => "relying_party",
        Refused::NotPresent => "not_present",
        Refused::NotVerified => "not_verified",
        Refused::Backup => "backup",
        Refused::UnusableKey => "key",
        Refused::Signature => "signature",
    }
}

//! Letters to members: links that are sent by e-mail.
//!
//! Whoever can send mail implements [`Courier`]; the binary introduces them to each other. A letter is handed over once, beside the
//! request that caused it: whoever gets none asks again.

use std::sync::Arc;

use sealpost_seal::normal::Email;
use sealpost_seal::{Personal, Purpose as Why};
use sealpost_store::{Ctx, Environment, Leaf, MemberId, Org, RequestId, Store, StoreError, Tx};
use sealpost_web::BoxFuture;

use crate::links::{self, IssuedLink, Purpose};
use crate::members::{self, MemberState, Members};
use crate::roles::{RoleRef, Standard};

/// How long after a link was sent another one is: whoever asks for others fills no mailboxes.
const NOT_AGAIN_FOR_MS: i64 = 2 * 60_000;

/// Members read at once.
const AT_ONCE: u32 = 100;

/// What a member is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// What it is about.
    pub subject: &'static str,
    /// What it says.
    pub text: String,
}

/// Delivers letters to members.
pub trait Courier: Send + Sync {
    /// Hands a letter over, on behalf of the context's organisation; the code says why it couldn't.
    fn deliver<'a>(
        &'a self,
        ctx: &'a Ctx,
        to: &'a Personal<String>,
        letter: Letter,
    ) -> BoxFuture<'a, Result<(), &'static str>>;
}

/// Sends links, if there is somebody to send them.
#[derive(Clone)]
pub struct Post {
    courier: Option<Arc<dyn Courier>>,
    public_url: Arc<str>,
}

impl Post {
    /// Links for the server that the outside knows as `public_url`.
    pub fn new(courier: Option<Arc<dyn Courier>>, public_url: &str) -> Self {
        Self { courier, public_url: public_url.trim_end_matches('/').into() }
    }

    /// Whether there is anybody who delivers.
    pub fn delivers(&self) -> bool {
        self.courier.is_some()
    }

    /// Where links lead.
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// Sends a link in the background: nobody learns from how long it takes whether there was anybody to send it to.
    pub fn send(&self, ctx: &Ctx, to: Personal<String>, letter: Letter) {
        let Some(courier) = self.courier.clone() else { return };
        let ctx = ctx.clone();
        tokio::spawn(async move {
            if let Err(code) = courier.deliver(&ctx, &to, letter).await {
                tracing::warn!(request = %ctx.request, code, "letter.undelivered");
            }
        });
    }

    /// Writes to every owner of the context's organisation who has an address, in the background.
    pub fn tell_owners(&self, house: &Store, ctx: &Ctx, letter: Letter) {
        if self.courier.is_none() {
            return;
        }
        let (post, members) = (self.clone(), Members::new(house.clone()));
        let org = Org { environment: Environment::Live, ..ctx.org };
        let ctx = Ctx { request: ctx.request, ..Ctx::system(org, house.world().clone()) };
        tokio::spawn(async move {
            match post.addresses_of_owners(&members, &ctx).await {
                Ok(all) => all.into_iter().for_each(|to| post.send(&ctx, to, letter.clone())),
                Err(error) => tracing::error!(request = %ctx.request, error = %error, "letter.not_written"),
            }
        });
    }

    async fn addresses_of_owners(&self, members: &Members, ctx: &Ctx) -> Result<Vec<Personal<String>>, StoreError> {
        let (mut all, mut before) = (Vec::new(), None);
        loop {
            let some = members.list(ctx, false, before, AT_ONCE).await?;
            let Some(last) = some.last() else { return Ok(all) };
            before = Some(last.id);
            let owners = some
                .into_iter()
                .filter(|one| one.state == MemberState::Active && one.role == RoleRef::Standard(Standard::Owner));
            all.extend(owners.filter_map(|owner| owner.email));
        }
    }

    /// Writes to these members, each of them who has an address, in the background.
    pub fn tell(&self, members: &Members, ctx: &Ctx, whom: Vec<MemberId>, letter: &Letter) {
        let (post, members, ctx, letter) = (self.clone(), members.clone(), ctx.clone(), letter.clone());
        tokio::spawn(async move {
            for id in whom {
                match members.find(&ctx, id).await {
                    Ok(member) => {
                        if let Some(to) = member.and_then(|member| member.email) {
                            post.send(&ctx, to, letter.clone());
                        }
                    }
                    Err(error) => tracing::error!(request = %ctx.request, error = %error, "letter.not_written"),
                }
            }
        });
    }

    /// Sends a new link to whoever has this address, in every organisation where they are a member, in the background.
    pub(crate) fn answer(&self, members: &Members, email: Email, request: RequestId) {
        let (post, members) = (self.clone(), members.clone());
        tokio::spawn(async move {
            if let Err(error) = post.send_to_all(&members, &email, request).await {
                tracing::error!(request = %request, error = %error, "letter.not_written");
            }
        });
    }

    async fn send_to_all(&self, members: &Members, email: &Email, request: RequestId) -> Result<(), StoreError> {
        let house = members.house();
        // There is no shorter way: an address is found by a keyed hash, and the keys are each organisation's own, so that nobody can
        // tell from what is kept that two of them know the same person.
        for id in house.organisations().await? {
            let org = Org { id, environment: Environment::Live };
            let ctx = Ctx { request, ..Ctx::system(org, house.world().clone()) };
            let Some(row) = members.by_email(&ctx, email).await? else { continue };
            if row.state != MemberState::Active {
                continue;
            }
            if let Some(link) = make(house, &ctx, row.id).await? {
                let to = Personal::new(email.delivery_form().expose(Why::Deliver).clone());
                self.send(&ctx, to, recovery(&link, &self.public_url));
            }
        }
        Ok(())
    }
}

/// Why no link was made.
#[derive(Debug, thiserror::Error)]
enum Unmade {
    #[error("one was sent lately")]
    Lately,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A link for a member who has asked for one, unless they have just been sent one: however often they ask at the same time, on
/// however many nodes.
async fn make(house: &Store, ctx: &Ctx, member: MemberId) -> Result<Option<IssuedLink>, StoreError> {
    let (keys, since) = (house.keys().clone(), ctx.now().plus_ms(-NOT_AGAIN_FOR_MS));
    let act = move |tx: &mut Tx<'_>| {
        members::hold(tx, member)?;
        if links::made_since(tx, member, Purpose::Recovery, since)? {
            return Err(Unmade::Lately);
        }
        let link = links::issue(tx, &keys, member, Purpose::Recovery)?;
        let leaf = Leaf::of("sign_in_link.create").on(MemberId::PREFIX, member.bytes()).because("by_email");
        Ok(tx.record(leaf, link))
    };
    match house.write(ctx, act).await {
        Ok(link) => Ok(Some(link)),
        Err(Unmade::Lately) => Ok(None),
        Err(Unmade::Store(error)) => Err(error),
    }
}

/// What somebody is written who has asked for a link.
fn recovery(link: &IssuedLink, public_url: &str) -> Letter {
    let text = format!(
        "Somebody, you we hope, asked for a link to sign in to Sealpost without a passkey.\n\n{}\n\n\
         It works once, within an hour, and lets you create a new passkey. If it wasn't you, do nothing, and tell whoever \
         runs Sealpost for you.\n",
        link.url(public_url)
    );
    Letter { subject: "Your link to Sealpost", text }
}

/// What owners are written when the link of a hand-over was opened a second time.
pub(crate) fn opened_again(url: &str) -> Letter {
    let text = format!(
        "The link of a hand-over was opened a second time: two have it, and the first may not have been who was meant.\n\n{url}\n\n\
         Rotate the secret unless you know who it was. The link shows nothing any more; each try is in the ledger.\n"
    );
    Letter { subject: "A link to a secret was opened twice", text }
}

/// What somebody is written who is invited.
pub(crate) fn invitation(url: &str) -> Letter {
    let text = format!(
        "You are invited to Sealpost.\n\n{url}\n\n\
         The link is yours alone: it works once, within seven days, and lets you create a passkey. If you don't know what this is \
         about, do nothing.\n"
    );
    Letter { subject: "You are invited to Sealpost", text }
}

#[cfg(test)]
mod tests {
    use sealpost_store::both_engines;

    use super::*;

    /// To whom letters went.
    #[derive(Default)]
    struct Desk(std::sync::Mutex<Vec<String>>);

    impl Courier for Desk {
        fn deliver<'a>(
            &'a self,
            _: &'a Ctx,
            to: &'a Personal<String>,
            _: Letter,
        ) -> BoxFuture<'a, Result<(), &'static str>> {
            self.0.lock().unwrap().push(to.expose(Why::Deliver).clone());
            Box::pin(std::future::ready(Ok(())))
        }
    }

    both_engines! {
        async fn owners_with_an_address_are_written_and_nobody_else(test: TestStore) {
            let mut ctx = test.organisation().await;
            (ctx.org.environment, ctx.actor) = (Environment::Live, sealpost_store::Actor::OPERATOR);
            let staff = Members::new(test.store.clone());
            let keys = (test.store.keys().clone(), test.store.keys().organisation(ctx.org.id).await.unwrap());
            for (email, role, joins) in [
                ("one@example.com", Standard::Owner, true),
                ("other@example.com", Standard::Owner, true),
                ("invited@example.com", Standard::Owner, false),
                ("agent@example.com", Standard::Agent, true),
            ] {
                let role = RoleRef::Standard(role);
                let email = Email::parse(email).unwrap();
                let new = members::Invitation { email, name: None, role, teams: Vec::new() };
                let new = staff.prepare(&ctx, new).await.unwrap();
                let keys = keys.clone();
                let invite = move |tx: &mut Tx<'_>| {
                    let invited = members::invite(tx, (&keys.0, &keys.1), &new)?;
                    if joins {
                        members::join(tx, invited.value().id)?;
                    }
                    Ok::<_, sealpost_web::Failure>(invited.map(drop))
                };
                test.store.write(&ctx, invite).await.unwrap();
            }
            let desk = Arc::new(Desk::default());
            let post = Post::new(Some(desk.clone()), "https://sealpost.example.com");
            let mut elsewhere = ctx.clone();
            elsewhere.org.environment = Environment::Test;
            post.tell_owners(&test.store, &elsewhere, opened_again("https://sealpost.example.com/app/test/secrets/handovers"));
            let mut written = Vec::new();
            for _ in 0..3_000 {
                written = desk.0.lock().unwrap().clone();
                if written.len() >= 2 {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            written.sort();
            assert_eq!(written, ["one@example.com", "other@example.com"]);
        }

        async fn whoever_asks_many_times_at_once_is_sent_one_link(test: TestStore) {
            let ctx = test.organisation().await;
            let agent = RoleRef::Standard(Standard::Agent);
            let member = test.store.write(&ctx, move |tx| members::create(tx, agent)).await.unwrap();
            let other = test.another_node().await.unwrap_or_else(|| test.store.clone());
            for _ in 0..10 {
                let asking: Vec<_> = (0..8)
                    .map(|number| {
                        let (house, ctx) = (if number % 2 == 0 { &test.store } else { &other }.clone(), ctx.clone());
                        tokio::spawn(async move { make(&house, &ctx, member).await.unwrap().is_some() })
                    })
                    .collect();
                let mut sent = 0;
                for one in asking {
                    sent += u32::from(one.await.unwrap());
                }
                assert_eq!(sent, 1);
                test.clock.advance_ms(NOT_AGAIN_FOR_MS);
            }
        }
    }
}

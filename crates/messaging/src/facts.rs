//! What this crate adds to the evidence: what people are written to for, through whom, and how it stands with those who want to be
//! forgotten.

use sealpost_govern::evidence::{Facts, Reading, Recipient, Retention, Source, Use};
use sealpost_store::{Ctx, StoreError};
use sealpost_web::BoxFuture;

use crate::Messaging;
use crate::channels::ChannelRefusal;
use crate::endpoints::State;
use crate::events::Class;
use crate::storage::{Mode, Rule};

const CLASSES: [Class; 3] = [Class::Otp, Class::Transactional, Class::Marketing];
/// Channels that are read: an organisation has fewer.
const CHANNELS: u32 = 1_000;

impl Source for Messaging {
    fn facts<'a>(&'a self, ctx: &'a Ctx) -> BoxFuture<'a, Result<Facts, StoreError>> {
        Box::pin(async move {
            let mut facts =
                Facts { uses: self.uses(ctx).await?, retention: self.retention(ctx).await?, ..Facts::default() };
            facts.recipients.extend(self.relays(ctx).await?);
            facts.recipients.extend(self.hearers(ctx).await?);
            facts.readings.push(self.forgotten(ctx).await?);
            Ok(facts)
        })
    }
}

impl Messaging {
    async fn uses(&self, ctx: &Ctx) -> Result<Vec<Use>, StoreError> {
        let named = self.events.by_class(ctx).await?;
        let of = |class: Class| Use {
            class: class.as_str().into(),
            purpose: purpose(class).into(),
            events: named.iter().filter(|(_, one)| *one == class).map(|(name, _)| name.clone()).collect(),
        };
        Ok(CLASSES.into_iter().map(of).collect())
    }

    async fn relays(&self, ctx: &Ctx) -> Result<Vec<Recipient>, StoreError> {
        let channels = self.channels.list(ctx, None, CHANNELS).await.map_err(|refusal| match refusal {
            ChannelRefusal::Store(error) => error,
            _ => StoreError::Missing("channel"),
        })?;
        let relay = |channel: crate::channels::Channel| Recipient {
            kind: "email_relay".into(),
            name: channel.name,
            host: channel.email.host,
            gets: "addresses and content of e-mails".into(),
            personal: true,
        };
        Ok(channels.into_iter().map(relay).collect())
    }

    async fn hearers(&self, ctx: &Ctx) -> Result<Vec<Recipient>, StoreError> {
        let called =
            self.endpoints.all(ctx).await?.into_iter().filter(|one| !matches!(one.state, State::Disabled { .. }));
        let hearer = |endpoint: crate::endpoints::Endpoint| Recipient {
            kind: "endpoint".into(),
            host: host(&endpoint.url),
            name: endpoint.name,
            gets: "ids and states of messages, contacts and keys, signed".into(),
            personal: false,
        };
        Ok(called.map(hearer).collect())
    }

    async fn retention(&self, ctx: &Ctx) -> Result<Vec<Retention>, StoreError> {
        let policy = self.storage.policy(ctx).await?;
        let days = self.erasures.suppression_days(ctx).await?;
        let mut all: Vec<Retention> =
            CLASSES.into_iter().map(|class| content(class, policy.rule(ctx.org.environment, class))).collect();
        all.push(Retention::days("keyed hashes of suppressed addresses of erased people", days));
        all.push(Retention::until("suppressions of others", "somebody lifts them"));
        Ok(all)
    }

    async fn forgotten(&self, ctx: &Ctx) -> Result<Reading, StoreError> {
        let (done, open) = self.erasures.standing(ctx).await?;
        let says = format!("{done} people were erased, {open} erasures are under way");
        Ok(Reading::new("erasures", says, Some(open == 0)))
    }
}

const fn purpose(class: Class) -> &'static str {
    match class {
        Class::Otp => "one-time codes that somebody asked for",
        Class::Transactional => "what somebody needs because of something they did",
        Class::Marketing => "what somebody has agreed to get",
    }
}

fn host(url: &str) -> String {
    url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

fn content(class: Class, rule: Rule) -> Retention {
    let what = format!("content of messages: {}", class.as_str());
    match rule.mode {
        Mode::Keep => Retention::days(&what, rule.days.count().into()),
        Mode::UntilDelivered => Retention::until(&what, "the message has come to its end"),
        Mode::Never => Retention::until(&what, "it is sent: it is never written"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sealpost_govern::evidence::{Evidence, Installation};
    use sealpost_store::{Environment, both_engines};

    use super::*;
    use crate::messages::scene::House;

    both_engines! {
        async fn the_record_names_who_is_configured_and_nobody_else(test: TestStore) {
            let house = House::around(test, 2, Environment::Live).await;
            let ctx = house.organisations[0].clone();
            let sources: [Arc<dyn Source>; 1] = [Arc::new(house.messaging.clone())];
            let installation = Installation { version: "0", sources: Arc::new(sources) };
            let evidence = Evidence::new(house.test.store.clone(), installation);
            let record = evidence.record(&ctx).await.unwrap();
            let kinds: Vec<_> = record.recipients.iter().map(|one| (one.kind.as_str(), one.personal)).collect();
            assert_eq!(kinds, [("email_relay", true), ("endpoint", false)], "one of each, and those of nobody else");
            assert_eq!(record.recipients[0].host, "127.0.0.1");
            let events: Vec<_> = record.purposes.iter().flat_map(|one| one.events.clone()).collect();
            assert_eq!(events, ["mail.otp", "mail.transactional", "mail.marketing"]);
            let mut elsewhere = ctx.clone();
            elsewhere.org.environment = Environment::Test;
            let record = evidence.record(&elsewhere).await.unwrap();
            assert!(record.recipients.is_empty() && record.purposes.iter().all(|one| one.events.is_empty()));
            let erasures = |readings: Vec<Reading>| readings.into_iter().find(|one| one.name == "erasures").unwrap();
            assert_eq!(erasures(evidence.readings(&ctx).await.unwrap()).good, Some(true));
        }
    }
}

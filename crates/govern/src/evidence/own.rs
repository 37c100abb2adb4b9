//! What is known here about the organisation: masks, looks, the ledger, who signs in how.

use std::time::Duration;

use sealpost_access::masking::{self, Masking};
use sealpost_access::networks::{self, Lists};
use sealpost_access::secrets::{self, SecretSummary};
use sealpost_access::sso;
use sealpost_access::{api_keys, organisations};
use sealpost_store::{Ctx, Environment, Store, StoreError, Time, Tx};
use sealpost_web::BoxFuture;

use crate::audit::{self, DetailsDays};

use super::facts::{Facts, Measure, Reading, Recipient, Retention, Source};

const DAY_MS: i64 = 86_400_000;
/// API keys that are read: an organisation has fewer.
const KEYS: u32 = 1_000;
/// A checkpoint is due every second while there is news; one that is late by so much is worth a look.
const LATE: Duration = Duration::from_secs(300);

/// What govern and access know.
pub(super) struct Own(pub(super) Store);

impl Source for Own {
    fn facts<'a>(&'a self, ctx: &'a Ctx) -> BoxFuture<'a, Result<Facts, StoreError>> {
        Box::pin(async move {
            let mut facts = Facts { measures: measures(), retention: retention(), ..Facts::default() };
            let keys = self.0.keys().organisation(ctx.org.id).await?;
            let standing = self
                .0
                .read::<_, StoreError>(ctx, move |tx| {
                    Ok(Standing {
                        masking: masking::standing(tx, &keys)?,
                        networks: networks::standing(tx)?.in_force(tx.ctx().now()).clone(),
                        secrets: secrets::list(tx)?,
                        sign_in: sso::standing(tx)?,
                        keys: ages_of_keys(tx)?,
                        details: audit::details_kept(tx)?.days,
                    })
                })
                .await?;
            let now = ctx.now();
            facts.readings.extend([
                hidden(&standing.masking, ctx.org.environment),
                looks(&standing.masking),
                admitted(&standing.networks),
                ages_of_secrets(&standing.secrets, now),
                sign_in(&standing.sign_in),
                standing.keys,
                self.ledger(ctx).await?,
            ]);
            let details = standing
                .details
                .map(|days| Retention::days("details of leaves, as the organisation decided", days.count()));
            facts.retention.extend(details);
            facts.recipients.extend(standing.sign_in.connections.iter().map(service));
            Ok(facts)
        })
    }
}

impl Own {
    async fn ledger(&self, ctx: &Ctx) -> Result<Reading, StoreError> {
        let head = self.0.ledger_head(ctx).await?.map_or(0, |(head, _)| head.frontier.size());
        let Some(checkpoint) = self.0.ledger_checkpoint(ctx).await? else {
            return Ok(Reading::new("ledger", format!("{head} leaves, no checkpoint yet"), Some(head == 0)));
        };
        let age = ctx.now().since(checkpoint.at);
        let unsigned = head.saturating_sub(checkpoint.size);
        let is_late = unsigned > 0 && u128::try_from(age).is_ok_and(|age| age > LATE.as_millis());
        let says = format!("{head} leaves, {unsigned} of them younger than the checkpoint of {}", checkpoint.at);
        Ok(Reading::new("ledger", says, Some(!is_late)))
    }

    /// What the organisation is called.
    pub(super) async fn name(&self, ctx: &Ctx) -> Result<String, StoreError> {
        Ok(organisations::find(&self.0, ctx.org.id).await?.map(|found| found.name).unwrap_or_default())
    }
}

struct Standing {
    masking: masking::Standing,
    networks: Lists,
    secrets: Vec<SecretSummary>,
    sign_in: sso::Standing,
    keys: Reading,
    /// For how many days details of the ledger are kept, if the organisation has decided.
    details: Option<DetailsDays>,
}

fn hidden(standing: &masking::Standing, environment: Environment) -> Reading {
    let (says, good) = match standing.policy.in_force(environment) {
        Masking::Default => ("default: every payload value and destination is hidden".to_owned(), true),
        Masking::Patterns(rules) => (format!("patterns: what {} rules match is hidden", rules.iter().count()), true),
        Masking::Off => ("off: whoever may reveal sees everything at once".to_owned(), false),
    };
    Reading::new("masking", format!("{says}; version {}", standing.version), Some(good))
}

fn looks(standing: &masking::Standing) -> Reading {
    let count = standing.policy.reveals.count();
    Reading::new("looks", format!("{count} looks at clear data for each caller and day, each with a reason"), None)
}

fn admitted(lists: &Lists) -> Reading {
    let count = |list: &sealpost_web::Cidrs| match list.as_slice().len() {
        0 => "everywhere".to_owned(),
        some => format!("{some} networks"),
    };
    let says = format!(
        "dashboard from {}, administrators from {}, keys from {}",
        count(&lists.dashboard),
        count(&lists.admin),
        count(&lists.keys)
    );
    Reading::new("networks", says, None)
}

fn ages_of_secrets(secrets: &[SecretSummary], now: Time) -> Reading {
    let newest = secrets.iter().filter_map(|secret| secret.versions.iter().map(|version| version.created_at).max());
    let oldest = newest.min();
    let says = match oldest {
        None => "no secrets are kept".to_owned(),
        Some(at) => {
            format!("{} secrets; the one longest unchanged for {} days", secrets.len(), now.since(at).max(0) / DAY_MS)
        }
    };
    Reading::new("secrets", says, None)
}

fn sign_in(standing: &sso::Standing) -> Reading {
    let enabled = standing.connections.iter().filter(|connection| connection.enabled).count();
    let says = match (standing.required, enabled) {
        (true, _) => {
            format!("by a service of the organisation's own ({enabled} connected), required; owners also by passkey")
        }
        (false, 0) => "by passkey: no passwords exist".to_owned(),
        (false, some) => format!("by passkey or by one of {some} services; no passwords exist"),
    };
    Reading::new("sign_in", says, Some(true))
}

fn ages_of_keys(tx: &mut Tx<'_>) -> Result<Reading, StoreError> {
    let now = tx.ctx().now();
    let keys = api_keys::list(tx, None, KEYS)?;
    let alive: Vec<_> = keys.iter().filter(|key| key.revoked_at.is_none() && now < key.expires_at).collect();
    let oldest = alive.iter().map(|key| key.created_at).min();
    let says = match oldest {
        None => "no keys are alive".to_owned(),
        Some(at) => format!(
            "{} keys are alive, all of them with an end; the oldest for {} days",
            alive.len(),
            now.since(at).max(0) / DAY_MS
        ),
    };
    Ok(Reading::new("api_keys", says, Some(true)))
}

fn service(connection: &sso::Connection) -> Recipient {
    Recipient {
        kind: "sign_in_service".into(),
        name: connection.name.clone(),
        host: connection.host().unwrap_or_default(),
        gets: "that somebody signs in; it says who they are".into(),
        personal: true,
    }
}

fn measures() -> Vec<Measure> {
    vec![
        Measure::new(
            "Sealing",
            "AES-256 under a key for each person and each message (XAES-256-GCM with key commitment), bound to organisation, \
             environment, table, column and row; the root key is outside the database",
        ),
        Measure::new(
            "Erasure",
            "the person's key is destroyed, also for every copy and backup; a signed certificate says so",
        ),
        Measure::new(
            "Masks",
            "clear values are in types that can't be shown; whoever looks sees what their role's mask leaves",
        ),
        Measure::new(
            "Looks",
            "take a permission, a fresh proof, a reason and one of the day's looks, and are on record first",
        ),
        Measure::new(
            "Sign-in",
            "passkeys with user verification, or the organisation's own service; no passwords exist",
        ),
        Measure::new("Least privilege", "every route takes one permission; nobody gives what they lack"),
        Measure::new(
            "Isolation",
            "every query names its organisation and environment; row-level security on PostgreSQL",
        ),
        Measure::new("Record", "a Merkle log with signed checkpoints; what has no leaf isn't done"),
        Measure::new("Transport", "TLS 1.3 and nothing older; plain HTTP is refused, not redirected"),
        Measure::new("Egress", "calls go to verified, signed endpoints; addresses inside are refused"),
        Measure::new("Card numbers", "are recognised and refused before anything is stored"),
    ]
}

fn retention() -> Vec<Retention> {
    vec![
        Retention::until("people who are written to", "they are erased"),
        Retention::until("keys of blind indexes", "the month after their own: then they are destroyed"),
        Retention::days("answers to requests that may come twice", 3),
        Retention::days("sessions, sign-in links and challenges that are over", 31),
        Retention::until("members of the staff", "they are removed: their key is destroyed"),
        Retention::until("leaves of the ledger: ids, codes, times", "for good: they are the evidence"),
    ]
}

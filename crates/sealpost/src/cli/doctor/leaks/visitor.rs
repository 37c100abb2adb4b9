//! Somebody who looks at pages: a member who sees nobody in clear, let in by the server because whoever runs this holds its keys.

use std::time::Duration;

use sealpost_access::visits;
use sealpost_store::{Keys, OrgId};

use crate::api::Api;
use crate::cli::{Outcome, Shell, Stop};
use crate::config::Flags;
use crate::{hardening, house};

/// What tells which organisation a key is of.
const RECORD: &str = "/v1/evidence/processing-record";
/// Whether a session is good.
const SESSION: &str = "/v1/session";
/// How often and how long a server is waited for: it looks every few seconds.
const LOOKS: u32 = 150;
const PAUSE: Duration = Duration::from_millis(200);

/// A visit, from being asked for to its end.
pub(super) struct Visitor {
    keys: Keys,
    org: OrgId,
    /// The API with the visitor's session.
    pub(super) api: Api,
}

impl Visitor {
    /// Asks for a visit and waits to be let in; the reason where that can't be.
    pub(super) async fn come(shell: &Shell, api: &Api) -> Outcome<Result<Self, String>> {
        let keys = match open(shell).await {
            Ok(keys) => keys,
            Err(error) => {
                return Ok(Err(format!("not asked, for the key store is not open to this command: {}", error.what)));
            }
        };
        let record = api.get(RECORD).await?;
        let org = record["organisation_id"].as_str().and_then(|id| id.parse::<OrgId>().ok());
        let org = org.ok_or_else(|| Stop::failed("the server doesn't say of which organisation this key is"))?;
        let key = keys.ask_for_visit(org).await.map_err(anyhow::Error::from)?;
        let visitor = Self { keys, org, api: api.with_session(visits::session_of(&key).expose())? };
        if visitor.is_in(true).await? {
            return Ok(Ok(visitor));
        }
        visitor.keys.end_visit(org).await.map_err(anyhow::Error::from)?;
        Ok(Err("not asked, for nobody was let in: is this the configuration of that server?".into()))
    }

    /// Ends the visit, and waits until the server has shown the visitor out.
    pub(super) async fn leave(self) -> Outcome {
        self.keys.end_visit(self.org).await.map_err(anyhow::Error::from)?;
        match self.is_in(false).await? {
            false => Ok(()),
            true => {
                Err(Stop::failed("the visitor is still there")
                    .fix("look at Members: it has no name, and goes by itself"))
            }
        }
    }

    /// Waits until that is so; answers how it is in the end.
    async fn is_in(&self, expected: bool) -> Outcome<bool> {
        for _ in 0..LOOKS {
            let (status, _) = self.api.look(SESSION, true, false).await?;
            if (status == 200) == expected {
                return Ok(expected);
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(!expected)
    }
}

/// The key store, beside the server that uses it.
async fn open(shell: &Shell) -> Outcome<Keys> {
    hardening::apply();
    let config = shell.load(&Flags::default())?.config;
    Ok(house::open_keys(&config, &shell.environment).await?)
}

//! The store of this installation, opened directly: for what a person with a shell may do without a server.

use sealpost_access::organisations::{self, Organisation};
use sealpost_store::{Ctx, Environment, Org, Store, StoreError, World};

use super::{Outcome, Shell, Stop};
use crate::config::Flags;
use crate::house;

/// Which organisation, and which environment of it.
#[derive(Clone, clap::Args)]
pub(super) struct Place {
    /// The organisation, by name or id; the only one if there is only one (with --local)
    #[arg(long, value_name = "NAME|ID")]
    organisation: Option<String>,
    /// `test` or `live` (with --local)
    #[arg(long, value_name = "ENVIRONMENT", default_value = "live")]
    environment: Environment,
}

/// Opens the store as the configuration says. A data folder that a server uses is refused.
pub(super) async fn store(shell: &Shell) -> Outcome<Store> {
    let config = shell.load(&Flags::default())?.config;
    house::open_store(&config, &shell.environment, World::real()).await.map_err(|error| {
        let in_use = matches!(error.downcast_ref(), Some(StoreError::InUse));
        let stop = Stop::from(error);
        if in_use { stop.fix("stop the server first, or leave out --local to go through its API") } else { stop }
    })
}

/// A context for the person at this shell.
pub(super) async fn operator(store: &Store, place: &Place) -> Outcome<Ctx> {
    let all = organisations::list(store).await.map_err(anyhow::Error::from)?;
    let id = choose(&all, place.organisation.as_deref())?.id;
    Ok(organisations::operator(store, Org { id, environment: place.environment }))
}

fn choose<'a>(all: &'a [Organisation], wanted: Option<&str>) -> Outcome<&'a Organisation> {
    let matches: Vec<_> = match wanted {
        Some(wanted) => all.iter().filter(|one| one.name == wanted || one.id.to_string() == wanted).collect(),
        None => all.iter().collect(),
    };
    match (&matches[..], wanted) {
        ([one], _) => Ok(one),
        ([], None) => Err(Stop::refused("there is no organisation yet").fix("`sealpost init` makes the first")),
        ([], Some(_)) => Err(Stop::refused("there is no organisation of this name or id")),
        _ => {
            let names: Vec<String> = matches.iter().map(|one| format!("{} ({})", one.id, one.name)).collect();
            Err(Stop::usage("there are several organisations").fix(format!("name one: {}", names.join(", "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealpost_store::{OrgId, Time};

    fn organisation(byte: u8, name: &str) -> Organisation {
        Organisation { id: OrgId::from_bytes([byte; 16]), name: name.into(), created_at: Time::default() }
    }

    #[test]
    fn the_only_organisation_needs_no_name_and_of_several_one_has_to_be_named() {
        let all = [organisation(1, "Alpha"), organisation(2, "Beta")];
        assert_eq!(choose(&all[..1], None).unwrap().name, "Alpha");
        assert_eq!(choose(&all, Some("Beta")).unwrap().name, "Beta");
        assert_eq!(choose(&all, Some(&all[0].id.to_string())).unwrap().name, "Alpha");
        for (all, wanted) in [(&all[..], None), (&all[..], Some("Gamma")), (&all[..0], None)] {
            assert!(choose(all, wanted).is_err());
        }
    }
}

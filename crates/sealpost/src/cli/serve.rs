//! `sealpost serve`

use std::net::SocketAddr;

use sealpost_seal::key::Custody;
use sealpost_store::{Clock as _, World};

use super::{Outcome, Shell, Stop};
use crate::config::{Config, Environment, Flags};
use crate::house::House;
use crate::root_key::NoRootKey;
use crate::running::{Listeners, Running, Tls};
use crate::{files, hardening, logging, root_key, signals};

#[derive(clap::Args)]
pub(super) struct Args {
    /// The HTTPS listener; overrides `server.bind`
    #[arg(long, value_name = "ADDRESS:PORT")]
    bind: Option<SocketAddr>,
    /// The admin listener, loopback only; overrides `server.admin`
    #[arg(long, value_name = "ADDRESS:PORT")]
    admin: Option<SocketAddr>,
    /// The data folder; overrides `storage.folder`
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
}

pub(super) async fn run(shell: &Shell, args: Args) -> Outcome {
    let flags = Flags::default()
        .set("server.bind", args.bind.map(|bind| bind.to_string()), "bind")
        .set("server.admin", args.admin.map(|admin| admin.to_string()), "admin")
        .set("storage.folder", args.data, "data");
    let config = shell.load(&flags)?.config;
    if config.keys.root.is_none() {
        return Err(anyhow::Error::from(NoRootKey).into());
    }
    logging::begin(&config.log, &shell.environment);
    warn_of_open_root_key(&config, &shell.environment);
    hardening::apply();
    let mut end = signals::End::listen()?;
    signals::survive_size_limits()?;
    let world = World::real();
    let tls = Tls::load(&config, world.clock.now())?;
    let listeners = Listeners::bind(&config).await?;
    let house = Box::pin(House::open(&config, &shell.environment, world)).await?;
    let running = Running::start(house, listeners, &tls.certificates, &config)?;
    tracing::info!(address = %running.public, admin = ?running.admin, version = env!("CARGO_PKG_VERSION"), "server.ready");
    shell.out.result(&serde_json::json!({ "ready": true, "address": running.public, "admin": running.admin }), || {
        shell.out.note(format_args!("sealpost {}  https://{}", env!("CARGO_PKG_VERSION"), running.public));
    });
    end.asked_for().await;
    tracing::info!("server.draining");
    let ended = running.stop().await;
    tracing::info!(
        requests_drained = ended.requests_drained,
        deliveries_drained = ended.deliveries_drained,
        "server.stopped"
    );
    if ended.requests_drained {
        Ok(())
    } else {
        Err(Stop::failed("some requests were still being served when time ran out"))
    }
}

/// Not refused: where secrets are mounted, their mode isn't always ours to choose. One that is sealed may be read by everybody.
fn warn_of_open_root_key(config: &Config, environment: &Environment) {
    let Some(source) = &config.keys.root else { return };
    if root_key::custody(source, environment).is_ok_and(|custody| custody != Custody::Clear) {
        return;
    }
    let path = source.path();
    if path.is_some_and(|path| files::mode(&path).is_some_and(|mode| mode & 0o077 != 0)) {
        tracing::warn!("root_key.readable_by_others");
    }
}

//! `sealpost serve`

use std::net::SocketAddr;

use sealpost_store::{Clock as _, World};

use super::{Exit, Outcome, Shell, Stop};
use crate::config::Flags;
use crate::house::House;
use crate::running::{Listeners, Running, Tls};
use crate::{hardening, logging, signals};

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
        return Err(Stop::new(Exit::Config, "keys.root is not set: it names where the root key is").fix(
            "`sealpost init` makes a root key and a configuration; or set keys.root = { file = \"/etc/sealpost/root.key\" }",
        ));
    }
    logging::begin(&config.log, &shell.environment);
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

//! `sealpost demo`: everything on this machine, on loopback only, with the main job done once in front of the user.

mod act;
mod folder;
mod past;
mod proof;
mod seed;
mod tell;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use sealpost_access::links;
use sealpost_egress::client::Client;
use sealpost_egress::network::Network;
use sealpost_seal::SystemRng;
use sealpost_store::{Clock as _, SystemClock, World};
use sealpost_web::tls::server_config;

use self::past::{Aside, Hook, PastClock};
use super::{Out, Outcome, Shell, Stop};
use crate::api::{Api, local_policy};
use crate::config::{Config, Environment, Flags, LogConfig, PublicUrl, load};
use crate::house::House;
use crate::running::{Listeners, Running, Tls};
use crate::{hardening, logging, signals, trust};

pub(super) use tell::steps as tell_steps;

/// Where the demo listens unless that is taken.
const PORT: u16 = 7700;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Do the main job once and end: 0 if everything was as promised
    #[arg(long)]
    once: bool,
    /// The port on loopback; 0 takes any [default: 7700, or any if that is taken]
    #[arg(long)]
    port: Option<u16>,
    /// The address to listen on: a loopback address
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    bind: IpAddr,
    /// The data folder
    #[arg(long, value_name = "DIR", default_value = "sealpost-data")]
    data: PathBuf,
}

pub(super) async fn run(shell: &Shell, args: Args) -> Outcome {
    if !args.bind.is_loopback() {
        return Err(Stop::usage("the demo listens on loopback only")
            .fix("for a server that others reach: `sealpost init`, then `sealpost serve`"));
    }
    let out = shell.out;
    tell::greeting(out);
    // What the past has to warn of is over, and part of the story.
    logging::begin(&LogConfig { filter: "error".into(), ..LogConfig::default() }, &shell.environment);
    hardening::apply();
    let mut end = signals::End::listen()?;
    let folder = folder::Folder::prepare(&args.data, &SystemRng)?;
    let mut config = read_config(&folder)?;
    let (listeners, address) = bind(&mut config, &args).await?;
    let tls = Tls::load(&config, SystemClock.now())?;
    let (hook, deaf) = tokio::select! {
        hook = hook(&config, &tls, &folder, out) => match hook? {
            Ok(hook) => (hook, None),
            Err(port) => (None, Some(port)),
        },
        () = end.asked_for() => return Err(Stop::failed("interrupted")),
    };
    let starts = SystemClock.now();
    let house = Box::pin(House::open(&config, &Environment::default(), World::real())).await?;
    let running = Running::start(house, listeners, &tls.certificates, &config)?;
    let ready_ms = SystemClock.now().since(starts);

    let url = format!("https://localhost:{}", address.port());
    let place = seed::organisation(running.store()).await?;
    let key = seed::key(running.store(), &place, &folder.key).await?;
    let owner = links::create_for_owner(running.store(), &place).await.map_err(anyhow::Error::from)?;
    folder.save_profile(&url)?;
    let client = Client::new(Network::system(local_policy()), &trust::of_files([&folder.authority])?)
        .map_err(anyhow::Error::from)?;
    let api = Api::new(client, &url, &key)?;
    seed::content(&api).await?;
    let owner = owner.url(&url);
    let place = tell::Place { url: &url, folder: &folder, ready_ms, owner: &owner, deaf };
    tell::place(out, &place);

    let story = tokio::select! {
        story = act::main_job(&api, running.store(), &tls.certificates) => story,
        () = end.asked_for() => Err(Stop::failed("interrupted")),
    };
    if let Ok(story) = &story {
        tell::story(out, &place, story);
        if !args.once {
            tell::invitation(out, &place);
            end.asked_for().await;
            out.progress("\nstopping…");
        }
    }
    running.stop().await;
    drop(hook);
    story.map(|_| ())
}

/// The clinic's system that hears of its messages, listening; or the port where it would, if that is taken. In a folder where nothing
/// has happened yet, the past is lived through first.
async fn hook(config: &Config, tls: &Tls, folder: &folder::Folder, out: Out) -> Outcome<Result<Option<Hook>, u16>> {
    let server = server_config(tls.certificates.clone()).map_err(anyhow::Error::from)?;
    if !folder.is_new {
        return Ok(Hook::again(&folder.hook, &server, &World::real()).await);
    }
    out.progress("two weeks of a fictional clinic go by…");
    let began = SystemClock.now();
    let aside = Aside::new(&folder.data, &SystemRng)?;
    let mut elsewhere = config.clone();
    elsewhere.storage.folder = aside.path().to_owned().into();
    let clock = Arc::new(PastClock::at(past::begin()));
    let world = World { clock: clock.clone(), rng: Arc::new(SystemRng) };
    let house = Box::pin(House::open(&elsewhere, &Environment::default(), world)).await?;
    let lived = past::live(&house, &clock, &server, &folder.hook).await?;
    aside.bring_into(&folder.data)?;
    tell::past(out, lived.leaves, SystemClock.now().since(began));
    Ok(Ok(Some(lived.hook)))
}

/// What the folder's own file says. The environment has no part in it: it may be meant for another server.
fn read_config(folder: &folder::Folder) -> Outcome<Config> {
    Ok(load(Some(&folder.config), &Environment::default(), &Flags::default())?.config)
}

/// Opens the sockets and writes down in the configuration where they are.
async fn bind(config: &mut Config, args: &Args) -> Outcome<(Listeners, SocketAddr)> {
    config.server.admin = Some(SocketAddr::new(args.bind, 0));
    config.server.bind = SocketAddr::new(args.bind, args.port.unwrap_or(PORT));
    let listeners = match Listeners::bind(config).await {
        Err(_) if args.port.is_none() => {
            config.server.bind.set_port(0);
            Listeners::bind(config).await?
        }
        Err(error) => return Err(Stop::from(error).fix("take another with --port, or any with --port 0")),
        Ok(listeners) => listeners,
    };
    let address = listeners.public()?;
    let url = format!("https://localhost:{}", address.port());
    config.server.public_url = PublicUrl::try_from(url).map_err(Stop::failed)?;
    Ok((listeners, address))
}

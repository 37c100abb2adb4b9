//! `sealpost members`

use sealpost_access::links;
use serde_json::json;

use super::glass::Glass;
use super::local::{self, Place};
use super::{Outcome, Shell};
use crate::config::Flags;

#[derive(clap::Subcommand)]
pub(super) enum Verb {
    /// Make a one-time link that signs the first owner in: on the data folder itself, when nobody can sign in any more
    Link(Link),
}

#[derive(clap::Args)]
pub(super) struct Link {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    glass: Glass,
}

pub(super) async fn run(shell: &Shell, verb: Verb) -> Outcome {
    match verb {
        Verb::Link(args) => owner_link(shell, args).await,
    }
}

async fn owner_link(shell: &Shell, args: Link) -> Outcome {
    let url = shell.load(&Flags::default())?.config.server.public_url;
    let store = local::store(shell).await?;
    let ctx = local::operator(&store, &args.place).await?;
    args.glass.open(shell, &store, &ctx, "members link").await?;
    let link = links::create_for_owner(&store, &ctx).await.map_err(anyhow::Error::from)?;
    let (out, expires_at, link) = (shell.out, link.expires_at, link.url(url.as_str()));
    out.result(&json!({ "sign_in": link, "expires_at": expires_at }), || {
        out.say(format_args!("{link}\n"));
        out.say("signs the owner in, once, within 15 minutes, when the server runs");
    });
    Ok(())
}

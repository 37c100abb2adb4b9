//! `sealpost networks`

use sealpost_access::networks;
use serde_json::json;

use super::local::{self, Place};
use super::{Outcome, Shell, Stop};

#[derive(clap::Subcommand)]
pub(super) enum Verb {
    /// Admit everybody from everywhere again: on the data folder itself, when nobody gets in any more
    Reset(Reset),
}

#[derive(clap::Args)]
pub(super) struct Reset {
    #[command(flatten)]
    place: Place,
}

pub(super) async fn run(shell: &Shell, verb: Verb) -> Outcome {
    match verb {
        Verb::Reset(args) => reset(shell, &args).await,
    }
}

async fn reset(shell: &Shell, args: &Reset) -> Outcome {
    let store = local::store(shell).await?;
    let ctx = local::operator(&store, &args.place).await?;
    let keys = store.keys().organisation(ctx.org.id).await.map_err(anyhow::Error::from)?;
    let after = store.write(&ctx, move |tx| networks::reset(tx, &keys)).await.map_err(refused)?;
    let out = shell.out;
    out.result(&json!({ "version": after.version }), || {
        out.say("members and keys are admitted from everywhere; what roles and keys say themselves still holds");
    });
    Ok(())
}

fn refused(failure: sealpost_web::Failure) -> Stop {
    match failure {
        sealpost_web::Failure::Refused(refusal) => Stop::refused(refusal.code().title),
        sealpost_web::Failure::Fault(fault) => anyhow::anyhow!("{fault}").into(),
    }
}

//! `sealpost support`

mod bundle;
mod plain;

use super::{Outcome, Shell};

#[derive(clap::Subcommand)]
pub(super) enum Verb {
    /// Collect what helps whoever helps: shown before it is written, without addresses, names and ids
    Bundle(bundle::Args),
}

pub(super) async fn run(shell: &Shell, verb: Verb) -> Outcome {
    match verb {
        Verb::Bundle(args) => bundle::run(shell, args).await,
    }
}

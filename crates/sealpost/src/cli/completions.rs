//! `sealpost completions`

use clap_complete::Shell as Kind;

use super::{Out, Outcome};

#[derive(clap::Args)]
pub(super) struct Args {
    /// The shell
    shell: Kind,
}

pub(super) fn run(args: Args, command: &mut clap::Command) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, command, "sealpost", &mut script);
    Out::new(false).raw(&script);
    Ok(())
}

//! What a command reads by the power of the host: by support access for it, or by breaking the glass.

use sealpost_govern::Reason;
use sealpost_govern::support::{Right, open_for_host};
use sealpost_store::{Ctx, Store};
use sealpost_web::Failure;

use super::{Outcome, Shell, Stop};

/// How somebody goes without having been let in.
#[derive(clap::Args)]
pub(super) struct Glass {
    /// Go without support access that somebody has agreed to: owners are told, and why, before anything is read
    #[arg(long, requires = "reason")]
    break_glass: bool,
    /// Why the glass is broken: one line, sealed into the ledger
    #[arg(long, value_name = "TEXT", requires = "break_glass")]
    reason: Option<String>,
}

impl Glass {
    /// Makes sure that this command may read what this organisation holds.
    pub(super) async fn open(self, shell: &Shell, store: &Store, ctx: &Ctx, command: &'static str) -> Outcome {
        let reason = self.reason.filter(|_| self.break_glass).map(Reason::parse).transpose();
        let reason = reason.map_err(|_| Stop::usage("--reason is one line of up to 500 characters"))?;
        match open_for_host(store, ctx, command, reason).await.map_err(of_failure)? {
            Some(Right::BeforeAnybody | Right::Granted(_)) => Ok(()),
            Some(Right::BrokenGlass(id)) => {
                shell.out.note(format_args!("the glass is broken ({id}): owners are written to, at the latest once the server runs"));
                Ok(())
            }
            None => Err(Stop::refused("nobody has let the host in").fix(
                "ask an owner for support access for the host, or add --break-glass --reason \"…\": owners are told before anything is read",
            )),
        }
    }
}

fn of_failure(failure: Failure) -> Stop {
    match failure {
        Failure::Refused(refusal) => Stop::refused(format!("{} ({})", refusal.code().title, refusal.code().code)),
        Failure::Fault(fault) => Stop::failed(fault.to_string()),
    }
}

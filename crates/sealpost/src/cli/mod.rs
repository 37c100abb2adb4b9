//! The command line: one file per verb.

mod advice;
mod approvals;
mod completions;
mod config;
mod demo;
mod doctor;
mod endpoints;
mod erasure;
mod evidence;
mod exit;
mod glass;
mod init;
mod keys;
mod ledger;
mod listen;
mod local;
mod members;
mod networks;
mod out;
mod policy;
#[cfg(test)]
mod reads;
mod receipt;
mod revisions;
mod send;
mod serve;
mod support;
mod version;

use std::path::PathBuf;

use clap::{CommandFactory, Parser, Subcommand};

use crate::api::{ApiError, Connection};
use crate::config::{Environment, Flags, Loaded, load};

pub(crate) use exit::{Exit, Outcome, Stop};
pub(crate) use out::Out;

/// Self-hosted customer messaging for data that must not leak.
#[derive(Parser)]
#[command(name = "sealpost", version, about, after_help = exit::TABLE, disable_help_subcommand = true)]
struct Cli {
    /// Answer in JSON: results on standard output, errors on standard error
    #[arg(long, global = true)]
    json: bool,
    /// The configuration file [default: sealpost.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Try everything on this machine: nothing leaves it
    Demo(demo::Args),
    /// Set up for production: configuration, root key, recovery kit
    Init(init::Args),
    /// Run the server
    Serve(serve::Args),
    /// Send a message through the API
    Send(send::Args),
    /// Receive signed events, verify and print them
    Listen(listen::Args),
    /// Endpoints: test sends, how deliveries are signed, secrets
    #[command(subcommand)]
    Endpoints(endpoints::Verb),
    /// API keys
    #[command(subcommand)]
    Keys(keys::Verb),
    /// The audit ledger
    #[command(subcommand)]
    Ledger(ledger::Verb),
    /// What waits until others have agreed
    #[command(subcommand)]
    Approvals(approvals::Verb),
    /// Say how what is there differs from what files say
    Plan(policy::plan::Args),
    /// Make it as files say
    Apply(policy::apply::Args),
    /// Write what is there as files
    ExportPolicy(policy::export::Args),
    /// What settings said, and what each change changed
    #[command(subcommand)]
    Revisions(revisions::Verb),
    /// Certificates of erasure
    #[command(subcommand)]
    Erasure(erasure::Verb),
    /// Receipts of messages
    #[command(subcommand)]
    Receipt(receipt::Verb),
    /// The evidence as a signed pack
    Evidence(evidence::Args),
    /// Members of an organisation
    #[command(subcommand)]
    Members(members::Verb),
    /// From where an organisation admits whom
    #[command(subcommand)]
    Networks(networks::Verb),
    /// What helps whoever helps
    #[command(subcommand)]
    Support(support::Verb),
    /// Look at this installation and say what could be safer
    Doctor(doctor::Args),
    /// The configuration
    #[command(subcommand)]
    Config(config::Verb),
    /// Completions for a shell
    Completions(completions::Args),
    /// What this is
    Version,
}

/// What every command gets.
pub(crate) struct Shell {
    pub(crate) out: Out,
    pub(crate) environment: Environment,
    config: Option<PathBuf>,
}

impl Shell {
    /// The configuration, with these flags on top.
    pub(crate) fn load(&self, flags: &Flags) -> Outcome<Loaded> {
        Ok(load(self.config.as_deref(), &self.environment, flags)?)
    }

    /// Connects to the API as these flags, the environment or the saved profile say.
    pub(crate) fn api(&self, connection: &Connection) -> Outcome<crate::api::Api> {
        Ok(connection.open(&self.environment)?)
    }
}

/// Reads the command line, does what it says, and answers how that went.
pub(crate) fn run() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Help and version are answers; anything else is wrong usage. clap prints all of them where they belong.
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Ok };
        }
    };
    let shell = Shell { out: Out::new(cli.json), environment: Environment::of_process(), config: cli.config };
    match dispatch(cli.command, &shell) {
        Ok(()) => Exit::Ok,
        Err(stop) => {
            shell.out.stop(&stop);
            stop.exit
        }
    }
}

fn dispatch(command: Command, shell: &Shell) -> Outcome {
    match command {
        Command::Demo(args) => block_on(demo::run(shell, args)),
        Command::Init(args) => init::run(shell, args),
        Command::Serve(args) => block_on(serve::run(shell, args)),
        Command::Send(args) => block_on(send::run(shell, args)),
        Command::Listen(args) => block_on(listen::run(shell, args)),
        Command::Endpoints(verb) => block_on(endpoints::run(shell, verb)),
        Command::Keys(verb) => block_on(keys::run(shell, verb)),
        Command::Ledger(verb) => block_on(ledger::run(shell, verb)),
        Command::Approvals(verb) => block_on(approvals::run(shell, verb)),
        Command::Plan(args) => block_on(policy::plan::run(shell, args)),
        Command::Apply(args) => block_on(policy::apply::run(shell, args)),
        Command::ExportPolicy(args) => block_on(policy::export::run(shell, args)),
        Command::Revisions(verb) => block_on(revisions::run(shell, verb)),
        Command::Erasure(verb) => erasure::run(shell, &verb),
        Command::Receipt(verb) => receipt::run(shell, &verb),
        Command::Evidence(args) => block_on(evidence::run(shell, args)),
        Command::Members(verb) => block_on(members::run(shell, verb)),
        Command::Networks(verb) => block_on(networks::run(shell, verb)),
        Command::Support(verb) => block_on(support::run(shell, verb)),
        Command::Doctor(args) => block_on(doctor::run(shell, args)),
        Command::Config(verb) => config::run(shell, &verb),
        Command::Completions(args) => completions::run(args, &mut Cli::command()),
        Command::Version => version::run(shell),
    }
}

/// Runs what waits on threads of its own, as many as there are processors.
fn block_on(what: impl Future<Output = Outcome>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    // Boxed: the future of a whole command is too large for a stack frame.
    runtime.block_on(Box::pin(what))
}

impl From<ApiError> for Stop {
    fn from(error: ApiError) -> Self {
        let exit = match &error {
            ApiError::Unreachable { .. } => Exit::Unreachable,
            ApiError::Refused { status, .. } if *status < 500 => Exit::Refused,
            ApiError::Refused { .. } | ApiError::NotJson => Exit::Failed,
            ApiError::Usage { .. } => Exit::Usage,
        };
        let fix = error.fix();
        let stop = Self::new(exit, error.to_string());
        match fix {
            Some(fix) => stop.fix(fix),
            None => stop,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_secret_can_not_be_given_as_an_argument() {
        for line in [&["sealpost", "send", "--key", "sk_test_x"][..], &["sealpost", "listen", "--secret", "whsec_x"]] {
            assert!(Cli::try_parse_from(line).is_err());
        }
    }

    #[test]
    fn every_verb_of_the_documentation_is_understood() {
        let lines = [
            "demo --once --port 0 --data x",
            "init --print --dir /etc/sealpost",
            "serve --json",
            "send --event otp.login --to +15550100123 --data code=1",
            "listen --port 0",
            "endpoints list",
            "endpoints signing billing",
            "endpoints test billing --show-signing",
            "endpoints import-secret billing --signed-as fyno --encoding text --imported",
            "endpoints detect --headers h --body b",
            "endpoints rotation begin billing --signed-as fyno",
            "endpoints rotation try billing",
            "endpoints rotation finish billing --overlap 0",
            "endpoints rotation cancel billing",
            "keys list",
            "keys usage key_x",
            "init --data-url a --keys-url b --database-authority c",
            "keys create --name n --scope messages:send",
            "keys rotate key_x --overlap 24h",
            "keys revoke key_x --local",
            "keys wrap-root --provider aws-kms --to root.sealed",
            "keys rotate-root --to next.sealed --provider vault",
            "ledger verify file --key k --witness w",
            "ledger export --to file",
            "ledger key",
            "approvals list --tab waiting",
            "approvals show apr_x",
            "approvals approve apr_x --digest 5f3a --comment c",
            "plan policy --prune --out file",
            "apply policy --reason r --environment live",
            "apply file",
            "export-policy policy",
            "revisions list --setting masking",
            "revisions show rev_x",
            "erasure verify file --key k",
            "receipt verify file --key k --content c --recipient r",
            "evidence --output pack.zip --organisation x",
            "evidence verify pack.zip --key k",
            "members link --organisation x",
            "members link --break-glass --reason locked",
            "support bundle --to bundle --log server.log --metrics metrics.txt --yes",
            "networks reset --organisation x",
            "doctor",
            "doctor leaks --mark wombat2026 --pid 1",
            "doctor egress https://hooks.example.com/in",
            "doctor egress --classify",
            "config check",
            "completions bash",
            "version",
        ];
        for line in lines {
            let parsed = Cli::try_parse_from(std::iter::once("sealpost").chain(line.split(' ')));
            assert!(parsed.is_ok(), "{line}");
        }
    }
}

//! `sealpost receipt`

use std::path::PathBuf;

use sealpost_ledger::VerifierKey;
use sealpost_messaging::receipts::{self, ReceiptError};
use serde_json::json;

use super::{Outcome, Shell, Stop};

#[derive(clap::Subcommand)]
pub(super) enum Verb {
    /// Verify the receipt of a message offline: no server, no database, only the key you trust
    Verify(Verify),
}

#[derive(clap::Args)]
pub(super) struct Verify {
    /// The receipt
    file: PathBuf,
    /// The verifier key, as `sealpost ledger key` showed it: get it by another way than the receipt
    #[arg(long, value_name = "KEY")]
    key: String,
    /// A copy of what was sent: JSON with `text` and, for e-mail, `subject` and `html`
    #[arg(long, value_name = "FILE")]
    content: Option<PathBuf>,
    /// The address it is said to have been sent to
    #[arg(long, value_name = "ADDRESS")]
    recipient: Option<String>,
}

pub(super) fn run(shell: &Shell, verb: &Verb) -> Outcome {
    let Verb::Verify(args) = verb;
    let key: VerifierKey = args.key.parse().map_err(|_| {
        Stop::usage("that is no verifier key").fix("it looks like sealpost.example.com/ledger+1f3a9c07+AbCd…")
    })?;
    let verified = receipts::verify_file(&args.file, &key, args.content.as_deref(), args.recipient.as_deref())
        .map_err(|error| match &error {
            ReceiptError::Io(_) => Stop::failed(error.to_string()),
            _ => Stop::refused(format!("does not hold: {error}")),
        })?;
    let (statement, shown) = (&verified.statement, verified.shown);
    let value = json!({
        "verified": true,
        "checkpoint": shown.checkpoint,
        "content": shown.content,
        "recipient": shown.recipient,
        "statement": statement,
    });
    shell.out.result(&value, || {
        let word = |name: &str| statement[name].as_str().unwrap_or_default().to_owned();
        shell.out.say(format_args!("verified  {}", word("message")));
        shell.out.say(format_args!(
            "  {} {} to {} by {}, template {} version {}",
            word("state"),
            word("ended_at"),
            word("contact"),
            word("channel"),
            word("template"),
            statement["template_version"]
        ));
        let holds = |is: bool, what: &str, otherwise: &str| match is {
            true => shell.out.say(format_args!("  {what}")),
            false => shell.out.note(otherwise),
        };
        holds(shown.content, "content: the copy is what was sent", "  content: no copy was given (--content)");
        holds(shown.recipient, "recipient: it went to this address", "  recipient: no address was given (--recipient)");
        match shown.checkpoint {
            Some(size) => shell.out.say(format_args!("  proven under a checkpoint of {size} leaves")),
            None => shell.out.note("  no checkpoint covered it yet: get the receipt again to have it proven"),
        }
    });
    Ok(())
}

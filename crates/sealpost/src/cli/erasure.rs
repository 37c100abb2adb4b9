//! `sealpost erasure`

use std::path::PathBuf;

use sealpost_govern::erasure::{self, CertificateError};
use sealpost_ledger::VerifierKey;
use serde_json::json;

use super::{Outcome, Shell, Stop};

#[derive(clap::Subcommand)]
pub(super) enum Verb {
    /// Verify a certificate of erasure offline: no server, no database, only the key you trust
    Verify(Verify),
}

#[derive(clap::Args)]
pub(super) struct Verify {
    /// The certificate
    file: PathBuf,
    /// The verifier key, as `sealpost ledger key` showed it: get it by another way than the certificate
    #[arg(long, value_name = "KEY")]
    key: String,
}

pub(super) fn run(shell: &Shell, verb: &Verb) -> Outcome {
    let Verb::Verify(args) = verb;
    let key: VerifierKey = args.key.parse().map_err(|_| {
        Stop::usage("that is no verifier key").fix("it looks like sealpost.example.com/ledger+1f3a9c07+AbCd…")
    })?;
    let verified = erasure::verify_file(&args.file, &key).map_err(|error| match &error {
        CertificateError::Io(_) => Stop::failed(error.to_string()),
        CertificateError::Note(_) | CertificateError::NotOne | CertificateError::Unproven => {
            Stop::refused(format!("not proven: {error}"))
        }
    })?;
    let certificate = &verified.certificate;
    let value = json!({ "verified": true, "checkpoint": verified.checkpoint, "certificate": certificate });
    shell.out.result(&value, || {
        shell.out.say(format_args!("verified  {}", certificate.erasure));
        shell
            .out
            .say(format_args!("  {} erased by {} at {}", certificate.contact, certificate.by, certificate.begun_at));
        for one in &certificate.destroyed {
            shell.out.say(format_args!("  destroyed  {} {} ({})", one.count, one.what, one.place));
        }
        for one in &certificate.remains {
            shell.out.say(format_args!("  remains    {}: {}", one.what, one.why));
        }
        match verified.checkpoint {
            Some(size) => {
                shell.out.say(format_args!("  leaf {} proven under a checkpoint of {size} leaves", certificate.leaf));
            }
            None => shell.out.note("  no checkpoint covered it yet: get the certificate again to have it proven"),
        }
    });
    Ok(())
}

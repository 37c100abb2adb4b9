//! An offline verifier in one screen: reads an export, proves it or says what is wrong with it.
//!
//! ```text
//! cargo run -p sealpost-ledger --example verify_export -- export.jsonl 'sealpost.example+ea591874+Adda…' [checkpoint.txt …]
//! ```
//!
//! The key comes from somebody you trust, the checkpoints from a witness: neither from whoever gave you the export.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command answers its caller")]

use std::{
    env,
    error::Error,
    fs::{self, File},
    io::{BufRead, BufReader},
    process::ExitCode,
};

use sealpost_ledger::{Checkpoint, Verifier, VerifierKey};

fn main() -> ExitCode {
    match verify() {
        Ok(()) => ExitCode::SUCCESS,
        Err(finding) => {
            eprintln!("{finding}");
            ExitCode::FAILURE
        }
    }
}

fn verify() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(export), Some(key)) = (arguments.next(), arguments.next()) else {
        return Err("give an export and a verifier key".into());
    };
    let key: VerifierKey = key.parse()?;
    let witnessed = arguments
        .map(|path| Ok(Checkpoint::parse_and_verify(&fs::read_to_string(path)?, &key)?))
        .collect::<Result<Vec<_>, Box<dyn Error>>>()?;

    let mut verifier = Verifier::new(key, &witnessed);
    for line in BufReader::new(File::open(export)?).split(b'\n') {
        verifier.line(&line?)?;
    }
    let report = verifier.finish()?;
    println!(
        "{}: {} of {} leaves proven by {} checkpoints, root {}; {} contents pruned",
        report.origin,
        report.leaves - report.unsealed,
        report.leaves,
        report.checkpoints,
        report.root,
        report.pruned_contents
    );
    Ok(())
}

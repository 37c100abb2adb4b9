//! `sealpost version`

use serde_json::json;

use super::{Outcome, Shell};

pub(super) fn run(shell: &Shell) -> Outcome {
    let version = env!("CARGO_PKG_VERSION");
    let value =
        json!({ "name": "sealpost", "version": version, "os": std::env::consts::OS, "arch": std::env::consts::ARCH });
    shell.out.result(&value, || shell.out.say(format_args!("sealpost {version}")));
    Ok(())
}

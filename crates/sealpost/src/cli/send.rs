//! `sealpost send`

use std::io::Read;
use std::path::Path;

use sealpost_seal::rng::{SystemRng, array};
use serde_json::{Map, Value, json};

use super::{Exit, Outcome, Shell, Stop};
use crate::api::{Api, Connection};

/// How often the message is looked at while it is followed.
const LOOK: std::time::Duration = std::time::Duration::from_millis(100);
/// The longest text read from standard input or a file.
const LONGEST: u64 = 1024 * 1024;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The event to fire, such as otp.login
    #[arg(long)]
    event: String,
    /// Who it is for: +15550100123, ada@example.com, or a contact's id con_01…; `-` reads it from standard input, so that it
    /// stays out of the shell's history and the process list
    #[arg(long)]
    to: String,
    /// What fills the template: key=value; key=@file and key=- read the value from a file or standard input; may be repeated
    #[arg(long = "data", value_name = "KEY=VALUE")]
    data: Vec<String>,
    /// Endpoints to tell of this message, by name; may be repeated
    #[arg(long = "callback", value_name = "NAME")]
    callbacks: Vec<String>,
    /// Makes repeating this command safe; a random one unless said otherwise
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// Answer once it is accepted, without following it
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    connection: Connection,
}

pub(super) async fn run(shell: &Shell, args: Args) -> Outcome {
    let api = shell.api(&args.connection)?;
    let body = json!({
        "event": args.event,
        "to": recipient(&if args.to == "-" { stdin()? } else { args.to })?,
        "data": data(&args.data)?,
        "callbacks": args.callbacks,
    });
    let once = args.idempotency_key.unwrap_or_else(random_key);
    let accepted = api.post("/v1/messages", &body, Some(&once)).await?;
    let id = accepted["id"].as_str().ok_or_else(|| Stop::failed("the answer names no message"))?.to_owned();
    if args.no_wait {
        shell.out.result(&accepted, || shell.out.say(format_args!("{id}  accepted")));
        return Ok(());
    }
    let message = follow(&api, &id).await?;
    let state = message["state"].as_str().unwrap_or("?").to_owned();
    let timeline = api.get(&format!("/v1/messages/{id}/timeline")).await?;
    shell.out.result(&json!({ "message": message, "timeline": timeline["steps"] }), || {
        let to = message["to"]["display"].as_str().unwrap_or("•");
        shell.out.say(format_args!("{id}  {}  to {to}", message["channel"].as_str().unwrap_or("?")));
        super::demo::tell_steps(shell.out, &timeline["steps"]);
    });
    match state.as_str() {
        "failed" | "expired" | "cancelled" => Err(Stop::refused(format!("{id}  {state}"))),
        "unknown" => Err(Stop::failed("the provider's answer was lost: it may or may not have been sent")),
        _ => Ok(()),
    }
}

/// Looks until nothing will follow; a message that waits for its next attempt is not waited for longer than ten seconds.
async fn follow(api: &Api, id: &str) -> Outcome<Value> {
    let path = format!("/v1/messages/{id}");
    let mut message = Value::Null;
    for _ in 0..100 {
        message = api.get(&path).await?;
        if !matches!(message["state"].as_str(), Some("queued" | "sending")) {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(message)
}

fn recipient(text: &str) -> Outcome<Value> {
    let text = text.trim();
    if text.starts_with("con_") {
        Ok(json!({ "contact_id": text }))
    } else if text.contains('@') {
        Ok(json!({ "email": text }))
    } else if text.starts_with('+') {
        Ok(json!({ "phone": text }))
    } else {
        // Never repeats what was typed: it is somebody's address.
        Err(Stop::usage("--to is a phone number with +, an e-mail address or a contact's id"))
    }
}

fn data(pairs: &[String]) -> Outcome<Map<String, Value>> {
    let mut data = Map::new();
    for pair in pairs {
        let (key, value) = pair.split_once('=').ok_or_else(|| Stop::usage("--data is key=value"))?;
        let value = match value {
            "-" => stdin()?,
            value => match value.strip_prefix('@') {
                Some(path) => read(std::fs::File::open(path).map_err(|error| unreadable(Path::new(path), &error))?)?,
                None => value.to_owned(),
            },
        };
        data.insert(key.to_owned(), value.into());
    }
    Ok(data)
}

fn stdin() -> Outcome<String> {
    read(std::io::stdin().lock())
}

fn read(from: impl Read) -> Outcome<String> {
    let mut text = String::new();
    from.take(LONGEST).read_to_string(&mut text)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn unreadable(path: &Path, error: &std::io::Error) -> Stop {
    Stop::new(Exit::Usage, format!("{}: {error}", path.display()))
}

/// The chance that two are equal is one in 2⁶⁴ after four thousand million.
fn random_key() -> String {
    array::<16>(&SystemRng).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_address_is_seen_and_a_wrong_one_is_not_repeated() {
        assert_eq!(recipient("+15550100123\n").unwrap(), json!({ "phone": "+15550100123" }));
        assert_eq!(recipient("ada@example.com").unwrap(), json!({ "email": "ada@example.com" }));
        let stop = recipient("5550100123").err().unwrap();
        assert!(stop.exit == Exit::Usage && !stop.what.contains("5550100123"));
    }

    #[test]
    fn values_come_from_the_line_or_from_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("code");
        std::fs::write(&path, "417233\n").unwrap();
        let pairs = ["name=Ada".to_owned(), format!("code=@{}", path.display()), "sum=a=b".to_owned()];
        assert_eq!(Value::Object(data(&pairs).unwrap()), json!({ "name": "Ada", "code": "417233", "sum": "a=b" }));
        assert!(data(&["bare".to_owned()]).is_err());
    }
}

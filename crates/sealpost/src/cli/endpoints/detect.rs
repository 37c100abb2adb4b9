//! `sealpost endpoints detect`

use std::io::Read;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::super::{Exit, Outcome, Shell, Stop};
use super::{show, stdin};
use crate::api::Connection;

/// More than the server looks at.
const LONGEST: u64 = 1024 * 1024;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A file with the delivery's headers, `Name: value`, one a line
    #[arg(long, value_name = "FILE")]
    headers: PathBuf,
    /// A file with its body, byte for byte
    #[arg(long, value_name = "FILE")]
    body: PathBuf,
    #[command(flatten)]
    connection: Connection,
}

pub(super) async fn run(shell: &Shell, args: Args) -> Outcome {
    let headers = String::from_utf8(read(&args.headers)?).map_err(|_| Stop::usage("the headers are no text"))?;
    let body = json!({
        "headers": pairs(&headers)?,
        "body_base64": STANDARD.encode(read(&args.body)?),
        "secret": stdin()?,
    });
    let detected = shell.api(&args.connection)?.post("/v1/signatures/detect", &body, None).await?;
    show::detected(shell, &detected);
    match detected["found"].as_array().is_some_and(|found| !found.is_empty()) {
        true => Ok(()),
        false => Err(Stop::new(Exit::Failed, "nothing verifies").fix("is the body byte for byte what came?")),
    }
}

/// Headers as they stand in a request; a request line before them is passed over.
fn pairs(text: &str) -> Outcome<Map<String, Value>> {
    let mut all = Map::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match line.split_once(':') {
            Some((name, value)) if !name.contains(' ') => {
                all.insert(name.trim().to_owned(), value.trim().into());
            }
            _ if all.is_empty() && line.contains(" HTTP/") => {}
            _ => return Err(Stop::usage("a line of the headers isn’t `Name: value`")),
        }
    }
    Ok(all)
}

fn read(path: &Path) -> Outcome<Vec<u8>> {
    let unreadable = |error: std::io::Error| Stop::new(Exit::Usage, format!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    std::fs::File::open(path).map_err(unreadable)?.take(LONGEST).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_they_stand_in_a_request() {
        let text = "POST /hooks HTTP/1.1\r\nHost: receiver.example\r\nX-Sig: sha256=ab:cd\r\n\r\n";
        let all = pairs(text).unwrap();
        assert_eq!(Value::Object(all), json!({ "Host": "receiver.example", "X-Sig": "sha256=ab:cd" }));
        assert!(pairs("no header").is_err());
    }
}

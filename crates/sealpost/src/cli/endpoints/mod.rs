//! `sealpost endpoints`

mod detect;
mod show;

use std::io::Read;

use serde_json::{Value, json};

use super::{Outcome, Shell, Stop};
use crate::api::{Api, Connection};

/// The longest secret that is read; the server says how long one may be.
const LONGEST_SECRET: u64 = 4096;

#[derive(clap::Subcommand)]
pub(super) enum Verb {
    /// List endpoints
    List(List),
    /// Show how an endpoint's deliveries are signed
    Signing(One),
    /// Send a test event
    Test(Test),
    /// Sign with a secret the receiver has already, read from standard input
    ImportSecret(Import),
    /// Find out how an old delivery was signed; the secret is read from standard input
    Detect(detect::Args),
    /// Rotate a secret by steps, as formats with room for one signature need it
    #[command(subcommand)]
    Rotation(Rotation),
}

#[derive(clap::Subcommand)]
pub(super) enum Rotation {
    /// Make a new secret, shown once, for the receiver
    Begin(OfProfile),
    /// Ask the receiver whether it knows the new one
    Try(One),
    /// Sign with it
    Finish(Finish),
    /// Take it back
    Cancel(One),
}

#[derive(clap::Args)]
pub(super) struct List {
    #[command(flatten)]
    connection: Connection,
}

#[derive(clap::Args)]
pub(super) struct One {
    /// The endpoint's name or id
    endpoint: String,
    #[command(flatten)]
    connection: Connection,
}

#[derive(clap::Args)]
pub(super) struct Test {
    /// Show each signature: what it signs, by which key, and a line that computes it again. Never a secret
    #[arg(long)]
    show_signing: bool,
    #[command(flatten)]
    one: One,
}

#[derive(clap::Args)]
pub(super) struct Import {
    /// For this signature profile alone; for the endpoint itself, if absent
    #[arg(long, value_name = "PROFILE")]
    signed_as: Option<String>,
    /// How the secret's text becomes a key: text, base64 or hex; it can't be seen from the text
    #[arg(long, value_parser = ["text", "base64", "hex"])]
    encoding: String,
    /// It is an old one, which may have fewer than 32 bytes
    #[arg(long)]
    imported: bool,
    #[command(flatten)]
    one: One,
}

#[derive(clap::Args)]
pub(super) struct OfProfile {
    /// The secret of this signature profile; the endpoint's own, if absent
    #[arg(long, value_name = "PROFILE")]
    signed_as: Option<String>,
    #[command(flatten)]
    one: One,
}

#[derive(clap::Args)]
pub(super) struct Finish {
    /// How long the old secret signs beside it where there is room for two, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400)]
    overlap: u32,
    #[command(flatten)]
    one: One,
}

pub(super) async fn run(shell: &Shell, verb: Verb) -> Outcome {
    match verb {
        Verb::List(args) => {
            let all = shell.api(&args.connection)?.get("/v1/endpoints").await?;
            show::list(shell, &all);
            Ok(())
        }
        Verb::Signing(one) => {
            let (api, path) = found(shell, &one).await?;
            show::signing(shell, &api.get(&format!("{path}/signing")).await?);
            Ok(())
        }
        Verb::Test(args) => {
            let (api, path) = found(shell, &args.one).await?;
            show::tried(shell, &api.post_nothing(&format!("{path}/test")).await?, args.show_signing)
        }
        Verb::ImportSecret(args) => import(shell, args).await,
        Verb::Detect(args) => detect::run(shell, args).await,
        Verb::Rotation(step) => rotate(shell, step).await,
    }
}

async fn import(shell: &Shell, args: Import) -> Outcome {
    let (api, path) = found(shell, &args.one).await?;
    let mut body = json!({ "value": stdin()?, "encoding": args.encoding, "imported": args.imported });
    with_profile(&mut body, args.signed_as);
    api.post(&format!("{path}/import-secret"), &body, None).await?;
    shell.out.result(&json!({ "imported": true }), || {
        shell.out.say("imported: it signs from now on, and the one before no more");
    });
    Ok(())
}

async fn rotate(shell: &Shell, step: Rotation) -> Outcome {
    match step {
        Rotation::Begin(args) => {
            let (api, path) = found(shell, &args.one).await?;
            let mut body = json!({});
            with_profile(&mut body, args.signed_as);
            show::begun(shell, &api.post(&format!("{path}/rotation"), &body, None).await?);
            Ok(())
        }
        Rotation::Try(one) => {
            let (api, path) = found(shell, &one).await?;
            show::tried(shell, &api.post_nothing(&format!("{path}/rotation/try")).await?, false)
        }
        Rotation::Finish(args) => {
            let (api, path) = found(shell, &args.one).await?;
            let body = json!({ "overlap_seconds": args.overlap });
            let endpoint = api.post(&format!("{path}/rotation/finish"), &body, None).await?;
            shell.out.result(&endpoint, || shell.out.say("finished: the new secret signs"));
            Ok(())
        }
        Rotation::Cancel(one) => {
            let (api, path) = found(shell, &one).await?;
            api.delete(&format!("{path}/rotation")).await?;
            shell.out.result(&json!({ "cancelled": true }), || {
                shell.out.say("taken back: the one before goes on signing");
            });
            Ok(())
        }
    }
}

fn with_profile(body: &mut Value, profile: Option<String>) {
    if let (Some(object), Some(profile)) = (body.as_object_mut(), profile) {
        object.insert("profile".into(), profile.into());
    }
}

/// The server, and the endpoint's path on it.
async fn found(shell: &Shell, one: &One) -> Outcome<(Api, String)> {
    let api = shell.api(&one.connection)?;
    let all = api.get("/v1/endpoints").await?;
    let known = |of: &&Value| ["id", "name"].iter().any(|field| of[*field] == *one.endpoint);
    let endpoint = all["data"].as_array().and_then(|all| all.iter().find(known));
    let id = endpoint.and_then(|endpoint| endpoint["id"].as_str());
    let id =
        id.ok_or_else(|| Stop::usage("there is no endpoint of this name or id").fix("`sealpost endpoints list`"))?;
    let path = format!("/v1/endpoints/{id}");
    Ok((api, path))
}

/// A secret: never an argument, which the process list and the shell's history show.
fn stdin() -> Outcome<String> {
    let mut text = String::new();
    std::io::stdin().lock().take(LONGEST_SECRET).read_to_string(&mut text)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

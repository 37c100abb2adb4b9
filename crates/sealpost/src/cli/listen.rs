//! `sealpost listen`

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, RwLock};

use sealpost_egress::client::Client;
use sealpost_egress::network::Network;
use sealpost_egress::target::Target;
use sealpost_egress::tls::Trust;
use sealpost_seal::SecretText;
use sealpost_seal::signature::{KeyEncoding, SigningSecret};
use sealpost_store::{Clock as _, World};
use sealpost_web::tls::{Certificates, local_authority, server_config};
use serde_json::json;

use super::{Out, Outcome, Shell, Stop};
use crate::api::local_policy;
use crate::config::LogConfig;
use crate::receiver::{Forward, Heard, Knows, Receiver, Verdict};
use crate::{files, logging, signals};

#[derive(clap::Args)]
pub(super) struct Args {
    /// The port to listen on, on loopback; 0 takes any
    #[arg(long, default_value_t = 7702)]
    port: u16,
    /// Pass on what is verified to a program of yours, such as http://localhost:3000/hooks
    #[arg(long, value_name = "URL")]
    forward: Option<String>,
    /// A file with the endpoint's signing secret [or SEALPOST_WEBHOOK_SECRET, or asked for at the terminal]
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Where the local certificate authority is: the data folder of the server that is to trust it
    #[arg(long, value_name = "DIR", default_value = "sealpost-data")]
    data: PathBuf,
    /// End after so many events
    #[arg(long, value_name = "COUNT")]
    count: Option<u64>,
}

pub(super) async fn run(shell: &Shell, args: Args) -> Outcome {
    logging::begin(&LogConfig { filter: "warn".into(), ..LogConfig::default() }, &shell.environment);
    let mut end = signals::End::listen()?;
    let world = World::real();
    files::private_folder(&args.data)?;
    let authority = local_authority(&args.data.join("tls"), world.clock.now()).map_err(anyhow::Error::from)?;
    let certificates = Certificates::load(&authority.certificate, &authority.key).map_err(anyhow::Error::from)?;
    let tls = server_config(certificates).map_err(anyhow::Error::from)?;
    let secret = signing_secret(&secret(shell, args.secret_file)?)?;
    let knows = Knows {
        secret: Arc::new(RwLock::new(Some(secret))),
        world,
        forward: args.forward.as_deref().map(forward).transpose()?,
    };
    let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), args.port);
    let mut receiver = Receiver::start(address, tls, knows).await?;
    let url = format!("https://localhost:{}", receiver.address.port());
    shell.out.result(&json!({ "listening": url }), || {
        shell.out.note(format_args!("listening  {url}  (Ctrl-C ends)"));
    });
    let mut heard = 0;
    while args.count.is_none_or(|count| heard < count) {
        tokio::select! {
            next = receiver.next() => match next {
                Some(event) => tell(shell.out, &event),
                None => break,
            },
            () = end.asked_for() => break,
        }
        heard += 1;
    }
    Ok(())
}

/// One event, one line.
fn tell(out: Out, heard: &Heard) {
    let verdict = match heard.verdict {
        Verdict::Verified => "verified".to_owned(),
        Verdict::Refused(refused) => format!("REFUSED: {refused}"),
        Verdict::NoSecret => "REFUSED: no secret to verify with".to_owned(),
    };
    let verified = heard.verdict == Verdict::Verified;
    let value = json!({ "at": heard.at, "verified": verified, "id": heard.id, "event": heard.event,
        "bytes": heard.body.len(), "forwarded_status": heard.forwarded });
    out.result(&value, || {
        let forwarded = heard.forwarded.map(|status| format!("  → {status}")).unwrap_or_default();
        out.say(format_args!(
            "{}  {:20}  {}  {} B  {verdict}{forwarded}",
            heard.at,
            heard.kind(),
            heard.id,
            heard.body.len()
        ));
        out.say(format_args!("    {}", heard.event["data"]));
    });
}

fn secret(shell: &Shell, file: Option<PathBuf>) -> Outcome<SecretText> {
    if let Some(path) = file {
        return crate::config::read_secret_file(&path).map_err(|error| Stop::usage(error.to_string()));
    }
    if let Some(text) = shell.environment.get("SEALPOST_WEBHOOK_SECRET") {
        return Ok(SecretText::new(text.to_owned()));
    }
    let typed = rpassword::prompt_password("signing secret of the endpoint (whsec_…): ");
    typed.map(SecretText::new).map_err(|_| {
        Stop::usage("a signing secret is needed to verify with").fix("use --secret-file or SEALPOST_WEBHOOK_SECRET")
    })
}

fn signing_secret(text: &SecretText) -> Outcome<SigningSecret> {
    SigningSecret::import(text.expose().trim(), KeyEncoding::Base64)
        .map_err(|error| Stop::usage(error.to_string()).fix("paste it as the API showed it: whsec_…"))
}

fn forward(url: &str) -> Outcome<Forward> {
    let policy = local_policy();
    let target = Target::parse(url, &policy).map_err(|error| Stop::usage(format!("--forward: {error}")))?;
    let trust = Trust::new([]).map_err(anyhow::Error::from)?;
    Ok(Forward { client: Client::new(Network::system(policy), &trust).map_err(anyhow::Error::from)?, target })
}

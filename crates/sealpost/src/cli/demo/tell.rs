//! What the demo says.

use sealpost_store::Time;
use serde_json::{Value, json};

use super::act::Story;
use super::folder::Folder;
use crate::cli::Out;

/// Where everything is.
pub(super) struct Place<'a> {
    pub(super) url: &'a str,
    pub(super) folder: &'a Folder,
    pub(super) ready_ms: i64,
    /// A one-time link that signs the owner in.
    pub(super) owner: &'a str,
    /// Where one of the clinic's systems would listen, if somebody else does.
    pub(super) deaf: Option<u16>,
}

/// The first line, before anything is done.
pub(super) fn greeting(out: Out) {
    out.say(format_args!(
        "sealpost {}  demo — loopback only, nothing leaves this machine, not for production\n",
        env!("CARGO_PKG_VERSION")
    ));
}

/// What has happened before.
pub(super) fn past(out: Out, leaves: u64, ms: i64) {
    out.say(format_args!(
        "  seeded    Lakeside Clinic (fictional): two weeks of messages, staff and looks, {leaves} leaves in its ledger, in {ms} ms"
    ));
}

/// Where everything is.
pub(super) fn place(out: Out, place: &Place<'_>) {
    let Place { url, folder, ready_ms, owner, deaf } = place;
    out.say(format_args!("  API       {url}/v1   (docs {url}/docs)   ready in {ready_ms} ms"));
    out.say(format_args!("  dashboard {owner}"));
    out.say(
        "            open it in a browser and press “Sign in”: good once, for 15 minutes; each start prints a new one",
    );
    out.say(format_args!(
        "  data      {}   encrypted; root key in {} (0600)",
        folder.data.display(),
        folder.root.display()
    ));
    out.say(format_args!("  test key  {} (0600)", folder.key.display()));
    out.say(format_args!("  TLS       1.3 only, certificate of a local authority: {}", folder.authority.display()));
    out.say("  people    all fictional; messages of the test environment end in the sandbox outbox\n");
    if let Some(port) = deaf {
        out.say(format_args!(
            "  ATTENTION port {port} is taken by another program: the endpoint `ward-system` hears of nothing, and its deliveries fail.\n            \
             Free the port and start the demo again, or take a new folder with --data\n"
        ));
    }
}

/// The main job, as it went.
pub(super) fn story(out: Out, place: &Place<'_>, story: &Story) {
    let Story { message, report, proof, .. } = story;
    let value = json!({
        "ok": true,
        "url": place.url,
        "data": place.folder.data,
        "key_file": place.folder.key,
        "ca": place.folder.authority,
        "ready_ms": place.ready_ms,
        "sign_in": place.owner,
        "port_taken": place.deaf,
        "message": { "id": message, "to": story.to, "accepted_ms": story.accepted_ms },
        "report": { "id": report.id, "type": report.kind, "verified": true, "after_ms": report.after_ms },
        "timeline": story.timeline,
        "proof": { "seq": proof.seq, "size": proof.size, "root": proof.root, "origin": proof.origin,
            "verifier_key": proof.verifier_key, "verified": true },
    });
    out.result(&value, || {
        out.say("one message, through the API:");
        out.say(format_args!("{message}  otp.login  to {}", story.to));
        out.say(format_args!("  202 durable      {} ms", story.accepted_ms));
        steps(out, &story.timeline);
        out.say(format_args!(
            "  signed report    {} {} B at https://localhost:{} after {} ms",
            report.kind,
            report.bytes,
            story.receiver.port(),
            report.after_ms
        ));
        out.say(format_args!("                   {}", shortened(&report.signature)));
        out.say("                   verified as a receiver would: believed, and refused with one bit changed");
        out.say(format_args!(
            "  ledger           leaf {} of {} proven by {} hashes under a signed checkpoint",
            proof.seq, proof.size, proof.hashes
        ));
        out.say(format_args!("                   root {}", proof.root));
        out.say(format_args!("                   key  {}\n", proof.verifier_key));
    });
}

/// A message's steps, with the time since the first.
pub(in crate::cli) fn steps(out: Out, steps: &Value) {
    let steps = steps.as_array().map(Vec::as_slice).unwrap_or_default();
    let at = |step: &Value| step["at"].as_str().and_then(|at| at.parse::<Time>().ok());
    let began = steps.first().and_then(at);
    for step in steps {
        let since = at(step).zip(began).map_or(0, |(at, began)| at.since(began));
        let detail = step["detail"].as_str().unwrap_or_default();
        let line = format!("  {:16} +{since} ms  {detail}", step["kind"].as_str().unwrap_or("?").replace('_', " "));
        out.say(line.trim_end());
    }
}

/// What to try now.
pub(super) fn invitation(out: Out, place: &Place<'_>) {
    let (url, key, ca) = (place.url, place.folder.key.display(), place.folder.authority.display());
    let curl = format!("curl --cacert {ca} -H \"Authorization: Bearer $(cat {key})\"");
    out.say("try");
    out.say(format_args!(
        "  {curl} \\\n    -H 'Content-Type: application/json' -d '{{\"event\":\"otp.login\",\"to\":{{\"phone\":\"+15550100124\"}},\"data\":{{\"code\":\"417233\"}}}}' \\\n    {url}/v1/messages"
    ));
    out.say(format_args!("  {curl} {url}/v1/outbox"));
    out.say(format_args!("  {curl} {url}/v1/ledger/entries"));
    let sealpost = called();
    out.say(format_args!("  {sealpost} send --event otp.login --to +15550100124 --data code=417233\n"));
    out.say(format_args!("stop  Ctrl-C · for production: {sealpost} init"));
}

/// What this program was started as: after `cargo run` it is not on the path.
fn called() -> String {
    let name = std::env::args().next().filter(|name| !name.is_empty());
    name.unwrap_or_else(|| "sealpost".to_owned())
}

fn shortened(signature: &str) -> String {
    signature.split(' ').map(|one| format!("{}…", one.get(..14).unwrap_or(one))).collect::<Vec<_>>().join("  ")
}

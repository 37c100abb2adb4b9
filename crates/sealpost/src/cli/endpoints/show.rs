//! What is said of endpoints, to people and to scripts.

use serde_json::Value;

use super::super::{Outcome, Shell, Stop};

pub(super) fn list(shell: &Shell, all: &Value) {
    shell.out.result(all, || {
        for one in rows(&all["data"]) {
            let replay = if one["replay_protected"] == true { "" } else { "  can be replayed" };
            shell.out.say(format_args!(
                "{}  {:8}  {}  {}  {}{replay}",
                text(one, "id"),
                text(one, "state"),
                text(one, "name"),
                words(&one["profiles"]),
                text(one, "url"),
            ));
        }
    });
}

pub(super) fn signing(shell: &Shell, how: &Value) {
    shell.out.result(how, || {
        for one in rows(&how["profiles"]) {
            let replay = if one["replay_protected"] == true { "protected" } else { "can be replayed" };
            let secret = &one["secret"];
            let by = match secret.is_null() {
                true => "Ed25519".to_owned(),
                false => format!(
                    "{}  key {}  {}{}{}",
                    text(secret, "fingerprint"),
                    text(secret, "key_encoding"),
                    text(secret, "origin"),
                    if secret["weak"] == true { "  short" } else { "" },
                    secret["rotate_by"].as_str().map(|by| format!("  replace by {by}")).unwrap_or_default(),
                ),
            };
            shell.out.say(format_args!("{:12}  {}  {replay}  {by}", text(one, "profile"), text(one, "header")));
        }
        shell.out.say(format_args!("public key  {}", text(how, "public_key")));
        for key in rows(&how["jwks"]["keys"]) {
            shell.out.say(format_args!("keyid       {}", text(key, "kid")));
        }
        if !how["rotation"].is_null() {
            let of = how["rotation"]["profile"].as_str().unwrap_or("the endpoint’s own secret");
            let proven = if how["rotation"]["proven_at"].is_null() { "not proven yet" } else { "proven" };
            shell.out.say(format_args!("rotation    {of}, {proven}"));
        }
    });
}

/// What a ping or test came to: it fails if the receiver didn't take it.
pub(super) fn tried(shell: &Shell, tried: &Value, show_signing: bool) -> Outcome {
    shell.out.result(tried, || {
        let status = tried["status"].as_u64().map(|status| format!("  HTTP {status}")).unwrap_or_default();
        let took = tried["latency_ms"].as_u64().map(|ms| format!("  {ms} ms")).unwrap_or_default();
        shell.out.say(format_args!("{}{status}{took}", text(tried, "outcome")));
        if show_signing {
            let body = text(tried, "body");
            shell.out.say(format_args!("sent  {}, {} B", text(tried, "content_type"), body.len()));
            body.lines().for_each(|line| shell.out.say(format_args!("      {line}")));
            rows(&tried["signatures"]).for_each(|one| signature(shell, one));
        }
    });
    match tried["succeeded"] == true {
        true => Ok(()),
        false => Err(Stop::failed("the receiver did not take it")),
    }
}

fn signature(shell: &Shell, one: &Value) {
    let key_encoding = one["key_encoding"].as_str().map(|encoding| format!(", the secret as {encoding}"));
    shell.out.say("");
    shell.out.say(format_args!("{}  {}", text(one, "profile"), text(one, "algorithm")));
    shell.out.say(format_args!("  header  {}: … {}", text(one, "header"), text(one, "signature")));
    shell.out.say(format_args!("  key     {}{}", text(one, "key"), key_encoding.unwrap_or_default()));
    shell.out.say(format_args!("  signed  {}", text(one, "signed_hex")));
    for line in text(one, "signed_text").lines() {
        shell.out.say(format_args!("          {line}"));
    }
    shell.out.say(format_args!("  again   {}", text(one, "shell")));
}

pub(super) fn begun(shell: &Shell, begun: &Value) {
    shell.out.result(begun, || {
        shell.out.say(text(begun, "secret"));
        shell.out.note(format_args!(
            "shown this once; its key is the {}. Give it to the receiver, then `sealpost endpoints rotation try`",
            match text(begun, "key_encoding") {
                "text" => "text itself",
                encoding => encoding,
            }
        ));
    });
}

pub(super) fn detected(shell: &Shell, detected: &Value) {
    shell.out.result(detected, || {
        for one in rows(&detected["found"]) {
            let replay = if one["replay_protected"] == true { "" } else { "  can be replayed" };
            shell.out.say(format_args!(
                "{}  signature {}  key {}{replay}",
                text(one, "profile"),
                text(one, "encoding"),
                text(one, "key_encoding"),
            ));
            shell.out.say(format_args!("  profiles: [{}]", one["configuration"]));
        }
        for one in rows(&detected["looked"]).filter(|one| one["header"] == true && one["signature"] == false) {
            let fits = |part: &str| if one[part] == true { "fits" } else { "differs" };
            shell.out.say(format_args!(
                "{}  header fits  companions {}  encoding {}  signature differs",
                text(one, "profile"),
                fits("companions"),
                fits("encoding"),
            ));
        }
    });
}

fn rows(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn text<'v>(of: &'v Value, name: &str) -> &'v str {
    of[name].as_str().unwrap_or_default()
}

fn words(list: &Value) -> String {
    rows(list).filter_map(Value::as_str).collect::<Vec<_>>().join(",")
}

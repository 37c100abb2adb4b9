use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::files;
use super::kinds::{self, Kind, Place};
use super::model::{Act, Change, Fields, Standing, Wanted};
use super::plan::is_still;
use super::rules::{compare, digest};
use crate::cli::Exit;

fn folder(all: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in all {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn problems(all: &[(&str, &str)]) -> String {
    let folder = folder(all);
    let stop = files::read(folder.path()).err().expect("it is taken");
    assert_eq!(stop.exit, Exit::Config);
    stop.what.replace(&format!("{}/", folder.path().display()), "")
}

fn fields(value: Value) -> Fields {
    value.as_object().unwrap().clone()
}

fn kind(word: &str) -> &'static dyn Kind {
    kinds::find(word).unwrap()
}

#[test]
fn what_is_wrong_is_named_by_file_and_line_all_of_it_at_once() {
    let told = problems(&[
        ("masking.toml", "mode = \"default\"\nreveals_per_day = 1\nmodes = 2\n"),
        ("events/otp.toml", "class = \"otp\"\n"),
        ("events/Otp.toml", "class = \"otp\"\ntemplate = \"otp\"\n"),
        ("events/otp.txt", "x"),
        ("templates/alone.txt", "x"),
        ("templates/bad.toml", "channel = \"sms\"\n\nchannel = \"email\"\n"),
        ("polices.toml", ""),
        ("endpoints", "a file"),
        ("roles.toml", "[[role]]\nname = \"Desk\"\npermissions = []\n[[role]]\nname = \"Desk\"\npermissions = []\n"),
    ]);
    for expected in [
        "masking.toml:3: unknown field `modes`, expected one of `mode`",
        "events/otp.toml:1: missing field `template`",
        "events/Otp.toml: a name has 1 to 64 of",
        "events/otp.txt: here are files NAME.toml",
        "templates/alone.txt: there is no alone.toml beside it",
        "templates/bad.toml:3: duplicate key",
        "polices.toml: nothing of a policy is called so; there are roles.toml, approvals.toml, masking.toml",
        "endpoints: nothing of a policy is called so",
        "roles.toml: there are two of the name `Desk`",
    ] {
        assert!(told.contains(expected), "`{expected}` is not in\n{told}");
    }
}

#[test]
fn a_secret_has_no_place_in_a_file() {
    for secret in ["secret = { value = \"whsec_x\" }", "secret_value = \"x\""] {
        let told = problems(&[("endpoints/billing.toml", &format!("url = \"https://a.example\"\n{secret}\n"))]);
        assert!(told.contains("endpoints/billing.toml:2:") && !told.contains("whsec"), "{told}");
    }
}

#[test]
fn an_empty_folder_is_no_policy_and_others_files_are_left_alone() {
    assert!(problems(&[("README.md", "# Ours"), (".git/config", "x")]).contains("there is no policy in it"));
    let folder = folder(&[("README.md", "x"), (".gitignore", "x"), ("approvals.toml", ""), ("events/.keep", "")]);
    let read = files::read(folder.path()).ok().unwrap();
    let words: Vec<_> = read.iter().map(|(kind, all)| (kind.about().word, all.len())).collect();
    assert_eq!(words, [("approvals", 1), ("event", 0)]);
}

#[test]
fn what_is_made_first_is_what_others_name() {
    let words: Vec<_> = kinds::ALL.into_iter().map(|kind| kind.about().word).collect();
    for kind in kinds::ALL {
        let own = words.iter().position(|word| *word == kind.about().word);
        // Channels, routes and secrets are in no file.
        for (_, named, _) in kind.names() {
            assert!(words.iter().position(|word| word == named) < own, "{named}");
        }
    }
}

#[test]
fn a_new_endpoint_names_a_stored_secret_and_a_template_keeps_its_channel() {
    let change = |word: &str, from: Option<Value>, to: Value| {
        let wanted = Wanted { name: "x".into(), fields: fields(to) };
        let from = from.map(|from| Standing { fields: fields(from), id: "x".into(), ..Standing::default() });
        super::rules::change(kind(word).about(), &wanted, from.as_ref()).unwrap()
    };
    let endpoint = json!({ "url": "https://a.example", "events": ["*"] });
    assert!(kind("endpoint").objection(&change("endpoint", None, endpoint.clone())).is_some());
    let named = json!({ "url": "https://a.example", "events": ["*"], "secret": "billing" });
    assert!(kind("endpoint").objection(&change("endpoint", None, named)).is_none());
    let (sms, email) = (json!({ "channel": "sms", "txt": "a" }), json!({ "channel": "email", "txt": "a" }));
    assert!(kind("template").objection(&change("template", Some(sms.clone()), email)).is_some());
    let other = json!({ "channel": "sms", "txt": "b" });
    assert!(kind("template").objection(&change("template", Some(sms), other)).is_none());
    assert!(kind("template").objection(&change("template", None, json!({ "channel": "sms" }))).is_some());
}

#[test]
fn a_field_of_which_a_file_says_nothing_is_none_or_stays_as_its_kind_has_it() {
    let standing = |value: Value| Standing { fields: fields(value), ..Standing::default() };
    let wanted = |value: Value| Wanted { name: String::new(), fields: fields(value) };
    let masking = standing(json!({ "mode": "patterns", "rules": [{ "name": "a", "pattern": "b" }] }));
    let found = compare(kind("masking").about(), &[wanted(json!({ "mode": "default" }))], &[masking], false);
    let lines: Vec<_> = found.changes[0].lines.iter().map(|line| (&*line.field, &line.after)).collect();
    assert_eq!(lines, [("mode", &json!("default")), ("rules", &Value::Null)]);
    let storage = standing(json!({ "live": { "otp": { "mode": "keep", "days": 90 } }, "test": {} }));
    let less = wanted(json!({ "live": { "otp": { "days": 30 } } }));
    let found = compare(kind("storage").about(), &[less], std::slice::from_ref(&storage), false);
    assert_eq!(found.changes[0].lines.len(), 1);
    assert_eq!(found.changes[0].lines[0].field, "live.otp.days");
    let same = wanted(json!({ "live": { "otp": { "mode": "keep" } } }));
    assert_eq!(compare(kind("storage").about(), &[same], &[storage], false), Default::default());
}

#[test]
fn a_table_that_is_there_is_the_whole_of_it_and_one_that_is_not_stays() {
    let standing = json!({ "url": "https://a.example", "description": "", "events": ["*"], "disabled": false,
        "transport": { "min_tls": "1.2", "rate_per_second": 5, "body": "json", "headers": [] } });
    let standing = Standing { name: "a".into(), fields: fields(standing), ..Standing::default() };
    let differs = |text: &str| {
        let folder = folder(&[("endpoints/a.toml", &format!("url = \"https://a.example\"\n{text}"))]);
        let wanted = files::read(folder.path()).ok().unwrap().remove(0).1;
        let found = compare(kind("endpoint").about(), &wanted, std::slice::from_ref(&standing), false);
        found.changes.into_iter().flat_map(|change| change.lines).map(|line| line.field).collect::<Vec<_>>()
    };
    assert!(differs("").is_empty());
    assert_eq!(differs("[transport]\nmin_tls = \"1.2\"\n"), ["transport.rate_per_second"]);
    assert_eq!(differs("[transport]\nrate_per_second = 5\n"), ["transport.min_tls"]);
}

/// What a server may say of each kind.
fn anything() -> impl Strategy<Value = (&'static str, Vec<Standing>)> {
    let word = || prop::sample::select(&["default", "a", "b\"]\n", "ü = 1", ""][..]);
    let texts = || {
        prop::collection::vec("[a-z.*]{1,6}", 0..3).prop_map(|mut all| {
            all.sort();
            all
        })
    };
    let body = || prop::string::string_regex("[ -~\\n\\tä]{0,40}").unwrap();
    let maybe = |chance: bool, value: Value| if chance { value } else { Value::Null };
    let template = (word(), body(), body(), any::<[bool; 2]>()).prop_map(move |(channel, text, html, [subject, has_html])| {
        ("template", json!({ "channel": channel, "subject": maybe(subject, json!(text)), "txt": text, "html": maybe(has_html, json!(html)) }))
    });
    let event = (word(), word(), any::<bool>(), 1_u32..9).prop_map(move |(class, template, has, version)| {
        ("event", json!({ "class": class, "template": template, "template_version": maybe(has, json!(version)), "channel": maybe(!has, json!("mail")) }))
    });
    let endpoint = (body(), texts(), any::<[bool; 2]>()).prop_map(move |(description, events, [off, has])| {
        let events = if events.is_empty() { vec!["*".to_owned()] } else { events };
        ("endpoint", json!({ "url": "https://a.example/x", "description": description, "events": events, "disabled": off, "secret": maybe(has, json!("s")), "proof": "dns",
            "transport": { "min_tls": maybe(!off, json!("1.2")).as_str().unwrap_or("1.3"), "body": "json", "retries": maybe(has, json!([5, 60])),
                "headers": [{ "name": "x-tenant", "value": "clinic" }], "authorities": maybe(off, json!({ "pem": "one\ntwo\n", "only": has })) },
            "encryption": maybe(has, json!({ "method": "aes-256-gcm", "fields": [], "request": "text", "member": "encrypted", "secret": "k", "encoding": "hex" })) }))
    });
    let masking =
        (word(), body(), any::<[bool; 2]>(), 0_u32..200).prop_map(move |(mode, pattern, [rules, test], looks)| {
            let rules = maybe(rules, json!([{ "name": "one", "pattern": pattern }]));
            let test = maybe(test, json!({ "mode": "default" }));
            ("masking", json!({ "mode": mode, "rules": rules, "test": test, "reveals_per_day": looks }))
        });
    let storage = (1_u16..99, word()).prop_map(|(days, mode)| {
        (
            "storage",
            json!({ "live": { "otp": { "mode": mode, "days": days } }, "test": { "marketing": { "days": days } } }),
        )
    });
    let approvals = (texts(), 1_u8..5).prop_map(|(roles, count)| {
        (
            "approvals",
            json!({ "modules": { "masking": { "approvals": count, "roles": roles, "goes_live": "manual" } } }),
        )
    });
    let role = (texts(), any::<bool>(), 5_u16..60).prop_map(move |(permissions, has, idle)| {
        ("role", json!({
            "permissions": permissions, "visibility": "all", "channels": maybe(has, json!(["chn_1"])), "masks": "full",
            "require_step_up": has, "cidrs": [], "idle_minutes": idle, "absolute_minutes": 60,
            "reveals_per_day": maybe(!has, json!(3)),
        }))
    });
    let one = prop_oneof![template, event, endpoint, masking, storage, approvals, role];
    (one, "[a-z][a-z0-9._-]{0,9}").prop_map(|((word, value), name)| {
        let single = matches!(kind(word).about().place, Place::Single(_));
        let name = if single { String::new() } else { name };
        (word, vec![Standing { name, fields: fields(value), id: "id".into(), ..Standing::default() }])
    })
}

proptest! {
    // Of two things at random one in seven is of one kind.
    #![proptest_config(ProptestConfig { max_global_rejects: 16_384, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn what_is_written_reads_back_as_no_change((word, all) in anything()) {
        let folder = tempfile::tempdir().unwrap();
        files::write(folder.path(), kind(word), all.clone()).ok().unwrap();
        let read = files::read(folder.path()).unwrap_or_else(|stop| panic!("{}", stop.what));
        prop_assert_eq!(read.len(), 1);
        let found = compare(kind(word).about(), &read[0].1, &all, true);
        prop_assert_eq!(found, Default::default());
    }

    #[test]
    fn a_change_makes_of_what_is_there_what_is_wanted_and_holds_for_nothing_else(
        (word, one) in anything(), (other_word, other) in anything(),
    ) {
        prop_assume!(word == other_word);
        let folder = tempfile::tempdir().unwrap();
        files::write(folder.path(), kind(word), other.clone()).ok().unwrap();
        let wanted = files::read(folder.path()).ok().unwrap().remove(0).1;
        let there: Vec<_> = one.iter().map(|one| Standing { name: other[0].name.clone(), ..one.clone() }).collect();
        let found = compare(kind(word).about(), &wanted, &there, true);
        for change in &found.changes {
            prop_assert!(is_still(kind(word), change, there.first()));
            prop_assert!(!is_still(kind(word), change, other.first()), "what is so already is no change");
            prop_assert!(change.act == Act::Change && !is_still(kind(word), change, None));
        }
    }
}

#[test]
fn a_digest_is_of_one_place_and_of_every_byte() {
    let change = |after: &str| Change {
        kind: "masking".into(),
        name: String::new(),
        act: Act::Change,
        lines: vec![super::model::Line { field: "mode".into(), before: json!("default"), after: json!(after) }],
        wanted: fields(json!({ "mode": after })),
    };
    let all = [digest("test", &[change("off")]), digest("live", &[change("off")]), digest("live", &[change("of")])];
    assert!(all.iter().all(|one| one.len() == 64) && all[0] != all[1] && all[1] != all[2], "{all:?}");
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let stop = files::read(Path::new("/nonexistent/policy")).err().unwrap();
    assert!(stop.what.contains("/nonexistent/policy"), "{}", stop.what);
}

/// Which version is in force is said by servers that know drafts; where nothing is said, it is the newest.
#[test]
fn what_is_in_force_counts_and_a_draft_is_kept_apart() {
    let version = |number: u32| json!({ "version": number });
    let all = [version(3), version(2), version(1)];
    let seen = |in_force: Option<Value>| {
        let mut answer = json!({ "versions": all });
        if let Some(in_force) = in_force {
            answer["in_force"] = in_force;
        }
        let versions = kinds::Versions::of(&answer);
        (versions.in_force.cloned(), versions.draft.cloned(), versions.newest)
    };
    assert_eq!(seen(None), (Some(version(3)), None, Some(3)));
    assert_eq!(seen(Some(json!(3))), (Some(version(3)), None, Some(3)));
    assert_eq!(seen(Some(json!(2))), (Some(version(2)), Some(version(3)), Some(3)));
    assert_eq!(seen(Some(Value::Null)), (None, Some(version(3)), Some(3)));
}

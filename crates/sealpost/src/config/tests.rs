use std::path::PathBuf;

use super::*;

fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sealpost.toml");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

fn problems(text: &str, environment: &[(&str, &str)]) -> String {
    let (_folder, path) = file(text);
    let refused = load(Some(&path), &Environment::of(environment), &Flags::default());
    refused.err().unwrap().to_string().replace(&path.display().to_string(), "sealpost.toml")
}

#[test]
fn flags_win_over_the_environment_that_over_the_file_and_that_over_the_default() {
    let (_folder, path) = file("[server]\nbind = \"127.0.0.1:1\"\n");
    let environment = Environment::of(&[("SEALPOST_SERVER__BIND", "127.0.0.1:2")]);
    let flags = Flags::default().set("server.bind", Some("127.0.0.1:3".into()), "bind");
    let port = |file: Option<&std::path::Path>, environment: &Environment, flags: &Flags| {
        load(file, environment, flags).unwrap().config.server.bind.port()
    };
    let (nothing, none) = (Environment::default(), Flags::default());
    let empty = path.with_file_name("empty.toml");
    std::fs::write(&empty, "").unwrap();
    assert_eq!(port(Some(&empty), &nothing, &none), 7700);
    assert_eq!(port(Some(&path), &nothing, &none), 1);
    assert_eq!(port(Some(&path), &environment, &none), 2);
    assert_eq!(port(Some(&path), &environment, &flags), 3);
}

#[test]
fn every_value_says_where_it_came_from() {
    let (_folder, path) = file("[server]\n\nbind = \"127.0.0.1:1\"\n[keys]\nroot = { file = \"root.key\" }\n");
    let environment = Environment::of(&[("SEALPOST_LEDGER__CHECKPOINT_MS", "500"), ("SEALPOST_LOG", "debug")]);
    let flags = Flags::default().set("storage.folder", Some("elsewhere".into()), "data");
    let settings = load(Some(&path), &environment, &flags).unwrap().settings();
    let from = |key: &str| {
        let setting = settings.iter().find(|setting| setting.key == key).unwrap();
        (setting.value.clone(), setting.from.replace(&path.display().to_string(), "sealpost.toml"))
    };
    let pair = |value: &str, from: &str| (value.to_owned(), from.to_owned());
    assert_eq!(from("server.bind"), pair("127.0.0.1:1", "sealpost.toml:3"));
    assert_eq!(from("keys.root.file"), pair("root.key", "sealpost.toml:5"));
    assert_eq!(from("ledger.checkpoint_ms"), pair("500", "SEALPOST_LEDGER__CHECKPOINT_MS"));
    assert_eq!(from("storage.folder"), pair("elsewhere", "flag --data"));
    assert_eq!(from("server.drain_seconds"), pair("20", "default"));
}

#[test]
fn paths_in_the_file_are_relative_to_the_file() {
    let (folder, path) = file("[storage]\nfolder = \"data\"\n[keys]\nroot = { file = \"root.key\" }\n");
    let config = load(Some(&path), &Environment::default(), &Flags::default()).unwrap().config;
    assert_eq!(config.storage.folder.relative(), folder.path().join("data"));
    assert_eq!(config.keys.root.unwrap().path(), Some(folder.path().join("root.key")));
}

#[test]
fn a_wrong_value_names_its_line_and_the_fix() {
    assert_eq!(
        problems("[server]\nbind = \"everywhere\"\n", &[]),
        "server.bind (sealpost.toml:2): invalid socket address syntax\n  fix  an address and a port, such as 127.0.0.1:7700"
    );
}

#[test]
fn a_wrong_variable_is_named() {
    let text = problems("", &[("SEALPOST_LOG__FORMAT", "xml")]);
    assert_eq!(text, "log.format (SEALPOST_LOG__FORMAT): not known\n  fix  use one of: text, json");
}

#[test]
fn what_is_not_known_is_refused_with_what_is() {
    let text = problems("[server]\nport = 1\n", &[]);
    assert!(text.starts_with("server.port (sealpost.toml:2): not known\n  fix  use one of: bind, "), "{text}");
    let text = problems("[sever]\nport = 1\n", &[]);
    assert!(text.starts_with("sever (sealpost.toml:1): not known"), "{text}");
}

#[test]
fn all_sections_are_heard_before_anybody_is_sent_away() {
    let text = problems("[server]\nbind = 1\n[log]\nformat = 2\n", &[]);
    assert!(text.contains("server.bind") && text.contains("log.format"), "{text}");
}

#[test]
fn a_secret_in_the_place_of_its_name_is_refused_and_not_repeated() {
    let secret = "4f".repeat(32);
    for text in [
        format!("[keys]\nroot = \"{secret}\"\n"),
        format!("[keys]\nroot = {{ value = \"{secret}\" }}\n"),
        format!("[keys]\nroot = \"{secret}\n"),
    ] {
        let problems = problems(&text, &[]);
        assert!(!problems.contains(&secret), "{problems}");
        assert!(problems.contains("sealpost.toml:2"), "{problems}");
    }
    let text = problems("", &[("SEALPOST_KEYS__ROOT", &secret)]);
    assert!(text.contains("SEALPOST_KEYS__ROOT") && !text.contains(&secret), "{text}");
}

#[test]
fn a_secret_is_read_from_a_file_or_a_variable_without_its_line_end() {
    let (folder, _) = file("");
    let path = folder.path().join("secret");
    std::fs::write(&path, "hush\n").unwrap();
    let environment = Environment::of(&[("HUSH", "hush")]);
    for source in [SecretSource::file(&path), SecretSource::Env("HUSH".into())] {
        assert_eq!(source.read(&environment).ok().unwrap().expose(), "hush");
    }
    for source in [SecretSource::file(folder.path().join("gone")), SecretSource::Env("GONE".into())] {
        assert!(source.read(&environment).is_err());
    }
}

#[test]
fn values_that_contradict_each_other_are_refused() {
    for (text, key) in [
        ("[server]\nbind = \"0.0.0.0:443\"\n", "tls.certificate"),
        ("[server]\nadmin = \"0.0.0.0:1\"\n", "server.admin"),
        ("[server]\ntrusted_proxies = [\"0.0.0.0/0\"]\n", "server.trusted_proxies"),
        ("[server]\ntrusted_proxies = [\"10.0.0.1\", \"::/0\"]\n", "server.trusted_proxies"),
        ("[tls]\ncertificate = \"c.pem\"\n", "tls "),
        ("[ledger]\ncheckpoint_ms = 1\n", "ledger.checkpoint_ms"),
        ("[telemetry]\nsample = 2.0\n", "telemetry.sample"),
        ("[doors.fyno]\nopen = true\nhosts = [\"localhost\"]\n", "doors"),
        ("[doors.fyno]\nhosts = [\"https://a.example\"]\n", "doors"),
        ("[doors.fyno]\nhosts = [\"a.example\"]\n[doors.safravo]\nhosts = [\"A.example\"]\n", "doors"),
        ("[security_txt]\ncontact = [\"mailto:security@example.com\"]\n", "security_txt"),
        (
            "[storage.postgres]\nwriters = 0\ndata = { env = \"A\" }\nkeys = { env = \"B\" }\n",
            "storage.postgres.writers",
        ),
    ] {
        let text = problems(text, &[]);
        assert!(text.starts_with(key), "{key}: {text}");
    }
}

#[test]
fn a_proxy_is_an_address_or_a_block_and_writes_one_header() {
    let (_folder, path) =
        file("[server]\ntrusted_proxies = [\"10.0.0.7\", \"203.0.113.0/24\"]\nforwarded_by = \"forwarded\"\n");
    let loaded = load(Some(&path), &Environment::default(), &Flags::default()).unwrap();
    let public: Vec<bool> = loaded.config.server.trusted_proxies.iter().map(|block| block.is_public()).collect();
    assert_eq!(public, [false, true]);
    let shown = loaded.settings().into_iter().find(|one| one.key == "server.trusted_proxies").unwrap();
    assert_eq!(shown.value, "[10.0.0.7, 203.0.113.0/24]");
    for wrong in ["\"proxy.example.com\"", "\"10.0.0.7/24\"", "7"] {
        let text = problems(&format!("[server]\ntrusted_proxies = [{wrong}]\n"), &[]);
        assert!(text.starts_with("server.trusted_proxies") && text.contains("such as"), "{text}");
    }
    let text = problems("[server]\nforwarded_by = \"x-real-ip\"\n", &[]);
    assert!(text.contains("use one of: x-forwarded-for, forwarded"), "{text}");
}

#[test]
fn a_key_service_is_described_and_its_token_only_named() {
    let vault =
        "[keys.vault]\naddress = \"https://vault.example.com:8200\"\nkey = \"sealpost\"\ntoken = { file = \"t\" }\n";
    let (_folder, path) = file(vault);
    let config = load(Some(&path), &Environment::default(), &Flags::default()).unwrap().config;
    assert_eq!((&*config.keys.vault.unwrap().mount, config.keys.patience_seconds), ("transit", 60));
    let text = problems(&vault.replace("{ file = \"t\" }", "\"hvs.secret\""), &[]);
    assert!(text.starts_with("keys.vault.token (sealpost.toml:4)") && !text.contains("hvs"), "{text}");
    let text = problems("[keys.aws_kms]\nkey = \"alias/sealpost\"\n", &[]);
    assert!(text.starts_with("keys.aws_kms.region"), "{text}");
    let text = problems("[keys]\nallow = [\"vault.internal\"]\n", &[]);
    assert!(text.starts_with("keys.allow") && text.contains("10.20.0.7/32"), "{text}");
}

#[test]
fn the_ledger_is_streamed_in_clear_to_this_host_only() {
    let (_folder, path) = file("[siem.syslog]\ncollector = \"tls://siem.example.com\"\n");
    let settings = load(Some(&path), &Environment::default(), &Flags::default()).unwrap().settings();
    assert!(settings.iter().any(|one| one.key == "siem.syslog.collector" && one.value == "tls://siem.example.com"));
    let text = problems("[siem.syslog]\ncollector = \"tcp://siem.example.com:601\"\n", &[]);
    assert!(text.starts_with("siem.syslog.collector (sealpost.toml:2): a collector is reached by tls://"), "{text}");
    let text = problems("[siem.webhook]\nurl = \"https://siem.example.com/in\"\nsecret = \"whsec_x\"\n", &[]);
    assert!(text.starts_with("siem.webhook.secret (sealpost.toml:3)") && !text.contains("whsec_x"), "{text}");
}

#[test]
fn a_file_that_was_named_has_to_be_there() {
    let refused = load(Some("/nonexistent/sealpost.toml".as_ref()), &Environment::default(), &Flags::default());
    assert!(refused.err().unwrap().to_string().starts_with("/nonexistent/sealpost.toml: can't be read"));
}

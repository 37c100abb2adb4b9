//! Words that only some places may say. Textual on purpose: it also sees what is compiled out on this machine.

use super::{Finding, Source};

struct Rule {
    words: &'static [&'static str],
    /// Where they may stand: beginnings of paths.
    home: &'static [&'static str],
    instead: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        words: &["rusqlite::", "tokio_postgres::", "postgres::Client"],
        home: &["crates/store/"],
        instead: "only store has a database driver: use `sql!` and a `Tx`",
    },
    Rule {
        words: &[
            "lettre::",
            "reqwest::",
            "hyper::client",
            "client::conn",
            "client::legacy",
            "TlsConnector",
            "hickory_",
        ],
        home: &["crates/egress/"],
        instead: "only egress talks to the outside: use its client, which guards the address",
    },
    Rule {
        words: &[
            "TcpStream::connect",
            "TcpSocket",
            "UdpSocket",
            "UnixStream::connect",
            "UnixDatagram",
            "socket2::",
            "lookup_host",
            "ToSocketAddrs",
            "to_socket_addrs",
        ],
        home: &["crates/egress/"],
        instead: "only egress opens sockets and resolves names",
    },
    Rule {
        words: &["SystemTime::now", "Timestamp::now", "Zoned::now"],
        home: &["crates/store/src/clock.rs"],
        instead: "take the time from `Ctx::now` or a `Clock`",
    },
    Rule {
        words: &["Instant::now"],
        home: &["crates/store/src/clock.rs", "crates/egress/src/elapsed.rs", "crates/web/src/elapsed.rs"],
        instead: "measure in an `elapsed` module of egress or web, or take a `Clock`",
    },
];

pub(super) fn check(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.is_product()) {
        for rule in RULES.iter().filter(|rule| !rule.home.iter().any(|home| source.path.starts_with(home))) {
            for (line, code) in source.code() {
                if let Some(word) = rule.words.iter().find(|word| code.contains(**word)) {
                    findings.push(format!("{}:{line}: `{word}`: {}", source.path, rule.instead));
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> usize {
        check(&[Source { path: path.to_owned(), text: text.to_owned() }]).len()
    }

    #[test]
    fn a_word_is_found_outside_its_home_only() {
        let text = "use rusqlite::Connection;\n// rusqlite::x\nlet now = SystemTime::now();";
        assert_eq!(findings("crates/web/src/a.rs", text), 2);
        assert_eq!(findings("crates/store/src/sqlite.rs", text), 1);
        assert_eq!(findings("crates/web/tests/a.rs", text), 0);
    }

    #[test]
    fn nobody_but_egress_has_a_way_out() {
        for text in [
            "let stream = std::net::TcpStream::connect_timeout(&to, limit)?;",
            "use tokio::net::UdpSocket;",
            "let names = hickory_resolver::TokioResolver::builder_tokio()?;",
            "for one in (host, 443).to_socket_addrs()? {",
        ] {
            assert_eq!(findings("crates/access/src/a.rs", text), 1, "{text}");
            assert_eq!(findings("crates/egress/src/a.rs", text), 0, "{text}");
        }
    }
}

//! Which command reads what an organisation holds by nothing but the power of the host. Every command stands here, or a test fails.

/// By what right a command gets at what an organisation holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reads {
    /// It doesn't: for this reason.
    Nothing(&'static str),
    /// By a key of the organisation's, through its API: what that may, and no more.
    ByKey,
    /// By the power of the host: takes support access for it, or breaks the glass.
    Content(&'static str),
}

use Reads::{ByKey, Content, Nothing};

/// Every command.
const ALL: &[(&str, Reads)] = &[
    ("demo", Nothing("an installation of its own, with nobody in it")),
    ("init", Nothing("there is nothing yet")),
    ("serve", Nothing("what it reads, its API hands out by credential")),
    ("send", ByKey),
    ("listen", Nothing("it hears what an endpoint is sent, and knows that endpoint’s secret")),
    ("endpoints list", ByKey),
    ("endpoints test", ByKey),
    ("endpoints signing", ByKey),
    ("endpoints import-secret", ByKey),
    ("endpoints detect", Nothing("it looks at two files")),
    ("endpoints rotation begin", ByKey),
    ("endpoints rotation try", ByKey),
    ("endpoints rotation finish", ByKey),
    ("endpoints rotation cancel", ByKey),
    ("keys create", Content("with --local it makes a way in")),
    ("keys rotate", Content("with --local it makes a way in")),
    ("keys list", Nothing("with --local too: names and dates of keys, never their text")),
    ("keys usage", Nothing("with --local too: counts")),
    ("keys revoke", Nothing("with --local too: it takes a way in away")),
    ("keys rotate-root", Nothing("keys are wrapped anew, and none is shown")),
    ("keys wrap-root", Nothing("the root key is wrapped anew; it opens what whoever runs this opens anyway")),
    ("keys backup", Nothing("a copy that opens with a key kept elsewhere")),
    ("keys restore", Nothing("it puts back what was copied")),
    ("ledger verify", Nothing("it looks at a file")),
    ("ledger export", Nothing("ids, codes and hashes; details leave as they are sealed")),
    ("ledger key", Nothing("a public key")),
    ("approvals list", ByKey),
    ("approvals show", ByKey),
    ("approvals approve", ByKey),
    ("approvals export", ByKey),
    ("approvals verify", Nothing("it looks at a file")),
    ("revisions list", ByKey),
    ("revisions show", ByKey),
    ("plan", ByKey),
    ("apply", ByKey),
    ("export-policy", ByKey),
    ("erasure verify", Nothing("it looks at a file")),
    ("receipt verify", Nothing("it looks at files")),
    ("evidence", Nothing("settings, counts, and the ledger with its details sealed")),
    ("evidence verify", Nothing("it looks at a file")),
    ("members link", Content("it makes a way in as an owner")),
    ("networks reset", Nothing("it opens a door that was shut, and shows nothing")),
    ("support bundle", Nothing("what is in it is shown before it is written, and has no addresses, names or ids")),
    ("doctor", Nothing("it looks at the installation, not at what it holds")),
    ("doctor leaks", Nothing("it looks for marks of its own, as somebody who sees nobody in clear")),
    ("doctor egress", Nothing("it looks at addresses")),
    ("config check", Nothing("settings; of secrets, where they are")),
    ("completions", Nothing("what commands there are")),
    ("version", Nothing("a number of its own")),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use clap::{Command, CommandFactory};

    use super::*;

    /// Every command that does something, by what is typed, and whether it breaks glass.
    fn commands(of: &Command, path: &str, into: &mut BTreeMap<String, bool>) {
        if !path.is_empty() && !of.is_subcommand_required_set() {
            let breaks = of.get_arguments().any(|argument| argument.get_id() == "break_glass");
            into.insert(path.to_owned(), breaks);
        }
        for sub in of.get_subcommands() {
            commands(sub, format!("{path} {}", sub.get_name()).trim(), into);
        }
    }

    #[test]
    fn it_is_decided_of_every_command_whether_it_reads_what_an_organisation_holds() {
        let mut there = BTreeMap::new();
        commands(&super::super::Cli::command(), "", &mut there);
        let known: BTreeMap<String, bool> =
            ALL.iter().map(|(path, reads)| ((*path).to_owned(), matches!(reads, Content(_)))).collect();
        assert_eq!(known.len(), ALL.len(), "a command stands here twice");
        assert_eq!(there, known, "say in `ALL` what a command reads; one that reads content takes `Glass`");
        for (path, reads) in ALL {
            if let Nothing(why) | Content(why) = reads {
                assert!(why.len() > 8, "{path}: say why");
            }
        }
    }

    #[test]
    fn what_reads_content_stands_in_the_documentation() {
        let page = include_str!("../../../../docs/support.md");
        for (path, _) in ALL.iter().filter(|(_, reads)| matches!(reads, Content(_))) {
            assert!(page.contains(&format!("`{path}`")), "{path}");
        }
    }
}

//! What to do about what went wrong below the command line.

use std::io::ErrorKind;

use sealpost_store::StoreError;
use sealpost_web::tls::TlsError;

use super::exit::Exit;
use crate::config::SecretError;
use crate::root_key::{NoRootKey, NotASealedRoot, NotConfigured, NotForHere, ProviderError};

/// How a command ends with this error, and what helps; nothing if nobody knows.
pub(super) fn on(error: &anyhow::Error) -> Option<(Exit, Option<&'static str>)> {
    if let Some(error) = error.downcast_ref::<StoreError>() {
        return on_store(error);
    }
    if error.is::<NoRootKey>() {
        let fix = "`sealpost init` makes a root key and a configuration; or set keys.root = { file = \"/etc/sealpost/root.key\" }";
        return Some((Exit::Config, Some(fix)));
    }
    if let Some(error) = error.downcast_ref::<ProviderError>() {
        return Some(match error.may_pass() {
            true => (
                Exit::Unreachable,
                Some("start again when it can be reached; keys.patience_seconds says how long a start waits"),
            ),
            false => (
                Exit::Config,
                Some(
                    "look at its own log; `sealpost doctor` asks again. Nothing opens without it, and nothing was changed",
                ),
            ),
        });
    }
    if error.is::<NotConfigured>() {
        return Some((
            Exit::Config,
            Some("describe it in the configuration: docs/keys.md, \"Who keeps the root key\""),
        ));
    }
    if error.is::<NotForHere>() {
        let fix = "name the file that was sealed for this one, or set ledger.origin to what it was";
        return Some((Exit::Config, Some(fix)));
    }
    if error.is::<NotASealedRoot>() {
        return Some((Exit::Config, Some("take the file that `sealpost keys wrap-root` wrote, as it is")));
    }
    if let Some(error) = error.downcast_ref::<SecretError>() {
        return Some((
            Exit::Config,
            Some(match error {
                SecretError::File { .. } => "check that the file is there and that this user may read it",
                SecretError::NotText(_) => "name a file that holds the secret and nothing else",
                SecretError::Unset(_) => "set the variable for this process, or name a file instead: { file = \"…\" }",
            }),
        ));
    }
    if error.is::<sealpost_seal::key::NotARootKey>() {
        return Some((
            Exit::Config,
            Some("take the file that `sealpost init` wrote, or bring the key back from its recovery kit"),
        ));
    }
    if let Some(TlsError::File { .. } | TlsError::Pem { .. } | TlsError::Unusable(_)) = error.downcast_ref::<TlsError>()
    {
        let fix =
            "check `tls.certificate` and `tls.key`, or the folder `tls` beside the data; `sealpost doctor` looks again";
        return Some((Exit::Config, Some(fix)));
    }
    match error.downcast_ref::<std::io::Error>()?.kind() {
        ErrorKind::AddrInUse => Some((Exit::Failed, Some("stop what listens there, or set another port"))),
        ErrorKind::AddrNotAvailable => Some((Exit::Config, Some("this host has no such address: set one that it has"))),
        ErrorKind::PermissionDenied => Some((Exit::Failed, Some("give this user the right to it"))),
        _ => None,
    }
}

fn on_store(error: &StoreError) -> Option<(Exit, Option<&'static str>)> {
    Some(match error {
        StoreError::InUse => (Exit::Failed, Some("stop that one, or name another folder")),
        StoreError::WrongRoot => (
            Exit::Config,
            Some("name the right one in keys.root, or bring it back: `sealpost init --root-from <recovery kit>`"),
        ),
        StoreError::KeysLost => (
            Exit::Failed,
            Some("put the keys database that belongs to this data back from its backup; nothing was changed"),
        ),
        StoreError::Unreachable(_) => (
            Exit::Unreachable,
            Some("check that it runs, and the host and port in the URL that storage.postgres names"),
        ),
        StoreError::Unwritable(_) => (Exit::Failed, Some("make room on its disk, or look whether it fails")),
        StoreError::Io(_) => {
            (Exit::Failed, Some("check that the folder is there, and that this user owns it and may write to it"))
        }
        StoreError::Sqlite(_) => (Exit::Failed, Some("if the file is damaged, put it back from a backup")),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn advice_reaches_through_what_was_being_done() {
        let error = Err::<(), _>(StoreError::WrongRoot).context("sealpost-data").unwrap_err();
        let (exit, fix) = on(&error).unwrap();
        assert_eq!(exit, Exit::Config);
        assert!(fix.unwrap().contains("recovery kit"));
        assert!(on(&anyhow::anyhow!("something else")).is_none());
    }

    #[test]
    fn what_failed_is_said_once() {
        let source = std::io::Error::from(ErrorKind::NotFound);
        let error = anyhow::Error::from(SecretError::File { path: "root.key".into(), source }).context("keys.root");
        assert_eq!(format!("{error:#}").matches("not found").count(), 1, "{error:#}");
    }
}

//! The process environment, read once.

use std::collections::BTreeMap;

use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider};

/// What the names of our variables begin with.
const PREFIX: &str = "SEALPOST_";
/// Between section and key, because keys have underscores themselves.
const LEVEL: &str = "__";

/// Environment variables, as they were when the process began.
#[derive(Clone, Default)]
pub(crate) struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The variables of this process. Those that aren't Unicode are left out.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub(crate) fn of_process() -> Self {
        let pairs = std::env::vars_os();
        Self(pairs.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect())
    }

    /// The value of a variable, unless it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    #[cfg(test)]
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// The variables that configure, with the dotted key each of them sets: `server.bind` for `SEALPOST_SERVER__BIND`. Others
    /// with our prefix (`SEALPOST_LOG`, `SEALPOST_KEY_FILE`, the names secrets are read from) are not settings.
    fn settings(&self) -> impl Iterator<Item = (String, &str)> {
        self.0.iter().filter_map(|(name, value)| {
            let key = name.strip_prefix(PREFIX)?;
            key.contains(LEVEL).then(|| (key.to_lowercase().replace(LEVEL, "."), value.as_str()))
        })
    }
}

/// The variable that sets a dotted key.
pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', LEVEL).to_uppercase())
}

impl Provider for Environment {
    fn metadata(&self) -> Metadata {
        Metadata::named("environment")
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let mut data = Dict::new();
        for (key, value) in self.settings() {
            // The value's text as TOML has it: numbers, booleans and `[lists]`; anything else is text. Never fails.
            let value: Value = value.parse().unwrap_or_else(|never: std::convert::Infallible| match never {});
            if let Some(nested) = figment::util::nest(&key, value).into_dict() {
                merge(&mut data, nested);
            }
        }
        Ok(Map::from([(Profile::Default, data)]))
    }
}

fn merge(into: &mut Dict, from: Dict) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Dict(_, inner)), Value::Dict(_, more)) => merge(inner, more),
            (_, value) => drop(into.insert(key, value)),
        }
    }
}

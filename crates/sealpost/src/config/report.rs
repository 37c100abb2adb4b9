//! Every value, and where it came from.

use figment::value::Value;
use figment::{Profile, Provider};
use serde::Serialize;

use super::load::Loaded;
use super::problem::origin;

/// One setting, as `config check` prints it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Setting {
    /// The dotted key.
    pub(crate) key: String,
    /// Its value. Of a secret this is where it is, which is all the configuration knows.
    pub(crate) value: String,
    /// `default`, `sealpost.toml:3`, `SEALPOST_SERVER__BIND`, `flag --bind`.
    pub(crate) from: String,
}

impl Loaded {
    /// All settings, by section.
    pub(crate) fn settings(&self) -> Vec<Setting> {
        let text = self.file.as_deref().and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
        let data = self.figment.data().ok().and_then(|mut data| data.remove(&Profile::Default)).unwrap_or_default();
        let mut settings = Vec::new();
        for section in super::SECTIONS {
            if let Some(value) = data.get(section) {
                self.collect(section, value, &text, &mut settings);
            }
        }
        settings
    }

    fn collect(&self, key: &str, value: &Value, text: &str, into: &mut Vec<Setting>) {
        if let Value::Dict(_, inner) = value {
            inner.iter().for_each(|(name, value)| self.collect(&format!("{key}.{name}"), value, text, into));
            return;
        }
        let from = origin(self.figment.get_metadata(value.tag()), key, text);
        into.push(Setting { key: key.into(), value: shown(value), from });
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(_, text) => text.clone(),
        Value::Bool(_, value) => value.to_string(),
        Value::Empty(..) => "—".into(),
        Value::Array(_, values) => format!("[{}]", values.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Num(_, number) => match (number.to_i128(), number.to_u128(), number.to_f64()) {
            (Some(number), ..) => number.to_string(),
            (_, Some(number), _) => number.to_string(),
            (.., Some(number)) => number.to_string(),
            _ => String::new(),
        },
        Value::Char(_, one) => one.to_string(),
        Value::Dict(..) => String::new(),
    }
}

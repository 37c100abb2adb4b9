//! Data on its way into a template.

use minijinja::Value;
use minijinja::value::Serde;
use serde_json::Map;

use super::RenderError;

/// All texts of the data together, in bytes.
const MAX_TEXT: usize = 128 * 1024;
/// Values in the data.
const MAX_VALUES: usize = 10_000;
/// How deep lists and maps may stand in each other.
const MAX_DEPTH: usize = 16;

/// The data as the engine's values.
pub(super) fn to_values(data: &Map<String, serde_json::Value>) -> Result<Value, RenderError> {
    let mut room = Room { text: MAX_TEXT, values: MAX_VALUES };
    data.iter().try_for_each(|(name, value)| room.take(name, value, MAX_DEPTH))?;
    Ok(Value::from(Serde(data)))
}

struct Room {
    text: usize,
    values: usize,
}

impl Room {
    fn take(&mut self, name: &str, value: &serde_json::Value, depth: usize) -> Result<(), RenderError> {
        self.take_text(name)?;
        self.values = self.values.checked_sub(1).ok_or(RenderError::Data)?;
        let deeper = depth.checked_sub(1).ok_or(RenderError::Data)?;
        match value {
            serde_json::Value::String(text) => self.take_text(text),
            serde_json::Value::Array(items) => items.iter().try_for_each(|item| self.take("", item, deeper)),
            serde_json::Value::Object(map) => map.iter().try_for_each(|(name, item)| self.take(name, item, deeper)),
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => Ok(()),
        }
    }

    fn take_text(&mut self, text: &str) -> Result<(), RenderError> {
        self.text = self.text.checked_sub(text.len()).ok_or(RenderError::Data)?;
        Ok(())
    }
}

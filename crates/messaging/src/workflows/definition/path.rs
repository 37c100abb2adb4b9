//! Where something stands in what a run knows.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

/// The longest way to a field.
const LONGEST: usize = 256;
const DATA: &str = "/data";
const ANSWERS: &str = "/answers/";

/// A JSON pointer (RFC 6901) into what a run knows: `/data/…` is what it was started with, `/answers/{node}/status` and
/// `/answers/{node}/body/…` what a call was answered, `/answers/{node}/body/text` what a contact replied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Path(String);

impl Path {
    /// Checks and takes the text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let below = |stem: &str| text.strip_prefix(stem).is_some_and(|rest| rest.starts_with('/') && rest.len() > 1);
        let answer = text.strip_prefix(ANSWERS).and_then(|rest| rest.split_once('/'));
        let answer = answer.is_some_and(|(node, part)| {
            !node.is_empty() && (part == "status" || part == "body" || part.starts_with("body/"))
        });
        (text.len() <= LONGEST && (below(DATA) || answer)).then(|| Self(text.to_owned()))
    }

    /// Whether it leads to the status of a call.
    pub(crate) fn is_status(&self) -> bool {
        self.0.strip_prefix(ANSWERS).and_then(|rest| rest.split_once('/')).is_some_and(|(_, part)| part == "status")
    }

    /// The call whose answer it is in, or the wait for a reply.
    pub(crate) fn answer_of(&self) -> Option<&str> {
        self.0.strip_prefix(ANSWERS)?.split('/').next()
    }

    /// What stands there.
    pub(crate) fn find<'v>(&self, known: &'v Value) -> Option<&'v Value> {
        known.pointer(&self.0)
    }

    /// As it is written.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("field_path_invalid"))
    }
}

impl JsonSchema for Path {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "WorkflowPath".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "maxLength": LONGEST,
            "pattern": "^/(data/.+|answers/[a-z0-9_-]{1,32}/(status|body(/.*)?))$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_into_the_data_and_into_answers_and_nowhere_else() {
        for good in ["/data/a", "/data/a/0/b", "/answers/crm/status", "/answers/crm/body", "/answers/crm/body/a"] {
            assert!(Path::parse(good).is_some(), "{good}");
        }
        for bad in
            ["", "/", "data/a", "/data", "/data/", "/answers/crm", "/answers//status", "/answers/crm/head", "/x/a"]
        {
            assert!(Path::parse(bad).is_none(), "{bad}");
        }
        assert!(Path::parse(&format!("/data/{}", "a".repeat(LONGEST))).is_none());
        assert!(Path::parse("/answers/crm/status").unwrap().is_status());
        assert!(!Path::parse("/answers/crm/body/status").unwrap().is_status());
        assert_eq!(Path::parse("/answers/crm/body/a").unwrap().answer_of(), Some("crm"));
    }
}

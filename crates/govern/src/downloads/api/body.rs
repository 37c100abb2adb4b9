//! Which rows somebody wants, as requests say it.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::downloads::model::Format;
use crate::downloads::service::Wish;

/// Which rows, which columns, as what.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DownloadWish")]
pub(super) struct Body {
    /// Rows of what: `contacts`, `messages`, `deliveries`, `audit` or `looks`.
    pub(super) source: String,
    /// Which of its columns, in their order; all, if none is named.
    #[serde(default)]
    pub(super) columns: Vec<String>,
    /// Which of its rows: what its list would be asked with, `{ "standing": "not_delivered" }`; all, if nothing is said.
    #[serde(default)]
    pub(super) filter: Map<String, Value>,
    /// As what: `csv` unless said otherwise.
    #[serde(default)]
    pub(super) format: Format,
}

impl From<Body> for Wish {
    fn from(body: Body) -> Self {
        let Body { source, columns, filter, format } = body;
        Self { source, columns, filter: Value::Object(filter), format }
    }
}

//! What a directory asks for.

use schemars::JsonSchema;
use sealpost_web::Refusal;
use serde::Deserialize;
use serde_json::Value;

use crate::scim::users::Window;
use crate::scim::wire::{Bad, Filter, Projection};

/// Resources in one answer at most, and unless somebody says.
pub(super) const MOST: u32 = 200;
const USUAL: u32 = 100;

/// Which resources, and how much of them. What isn't known is left alone: directories add switches of their own.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ScimQuery")]
pub(super) struct Query {
    /// Which (RFC 7644 §3.4.2.2).
    filter: Option<String>,
    /// From which on, counted from 1.
    start_index: Option<i64>,
    /// How many at most: 100 unless said, 200 at most.
    count: Option<i64>,
    /// Which attributes, with commas between.
    attributes: Option<String>,
    /// Which attributes not.
    excluded_attributes: Option<String>,
}

/// The same as a body has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Search {
    filter: Option<String>,
    start_index: Option<i64>,
    count: Option<i64>,
    attributes: Option<Vec<String>>,
    excluded_attributes: Option<Vec<String>>,
}

impl Query {
    /// What a search asks for.
    pub(super) fn of_body(body: &Value) -> Result<Self, Bad> {
        let search = Search::deserialize(body).map_err(|_| Bad::Syntax)?;
        let Search { filter, start_index, count, attributes, excluded_attributes } = search;
        let joined = |names: Option<Vec<String>>| names.map(|names| names.join(","));
        let (attributes, excluded_attributes) = (joined(attributes), joined(excluded_attributes));
        Ok(Self { filter, start_index, count, attributes, excluded_attributes })
    }

    pub(super) fn filter(&self) -> Result<Option<Filter>, Refusal> {
        let text = self.filter.as_deref().filter(|text| !text.trim().is_empty());
        Ok(text.map(Filter::parse).transpose()?)
    }

    /// RFC 7644 §3.4.2.4: less than 1 is 1, less than nothing is nothing.
    pub(super) fn window(&self) -> Window {
        let start = self.start_index.unwrap_or(1).clamp(1, i64::from(u32::MAX)) - 1;
        let count = self.count.unwrap_or_else(|| USUAL.into()).clamp(0, MOST.into());
        Window { skip: u32::try_from(start).unwrap_or(u32::MAX), take: u32::try_from(count).unwrap_or(MOST) }
    }

    pub(super) fn shown(&self) -> Result<Projection, Refusal> {
        Ok(Projection::parse(self.attributes.as_deref(), self.excluded_attributes.as_deref())?)
    }
}

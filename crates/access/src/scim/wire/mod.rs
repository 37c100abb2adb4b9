//! What RFC 7643 and RFC 7644 define: attributes and their paths, filters, changes in part, and what an answer leaves out. Plain
//! functions over JSON that know no member and no team.

mod attribute;
mod filter;
mod filter_parse;
mod patch;
mod projection;
#[cfg(test)]
mod tests;
mod text;

pub(super) use attribute::{AttrPath, named};
pub(super) use filter::{Filter, Known};
pub(super) use patch::{Operations, apply};
pub(super) use projection::Projection;
pub(super) use text::{Bad, flag};

/// A resource, or what a complex attribute holds.
pub(super) type Object = serde_json::Map<String, serde_json::Value>;

/// The schema of users.
pub(super) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The schema of groups.
pub(super) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// What users have who are somebody's staff.
pub(super) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

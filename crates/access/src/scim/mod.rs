//! Members and teams as a directory has them: SCIM 2.0 (RFC 7643, RFC 7644).
//!
//! A directory presents a token of its own, which is good for `/scim/v2` and for nothing else, and may do to members what whoever made
//! it might. A SCIM user is a [member](crate::members): made active, without an invitation, as a viewer; `active` set to false
//! suspends them, and their sessions end at once. What a directory says about them that means nothing here is sealed under their key
//! and given back as it came. A SCIM group is a [team](crate::teams). Beside that a team may give its members a role; who is in
//! such a team is for the directory alone to say, so that nobody gives by a team what they lack.

mod api;
mod authenticator;
pub mod codes;
mod group;
mod model;
mod pages;
mod role_map;
mod store;
#[cfg(test)]
mod tests;
mod tokens;
mod user;
mod users;
mod wire;

pub use api::feature;
pub use authenticator::ScimAuthenticator;
pub use model::{ScimToken, TokenName};
pub use pages::NAV;
pub(crate) use role_map::gives_role;
pub(crate) use store::{forget_group, forget_user};
pub(crate) use tokens::role;
pub use tokens::{Issued, create, revoke};

/// For the fuzzer alone: a filter, a path and a body from somebody. `Err` says which promise they broke.
#[doc(hidden)]
pub fn fuzz(filter: &str, path: &str, body: &[u8]) -> Result<(), &'static str> {
    use wire::{Filter, Operations};
    let resource = serde_json::json!({ "userName": "ann", "emails": [{ "type": "work", "value": "ann@example.com" }] });
    let serde_json::Value::Object(resource) = resource else { return Ok(()) };
    if let Ok(filter) = Filter::parse(filter) {
        let admits = filter.admits(&resource);
        if Filter::Not(Box::new(filter)).admits(&resource) == admits {
            return Err("a filter and its opposite agree");
        }
    }
    let single = serde_json::json!({ "Operations": [{ "op": "add", "path": path, "value": [{ "value": "x" }] }] });
    let sent = serde_json::from_slice(body).ok();
    for body in [Some(single), sent].into_iter().flatten() {
        if let Ok(operations) = Operations::parse(&body) {
            let (mut one, mut other) = (resource.clone(), resource.clone());
            let outcomes = (wire::apply(&mut one, &operations), wire::apply(&mut other, &operations));
            if outcomes.0 != outcomes.1 || one != other {
                return Err("the same operations do something else");
            }
        }
        if let serde_json::Value::Object(body) = body {
            let _ = (user::Incoming::read(body.clone()), group::Incoming::read(body));
        }
    }
    Ok(())
}

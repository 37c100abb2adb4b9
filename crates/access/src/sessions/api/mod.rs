//! The API of sessions: one file for each operation.

mod own;

use sealpost_web::Feature;

use super::codes;

/// What sessions add to the API.
pub fn feature() -> Feature {
    Feature { name: "sessions", about: "Members who are signed in.", routes: vec![own::route()], codes: codes::ALL }
}

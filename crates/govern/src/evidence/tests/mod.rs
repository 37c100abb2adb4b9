//! What the evidence promises: nothing is held that it doesn't know, and nothing is claimed that nobody looks at.

mod map;
mod schema;

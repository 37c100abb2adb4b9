//! What directories are promised, and what of them, on both engines.

mod groups;
mod hostile;
mod house;
mod tokens;
mod users;

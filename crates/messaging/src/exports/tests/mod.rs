//! What exports promise, through the service and the API, on both engines.

mod house;
mod memory;
mod pdf;

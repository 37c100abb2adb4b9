//! The house as the world sees it: the real program, asked over TLS.
//!
//! What is asked comes from the document the program serves about itself (`GET /v1/openapi.json`): a route is covered here the
//! day it appears, and one that needs an object nobody knows how to make fails until [`objects`] is taught.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods, missing_docs)]
#![allow(clippy::print_stderr, reason = "what is skipped is said loudly")]

mod api;
mod approvals;
mod approved_objects;
mod attacker;
mod canary;
mod databases;
mod demo;
mod doors;
mod downloads;
mod echo;
mod egress;
mod endpoints;
mod evidence;
mod forgotten;
mod house;
mod init;
mod last4;
mod leaks;
mod leaves;
mod live;
mod main_job;
mod matrix;
mod memory;
mod names;
mod naughty;
mod notices;
mod objects;
mod people;
mod places;
mod policy;
mod preview;
mod receiver;
mod security;
mod storage;
mod support;
mod surface;
mod telemetry;
mod transport;
mod trouble;
mod unseen;
mod versions;
mod workflows;

/// Runs a proof on both engines: `on_both_engines!(a_promise)` makes `a_promise::on_sqlite` and `a_promise::on_postgres`.
macro_rules! on_both_engines {
    ($($name:ident)+) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                super::$name(crate::house::House::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                if let Some(house) = crate::house::House::postgres().await {
                    super::$name(house).await;
                }
            }
        }
    )+};
}
pub(crate) use on_both_engines;

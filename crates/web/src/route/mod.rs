//! Routes are data: who may call, how often, what it leaves in the ledger, what goes in and comes out. Router, OpenAPI document,
//! documentation pages and the generated tests are all made from the same list.
//!
//! A route that doesn't say who may call it doesn't compile:
//!
//! ```compile_fail,E0599
//! # use sealpost_web::{Call, Class, Failure, Reply, route};
//! async fn list(_: Call) -> Result<Reply, Failure> { Ok(Reply::empty()) }
//! route::get("/v1/things").class(Class::Read).to(list);
//! ```
//!
//! Neither does one that changes something without naming its audit action:
//!
//! ```compile_fail,E0599
//! # use sealpost_web::{Call, Class, Failure, Reply, route};
//! async fn burn(_: Call) -> Result<Reply, Failure> { Ok(Reply::empty()) }
//! route::post("/v1/things").open_to_all("a demonstration").class(Class::Write).to(burn);
//! ```
//!
//! Nor one whose handler expects another body than the route takes:
//!
//! ```compile_fail,E0271,E0631
//! # use sealpost_web::{Call, Class, Failure, Reply, route};
//! # #[derive(serde::Deserialize, schemars::JsonSchema)] struct Thing {}
//! async fn make(_: Call<Thing>) -> Result<Reply, Failure> { Ok(Reply::empty()) }
//! route::post("/v1/things").open_to_all("a demonstration").class(Class::Write).acts("thing.make").to(make);
//! ```
//!
//! This one does:
//!
//! ```
//! # use sealpost_web::{Call, Class, Failure, Reply, route};
//! # #[derive(serde::Deserialize, schemars::JsonSchema)] struct Thing {}
//! async fn make(_: Call<Thing>) -> Result<Reply, Failure> { Ok(Reply::empty()) }
//! route::post("/v1/things").open_to_all("a demonstration").class(Class::Write).acts("thing.make").takes::<Thing>().to(make);
//! ```

mod builder;
mod info;

pub(crate) use builder::SchemaOf;
pub use builder::{Declared, Endpoint, Route, Silent, Traced, Undeclared, delete, get, patch, post, put};
pub use info::{Access, Callers, RouteInfo, Trace};

use crate::problem::Code;

/// Whether what stands at this path is for browsers: pages, their forms and files. The rest is for programs.
pub(crate) fn is_for_browsers(path: &str) -> bool {
    ["/app", "/assets", "/sign-in", "/sign-out"]
        .iter()
        .any(|place| path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// What one feature adds to the API.
pub struct Feature {
    /// Its name: `messages`.
    pub name: &'static str,
    /// What it is for, in a sentence or two, for the documentation.
    pub about: &'static str,
    /// Its routes.
    pub routes: Vec<Endpoint>,
    /// The codes it refuses with.
    pub codes: &'static [&'static Code],
}

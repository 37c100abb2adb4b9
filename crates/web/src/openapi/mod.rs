//! What the API says about itself: the OpenAPI document, pages for people, and where to report a vulnerability.

mod document;
mod fields;
mod pages;
mod responses;
mod schemas;
mod security_txt;

use std::sync::{Arc, OnceLock};

use hyper::body::Bytes;
use serde_json::Value;

use crate::app::SecurityTxt;
use crate::call::{Call, not_found};
use crate::problem::{Code, Failure};
use crate::reply::Reply;
use crate::route::{Endpoint, Feature, RouteInfo, get, is_for_browsers};

/// A page of documentation that a feature made, in the house's style. `main` is HTML, and nothing in it may come from outside.
pub fn page(title: &str, main: &str) -> Reply {
    pages::page(title, main)
}

/// The documents, made once all routes are known (these routes among them).
#[derive(Default)]
pub(crate) struct Documents(OnceLock<Made>);

struct Made {
    openapi: Bytes,
    operations: pages::Rendered,
    errors: pages::Rendered,
}

impl Documents {
    pub(crate) fn fill<'e>(
        &self,
        endpoints: &[&'e Endpoint],
        features: &[(&'static str, &'static str)],
        codes: &[&'static Code],
        authentication: &[&'static Code],
        version: &str,
    ) -> Result<(), (&'e RouteInfo, String)> {
        let openapi = document::openapi(endpoints, features, authentication, version)?;
        let infos: Vec<&RouteInfo> =
            endpoints.iter().map(|endpoint| &endpoint.info).filter(|info| !is_for_browsers(info.path)).collect();
        let made = Made {
            // Text alone: as values it takes ten times the memory, for as long as the server runs.
            openapi: serde_json::to_vec(&openapi).unwrap_or_default().into(),
            operations: pages::operations(&infos, features, &openapi, version),
            errors: pages::errors(codes),
        };
        // Filled once, by the registry that made it.
        let _ = self.0.set(made);
        Ok(())
    }

    pub(crate) fn openapi(&self) -> Bytes {
        self.0.get().map(|made| made.openapi.clone()).unwrap_or_default()
    }

    fn reply(&self, of: impl FnOnce(&Made) -> Reply) -> Result<Reply, Failure> {
        self.0.get().map(of).ok_or_else(|| not_found().into())
    }
}

/// The routes that tell about the routes.
pub(crate) fn feature(documents: Arc<Documents>, security_txt: Option<SecurityTxt>) -> Feature {
    let [openapi, operations, errors] = [(); 3].map(|()| documents.clone());
    let security_txt = security_txt.map(|of| Bytes::from(security_txt::text(&of)));
    let mut routes = vec![
        get("/v1/openapi.json")
            .open_to_all("the API's description holds no data")
            .summary("The OpenAPI 3.1 document of this API")
            .answers::<Value>(200)
            .to(move |_: Call| std::future::ready(openapi.reply(|made| Reply::json_text(200, made.openapi.clone())))),
        get("/docs")
            .open_to_all("documentation holds no data")
            .summary("Every operation, for people")
            .answers_with(200, "text/html")
            .to(move |_: Call| std::future::ready(operations.reply(|made| made.operations.reply()))),
        get("/docs/errors")
            .open_to_all("documentation holds no data")
            .summary("Every error code, for people")
            .answers_with(200, "text/html")
            .to(move |_: Call| std::future::ready(errors.reply(|made| made.errors.reply()))),
    ];
    if let Some(text) = security_txt {
        routes.push(
            get("/.well-known/security.txt")
                .open_to_all("it tells strangers how to report a vulnerability")
                .summary("How to report a vulnerability (RFC 9116)")
                .answers_with(200, "text/plain")
                .to(move |_: Call| std::future::ready(Ok(Reply::text(text.clone())))),
        );
    }
    Feature { name: "documentation", about: "What this API is, for programs and for people.", routes, codes: &[] }
}

//! `POST /sign-in/email`

use schemars::JsonSchema;
use sealpost_seal::normal::Email;
use sealpost_web::{Call, Endpoint, post};
use serde::Deserialize;
use serde_json::json;

use super::{HTML, SignIn};
use crate::members::body::{EmailText, email};
use crate::sign_in::assets;

/// Whose link it is to be.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Address {
    #[serde(deserialize_with = "email")]
    #[schemars(with = "EmailText")]
    email: Email,
}

pub(super) fn route(sign_in: &SignIn) -> Endpoint {
    let (members, post_office) = (sign_in.members.clone(), sign_in.post.clone());
    post("/sign-in/email")
        .open_to_all("whoever signs in has no session yet")
        .own_page()
        .acts("sign_in_link.create")
        .summary("Send a member a link by e-mail")
        .describe(
            "The answer is the same, and as fast, whether or not anybody has the address. The link is good for an hour, once, and for \
             nothing but registering a passkey; another one is sent after two minutes at the earliest.",
        )
        .takes_form::<Address>()
        .example(json!({ "email": "sam@example.com" }))
        .answers_with(200, HTML)
        .to(move |call: Call<Address>| {
            let (call, body) = call.take_body();
            post_office.answer(&members, body.email, call.ctx.request);
            std::future::ready(Ok(call.keep_visit(assets::sent())))
        })
}

//! `GET` and `POST /app/{env}/scim/new`

use schemars::JsonSchema;
use sealpost_store::{Recorded, Tx};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::parts::Field;
use sealpost_web::shell::{Ask, Pages, ShownOnce};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::permissions::SCIM_MANAGE;
use crate::scim::api::Api;
use crate::scim::codes::SCIM_TOKENS_FULL;
use crate::scim::{Issued, TokenName, tokens};

/// A token to be made.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ScimTokenForm")]
struct Form {
    name: Option<String>,
}

pub(super) fn ask() -> Endpoint {
    get("/app/{env}/scim/new")
        .needs(SCIM_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask which directory a new token is for")
        .to(|call: Call| std::future::ready(question(&call, &Form::default()).show(&call)))
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/scim/new")
        .needs(SCIM_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("scim_token.create")
        .summary("Create a token for a directory")
        .describe("Shows its text this once.")
        .takes_form::<Form>()
        .example(json!({ "name": "Okta" }))
        .answers_with(200, "text/html")
        .refuses(&[&SCIM_TOKENS_FULL])
        .to(move |call: Call<Form>| handle(api.clone(), call))
}

async fn handle(api: Api, call: Call<Form>) -> Result<Reply, Failure> {
    match create(&api, &call).await {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, &call.body).again(&call, failure),
    }
}

async fn create(api: &Api, call: &Call<Form>) -> Result<Reply, Failure> {
    let name = TokenName::parse(call.body.name.as_deref().unwrap_or_default().trim());
    let name = name.ok_or_else(|| Refusal::of(&BODY_INVALID).at("/name", "name_invalid"))?;
    let (keys, pages, base) = (api.members.house().keys().clone(), call.pages()?, api.base());
    let act = move |tx: &mut Tx<'_>| show_once(&pages, base, tokens::create(tx, &keys, &name)?);
    call.write(api.members.house(), act).await
}

/// The one page that holds the token's text, and the one a repeated request gets.
fn show_once(pages: &Pages, base: String, issued: Recorded<Issued>) -> Result<Recorded<Reply>, Failure> {
    let Issued { token, plain } = issued.value();
    let says = "Give both to the directory. The token is good for nothing else, until you revoke it.";
    let next = ("Go on to the directories".to_owned(), pages.at("/scim"));
    let shown = ShownOnce::new(format!("{} is created", token.name), says, next)
        .secret("Token", plain.expose())
        .other("Base URL", base);
    let reply = pages.once("Token created", &shown, &shown.again())?;
    Ok(issued.map(|_| reply))
}

fn question<B, Q>(call: &Call<B, Q>, form: &Form) -> Ask {
    let says = "Through it a directory may do to members what you may, and nothing else.";
    Ask::new(call, "Create a token for a directory", says, "/scim")
        .sensitive()
        .field(
            Field::new("name", "Directory").value(form.name.clone().unwrap_or_default()).placeholder("Okta").required(),
        )
        .submit("Create")
}

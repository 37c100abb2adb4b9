//! `GET` and `POST /app/{env}/sso/{connection}/saml`

use schemars::JsonSchema;
use sealpost_store::{SsoConnectionId, Tx};
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind as Input};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::form::{brought, metadata_fields, yes_or_no};
use crate::permissions::SSO_MANAGE;
use crate::sso::codes::{SAML_METADATA_REFUSED, SAML_NOTHING_ANNOUNCED, SSO_UNAVAILABLE};
use crate::sso::saml::service::{self, Act, Wanted};
use crate::sso::saml::settings::{Asks, Encryption, Settings};
use crate::sso::{Connection, Sso, set_settings};

/// What a connection knows, and what it asks of its provider.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SamlConnectionForm")]
struct Form {
    /// Where to fetch other metadata.
    metadata_url: Option<String>,
    /// Other metadata.
    metadata: Option<String>,
    /// One thing to do about metadata or keys.
    act: Option<Act>,
    encryption: Option<Encryption>,
    /// `yes` if responses have to be signed, too.
    response_signed: Option<String>,
    /// `yes` if members prove anew who they are.
    force_authn: Option<String>,
    /// Ways of authentication, one in a line.
    authn_context: Option<String>,
    email_attribute: Option<String>,
    name_attribute: Option<String>,
    groups_attribute: Option<String>,
    /// The version this is decided on.
    version: Option<u32>,
}

impl Form {
    fn of(connection: &Connection) -> Result<Self, Failure> {
        let Asks {
            response_signed,
            encryption,
            force_authn,
            authn_context,
            email_attribute,
            name_attribute,
            groups_attribute,
        } = Settings::of(connection)?.asks;
        let word = |yes: bool| Some(if yes { "yes" } else { "no" }.to_owned());
        Ok(Self {
            encryption: Some(encryption),
            response_signed: word(response_signed),
            force_authn: word(force_authn),
            authn_context: Some(authn_context.join("\n")),
            email_attribute,
            name_attribute,
            groups_attribute,
            version: Some(connection.version),
            ..Self::default()
        })
    }

    /// All of it: a field that is empty means the usual.
    fn asks(&self) -> Asks {
        let yes = |word: &Option<String>| word.as_deref() == Some("yes");
        let named =
            |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let lines = self.authn_context.as_deref().unwrap_or_default().lines().map(str::trim);
        Asks {
            response_signed: yes(&self.response_signed),
            encryption: self.encryption.unwrap_or_default(),
            force_authn: yes(&self.force_authn),
            authn_context: lines.filter(|line| !line.is_empty()).map(str::to_owned).collect(),
            email_attribute: named(&self.email_attribute),
            name_attribute: named(&self.name_attribute),
            groups_attribute: named(&self.groups_attribute),
        }
    }
}

pub(super) fn ask(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    get("/app/{env}/sso/{connection}/saml")
        .needs(SSO_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask what a SAML connection is to know")
        .to(move |call: Call| {
            let sso = sso.clone();
            async move {
                let found = service::find(&sso, &call.ctx, call.id("connection")?, None).await?;
                question(&call, &Form::of(&found)?).show(&call)
            }
        })
}

pub(super) fn route(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    post("/app/{env}/sso/{connection}/saml")
        .needs(SSO_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("sso_connection.update")
        .body_limit(512 * 1024)
        .done("Connection changed")
        .summary("Change what a SAML connection knows and asks of its provider")
        .takes_form::<Form>()
        .example(json!({ "encryption": "none", "response_signed": "no", "force_authn": "yes" }))
        .answers_with(303, "")
        .refuses(&[&CHANGED_MEANWHILE, &SAML_METADATA_REFUSED, &SAML_NOTHING_ANNOUNCED, &SSO_UNAVAILABLE])
        .to(move |call| handle(sso.clone(), call))
}

async fn handle(sso: Sso, call: Call<Form>) -> Result<Reply, Failure> {
    match changed(&sso, &call).await {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, &call.body).again(&call, failure),
    }
}

async fn changed(sso: &Sso, call: &Call<Form>) -> Result<Reply, Failure> {
    let (id, form) = (call.id::<SsoConnectionId>("connection")?, &call.body);
    let found = service::find(sso, &call.ctx, id, form.version).await?;
    let wanted = Wanted {
        brought: brought(&form.metadata, &form.metadata_url),
        asks: Some(form.asks()),
        act: form.act,
        ..Wanted::default()
    };
    let text = service::change(sso, &call.ctx, Settings::of(&found)?, wanted).await?.to_text()?;
    let keys = sso.house.keys().organisation(call.ctx.org.id).await?;
    let (version, done) = (found.version, call.done(&format!("/sso/{id}")));
    let act = move |tx: &mut Tx<'_>| Ok(set_settings(tx, &keys, id, Some(version), (None, text))?.map(|_| done));
    call.write(&sso.house, act).await
}

fn question<B, Q>(call: &Call<B, Q>, form: &Form) -> Ask {
    let given = |text: &Option<String>| text.clone().unwrap_or_default();
    let acts = vec![
        Choice::new("", "Nothing"),
        Choice::new("refresh_metadata", "Look now where the metadata is"),
        Choice::new("announce_signing_key", "Announce a new signing key"),
        Choice::new("use_announced_key", "Sign with the key that was announced"),
        Choice::new("renew_decryption_key", "Replace the decryption key"),
    ];
    let act = form.act.and_then(|act| serde_json::to_value(act).ok());
    let act = act.as_ref().and_then(|act| act.as_str()).unwrap_or_default();
    let encryption = Encryption::ALL.into_iter().map(|(_, word, says)| Choice::new(word, says)).collect();
    let attribute =
        |name, label, value, hint| Field::new(name, label).value(given(value)).placeholder("The usual ones").hint(hint);
    let ask = Ask::new(
        call,
        "What this connection knows",
        "What its provider is asked for, and what has to be so of whoever it sends.",
        &format!("/sso/{}", call.param("connection")),
    )
    .sensitive();
    let ask = metadata_fields(ask, &form.metadata, &form.metadata_url)
        .field(
            Field::new("act", "Besides")
                .kind(Input::Choice(acts))
                .value(act)
                .hint("A signing key is announced in our metadata first, and used once the provider knows it."),
        )
        .field(
            Field::new("encryption", "Assertions")
                .kind(Input::Choice(encryption))
                .value(form.encryption.unwrap_or_default().word()),
        )
        .field(
            Field::new("response_signed", "Responses")
                .kind(yes_or_no("Assertions are signed", "Responses have to be signed, too"))
                .value(given(&form.response_signed)),
        )
        .field(
            Field::new("force_authn", "Members")
                .kind(yes_or_no("May have signed in at the provider before", "Prove anew who they are"))
                .value(given(&form.force_authn)),
        )
        .field(
            Field::new("authn_context", "In one of these ways")
                .kind(Input::Lines(2, true))
                .value(given(&form.authn_context))
                .placeholder("urn:oasis:names:tc:SAML:2.0:ac:classes:…")
                .hint("One in a line; in any, if empty."),
        )
        .field(attribute(
            "email_attribute",
            "Attribute with the address",
            &form.email_attribute,
            "As the provider calls it.",
        ))
        .field(attribute(
            "name_attribute",
            "Attribute with the name",
            &form.name_attribute,
            "What colleagues call them.",
        ))
        .field(attribute(
            "groups_attribute",
            "Attribute with the groups",
            &form.groups_attribute,
            "They may give roles.",
        ))
        .submit("Change");
    match form.version {
        Some(version) => ask.hidden("version", version.to_string()),
        None => ask,
    }
}

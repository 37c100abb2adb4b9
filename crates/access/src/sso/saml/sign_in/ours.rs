//! `GET /sign-in/saml/{connection}/metadata`: what we tell a provider of ourselves.

use sealpost_store::SsoConnectionId;
use sealpost_web::{Call, Endpoint, Failure, Reply, get};

use super::located;
use crate::sso::Sso;
use crate::sso::saml::keys;
use crate::sso::saml::parties::Addresses;
use crate::sso::saml::settings::Settings;

/// SAML Metadata, Appendix A.
const METADATA: &str = "application/samlmetadata+xml";

pub(super) fn route(sso: &Sso) -> Endpoint {
    let sso = sso.clone();
    get("/sign-in/saml/{connection}/metadata")
        .open_to_all("a provider fetches it; it holds public keys and addresses")
        .summary("Our SAML metadata for a connection")
        .answers_with(200, METADATA)
        .lets_out("public keys and addresses of ours")
        .to(move |call| handle(sso.clone(), call))
}

async fn handle(sso: Sso, call: Call) -> Result<Reply, Failure> {
    let id: SsoConnectionId = call.id("connection")?;
    let (_, connection) = located(&sso, id).await?;
    let (signing, encryption) = keys::announced(&Settings::of(&connection)?.keys)?;
    let us = Addresses::of(&sso.public_url, id).service_provider(Vec::new());
    Ok(Reply::bytes(METADATA, us.metadata(&signing, &encryption)).download("sealpost-metadata.xml"))
}

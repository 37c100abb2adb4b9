//! The panel *Encryption* of an endpoint's page.

use askama::filters::HtmlSafe;
use sealpost_access::permissions::ENDPOINTS_MANAGE;
use sealpost_store::EndpointId;
use sealpost_web::Call;
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::When;

use super::words;
use crate::endpoints::encryption::model::{Keys, Shape};
use crate::endpoints::encryption::service::Standing;

/// How an endpoint is encrypted for.
#[derive(askama::Template)]
#[template(path = "endpoints/encryption/pages/panel.html")]
pub(in crate::endpoints) struct Panel {
    pub(super) state: Option<State>,
    pub(super) acts: Option<Acts>,
}

impl HtmlSafe for Panel {}

/// It is.
pub(super) struct State {
    pub(super) method: &'static str,
    pub(super) legacy: bool,
    pub(super) fields: Vec<String>,
    pub(super) request: &'static str,
    pub(super) secret: Option<Secret>,
    pub(super) key_id: Option<String>,
    pub(super) broken: Option<String>,
    pub(super) updated: When,
}

/// The secret that is the key.
pub(super) struct Secret {
    pub(super) href: Option<String>,
    pub(super) name: String,
    pub(super) says: String,
}

/// What may be done.
pub(super) struct Acts {
    pub(super) change: String,
    pub(super) test: String,
    pub(super) remove: Option<String>,
}

impl Panel {
    /// The panel for whoever this is.
    pub(in crate::endpoints) fn of<B, Q>(call: &Call<B, Q>, endpoint: EndpointId, standing: Option<&Standing>) -> Self {
        let at = |act: &str| call.at(&format!("/endpoints/{endpoint}{act}"));
        let may_manage = call.caller.permissions.contains(ENDPOINTS_MANAGE);
        Self {
            state: standing.map(|standing| State::of(call, standing)),
            acts: may_manage.then(|| Acts {
                change: at("/encryption"),
                test: at("/test"),
                remove: standing.map(|_| at("/unencrypt")),
            }),
        }
    }
}

impl State {
    fn of<B, Q>(call: &Call<B, Q>, standing: &Standing) -> Self {
        let e = &standing.encryption;
        let secret = e.keys.secret().map(|id| Secret {
            href: call.page_of(&id.to_string()),
            name: standing.secret.as_ref().map_or_else(|| id.to_string(), |name| name.as_str().to_owned()),
            says: match &e.keys {
                Keys::Shared(key) => {
                    let version = key.version.map_or("newest version".to_owned(), |number| format!("version {number}"));
                    format!("{version}, {}", key.form.name())
                }
                Keys::Recipient { .. } => "opens answers".to_owned(),
            },
        });
        Self {
            method: words::method(e.method),
            legacy: e.method.is_legacy(),
            fields: e.scope.fields(),
            request: match e.scope.shape() {
                Shape::Text => "text",
                Shape::Json => "JSON",
            },
            secret,
            key_id: standing.key.as_ref().ok().cloned(),
            broken: standing.key.as_ref().err().map(|code| code.replace('_', " ")),
            updated: When::new(e.updated_at, call.ctx.now()),
        }
    }
}

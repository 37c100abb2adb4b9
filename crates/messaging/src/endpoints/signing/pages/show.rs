//! `GET /app/{env}/endpoints/{id}/signing`

use sealpost_access::permissions::{ENDPOINTS_MANAGE, ENDPOINTS_READ};
use sealpost_access::secrets::Origin;
use sealpost_seal::signature::{CustomSpec, Encoding};
use sealpost_store::{EndpointId, Store};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::When;
use sealpost_web::{Call, Class, Endpoint as Route, Reply, get};

use crate::endpoints::signing::model::{CUSTOM, Signer};
use crate::endpoints::signing::rules;
use crate::endpoints::signing::service::{self, How};

/// How an endpoint signs.
#[derive(askama::Template)]
#[template(path = "endpoints/signing/pages/show.html")]
pub(super) struct SigningPage {
    pub(super) back: String,
    pub(super) name: String,
    pub(super) replay_protected: bool,
    pub(super) rows: Vec<Row>,
    pub(super) public_key: String,
    pub(super) jwk_x: String,
    pub(super) key_id: String,
    pub(super) own: Option<Own>,
    pub(super) rotation: Option<Turning>,
    pub(super) acts: Option<Acts>,
}

/// One profile.
pub(super) struct Row {
    pub(super) profile: &'static str,
    pub(super) header: String,
    pub(super) replay_protected: bool,
    pub(super) one_slot: bool,
    pub(super) secret: Option<Secret>,
}

/// What signs in it.
pub(super) struct Secret {
    pub(super) key_encoding: &'static str,
    pub(super) fingerprint: String,
    pub(super) own: bool,
    pub(super) origin: &'static str,
    pub(super) version: u32,
    pub(super) signing: usize,
    pub(super) weak: bool,
    pub(super) rotate_by: Option<When>,
}

/// A format of its own.
pub(super) struct Own {
    pub(super) header: String,
    pub(super) value: String,
    pub(super) signed: String,
    pub(super) written: &'static str,
    pub(super) companions: Vec<(String, String)>,
}

/// A rotation that is under way.
pub(super) struct Turning {
    pub(super) of: &'static str,
    pub(super) begun: When,
    pub(super) proven: Option<When>,
}

/// What may be done.
pub(super) struct Acts {
    pub(super) rotate: String,
    pub(super) import: String,
    pub(super) custom: String,
    pub(super) detect: String,
    pub(super) try_it: String,
    pub(super) finish: String,
    pub(super) cancel: String,
}

pub(super) fn show(store: &Store) -> Route {
    let store = store.clone();
    get("/app/{env}/endpoints/{id}/signing")
        .needs(ENDPOINTS_READ)
        .page()
        .class(Class::Read)
        .summary("How an endpoint's deliveries are signed")
        .to(move |call: Call| {
            let store = store.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                let how = service::how(&store, &call.ctx, id).await?;
                call.show("Signing", &page(&call, id, &how)) as Result<Reply, _>
            }
        })
}

fn page(call: &Call, id: EndpointId, how: &How) -> SigningPage {
    let now = call.ctx.now();
    let at = |act: &str| call.at(&format!("/endpoints/{id}{act}"));
    let may_manage = call.caller.permissions.contains(ENDPOINTS_MANAGE);
    SigningPage {
        back: at(""),
        name: how.endpoint.name.clone(),
        replay_protected: how.endpoint.is_replay_protected(),
        rows: how.signers.iter().map(|signer| row(how, signer, now)).collect(),
        public_key: how.key.to_text(),
        jwk_x: how.key.x(),
        key_id: how.key.thumbprint(),
        own: how
            .endpoint
            .custom
            .as_ref()
            .filter(|_| how.endpoint.profiles.names().contains(&CUSTOM))
            .map(|custom| own(custom.spec())),
        rotation: how.rotation.as_ref().map(|rotation| Turning {
            of: rotation.profile.unwrap_or("this endpoint"),
            begun: When::new(rotation.begun_at, now),
            proven: rotation.proven_at.map(|at| When::new(at, now)),
        }),
        acts: may_manage.then(|| Acts {
            rotate: at("/rotation"),
            import: at("/import-secret"),
            custom: at("/custom"),
            detect: call.at("/endpoints/detect"),
            try_it: at("/rotation-try"),
            finish: at("/rotation-finish"),
            cancel: at("/rotation-cancel"),
        }),
    }
}

fn row(how: &How, signer: &Signer, now: sealpost_store::Time) -> Row {
    let dialect = &signer.dialect;
    let own = how.own.iter().any(|(name, _)| *name == dialect.name());
    Row {
        profile: dialect.name(),
        header: dialect.header(),
        replay_protected: dialect.is_replay_protected(),
        one_slot: dialect.has_one_slot(),
        secret: signer.secrets.first().map(|newest| Secret {
            key_encoding: newest.secret.encoding().word(),
            fingerprint: newest.fingerprint.clone().unwrap_or_default(),
            own,
            origin: match newest.origin {
                Origin::Generated => "made here",
                Origin::Imported => "imported",
            },
            version: newest.version,
            signing: signer.secrets.len(),
            weak: newest.secret.is_weak(),
            rotate_by: rules::rotate_by(newest.origin, newest.created_at).map(|by| When::new(by, now)),
        }),
    }
}

fn own(spec: &CustomSpec) -> Own {
    Own {
        header: spec.header.clone(),
        value: spec.value.replace("{signatures}", &format!("{}{{signatures}}", spec.prefix)),
        signed: spec.signed.clone(),
        written: match spec.encoding {
            Encoding::Hex => "in hexadecimal",
            Encoding::Base64 => "in base64",
        },
        companions: spec.companions.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
    }
}

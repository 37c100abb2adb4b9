//! The panel: without encryption, with it, and where nothing leaves.

use sealpost_web::shell::parts::When;
use sealpost_web::shell::testing::{NOW, keep};

use super::panel::{Acts, Panel, Secret, State};
use super::words;
use sealpost_seal::payload::Method;

/// What a panel stands in.
#[derive(askama::Template)]
#[template(source = "<h1>billing</h1>{{ panel }}", ext = "html")]
struct Page {
    panel: Panel,
}

fn acts(on: bool) -> Option<Acts> {
    Some(Acts { change: "/x".into(), test: "/x".into(), remove: on.then(|| "/x".into()) })
}

/// An endpoint that is encrypted for.
pub(in crate::endpoints) fn on() -> Panel {
    state(Method::JweHkdf, &[], None)
}

fn state(method: Method, fields: &[&str], broken: Option<&str>) -> Panel {
    let state = State {
        method: words::method(method),
        legacy: method.is_legacy(),
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        request: "text",
        secret: Some(Secret {
            href: Some("/x".into()),
            name: "billing-payloads".into(),
            says: "newest version, hex".into(),
        }),
        key_id: Some("sec_01kf3b2y5xfh0r4c9v7t8m6e1s:2".into()),
        broken: broken.map(str::to_owned),
        updated: When::new(NOW, NOW),
    };
    Panel { state: Some(state), acts: acts(true) }
}

#[test]
fn encryption_is_shown_as_it_stands() {
    let page = |name, panel: Panel| keep(name, "billing", "/endpoints/{id}", &Page { panel });
    page("endpoint-encryption-off", Panel { state: None, acts: acts(false) });
    page("endpoint-encryption-on", on());
    page("endpoint-encryption-legacy", state(Method::LegacyAes256Cbc, &["/message_id", ""], None));
    page("endpoint-encryption-broken", state(Method::Aes256CbcHmac, &[], Some("key length wrong")));
    page("endpoint-encryption-looked-at", Panel { acts: None, ..on() });
}

//! What can't be switched: what is always on, and what this version doesn't have.

use sealpost_store::{OrgKeys, StoreError, Tx};
use serde_json::json;

use super::codes::{SWITCH_ALWAYS_ON, SWITCH_UNAVAILABLE};
use super::switch::{Changes, Standing, Switch, SwitchState};

pub(super) const SECURE_ENDPOINTS: Switch = Switch {
    name: "secure_endpoints",
    title: "Secure endpoints",
    says: "Reports go to endpoints you have verified and nowhere else, each signed anew with a secret of the endpoint’s own. \
           Nothing is ever sent unsigned.",
    state: always_on,
    changes: Changes::Never(&SWITCH_ALWAYS_ON),
    refuses: &[],
    page: None,
};

pub(super) const PAYLOAD_STORAGE: Switch = unavailable(
    "payload_storage",
    "Payload storage",
    "Whether what a message was filled with is kept once it has been delivered.",
);
pub(super) const SECURE_MEDIA: Switch = unavailable(
    "secure_media",
    "Secure media",
    "Whether files are kept in a store of your own and shown by links that end.",
);

const fn unavailable(name: &'static str, title: &'static str, says: &'static str) -> Switch {
    Switch {
        name,
        title,
        says,
        state: not_there,
        changes: Changes::Never(&SWITCH_UNAVAILABLE),
        refuses: &[],
        page: None,
    }
}

fn always_on(_: &mut Tx<'_>, _: &OrgKeys) -> Result<SwitchState, StoreError> {
    let settings = json!({ "signed": true, "verified_only": true });
    let facts = vec![("Signed", "Always".to_owned()), ("To unverified addresses", "Never".to_owned())];
    Ok(SwitchState { standing: Standing::On, settings, facts, changed_at: None })
}

fn not_there(_: &mut Tx<'_>, _: &OrgKeys) -> Result<SwitchState, StoreError> {
    Ok(SwitchState { standing: Standing::Unavailable, settings: json!({}), facts: vec![], changed_at: None })
}

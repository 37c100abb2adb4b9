//! Exports as something that takes an approval: one, for one person and one form, done once by whoever asked.

use sealpost_govern::approvals::{Apply, Approvable, Line, Module, Prepared};
use sealpost_govern::security::typed;
use sealpost_store::{ContactId, OrgKeys, Tx};
use sealpost_web::{Failure, not_found};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::model::Form;

/// An export of everything that is held about a person.
pub const APPROVABLE: Approvable = Approvable {
    module: Module::ContactExport,
    says: "An export of everything that is held about one person: once, in one form, by whoever asked.",
    wide: false,
    of: Some(ContactId::PREFIX),
    prepare,
    apply: Apply::ByAsker,
};

/// What is wanted of a person.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    form: Form,
}

/// What is wanted, in one form only.
pub(super) fn wanted(form: Form) -> Value {
    json!({ "form": form })
}

fn prepare(_: &mut Tx<'_>, _: &OrgKeys, target: Option<[u8; 16]>, value: Value) -> Result<Prepared, Failure> {
    let Wanted { form } = typed(value)?;
    let contact = ContactId::from_bytes(target.ok_or_else(not_found)?);
    let lines = vec![
        Line::new("Contact", None, contact.to_string()),
        Line::new("Form", None, form.word().to_owned()),
        Line::new("Leaves, in clear", None, "What is known, every message with its content, who looked".to_owned()),
    ];
    // What is held about somebody is what it is when it leaves: there is no version of it to have moved.
    Ok(Prepared { wanted: wanted(form), lines, version: 0, tied: vec![] })
}

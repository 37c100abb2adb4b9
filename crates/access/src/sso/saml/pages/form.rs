//! What the forms have in common.

use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind};

use crate::sso::saml::metadata::Brought;

/// Source text that was pasted, or where it is; the text counts if there are both.
pub(super) fn brought(metadata: &Option<String>, url: &Option<String>) -> Option<Brought> {
    let given =
        |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    given(metadata).map(Brought::Text).or_else(|| given(url).map(Brought::Url))
}

/// Where the metadata is, or what it says.
pub(super) fn metadata_fields(ask: Ask, metadata: &Option<String>, url: &Option<String>) -> Ask {
    let given = |text: &Option<String>| text.clone().unwrap_or_default();
    ask.field(
        Field::new("metadata_url", "Where the provider’s metadata is")
            .kind(Kind::Typed("url"))
            .value(given(url))
            .placeholder("https://idp.example.com/metadata")
            .hint("Fetched now, and looked at again once a day."),
    )
    .field(
        Field::new("metadata", "Or the metadata itself")
            .kind(Kind::Lines(5, true))
            .value(given(metadata))
            .placeholder("<EntityDescriptor …>")
            .hint("XML. It may come later: many providers want to know our addresses first."),
    )
}

/// Choices of a yes or no.
pub(super) fn yes_or_no(no: &'static str, yes: &'static str) -> Kind {
    Kind::Choice(vec![Choice::new("no", no), Choice::new("yes", yes)])
}

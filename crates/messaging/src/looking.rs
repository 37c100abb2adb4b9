//! What pages ask of whoever wants to see somebody in clear, and for how long they show it.

use schemars::JsonSchema;
use sealpost_govern::Reason;
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::Field;
use sealpost_web::{Call, Refusal};
use serde::Deserialize;

/// For how long clear values stay on a screen.
pub(crate) const SHOWN_SECONDS: u32 = 300;

/// Why somebody looks.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RevealForm")]
pub(crate) struct Form {
    /// For whoever reads the ledger later.
    #[serde(default)]
    reason: String,
}

impl Form {
    /// The reason, which is given once.
    pub(crate) fn take(&mut self) -> Result<Reason, Refusal> {
        let reason = Reason::parse(std::mem::take(&mut self.reason));
        reason.map_err(|_| Refusal::of(&BODY_INVALID).at("/reason", "text_unsuitable"))
    }
}

/// Asks why, and says what will be shown; `back` leads away from it, after `/app/{env}`.
pub(crate) fn question<B, Q>(call: &Call<B, Q>, title: &str, shown: &str, back: &str) -> Ask {
    let says =
        format!("{shown} for five minutes. That you looked, and why, is in the ledger before anything is shown.");
    let reason = Field::new("reason", "Reason")
        .placeholder("Customer called back, ticket 4512")
        .hint("For whoever reads the ledger later.")
        .required();
    Ask::new(call, title, says, back).field(reason).sensitive().submit("Reveal")
}

//! How an old delivery was signed, as a page shows it.

use sealpost_web::shell::Icon;

use crate::endpoints::signing::api::DetectedView;

/// What was found out.
#[derive(askama::Template)]
#[template(path = "endpoints/signing/pages/detected.html")]
pub(super) struct DetectedPage {
    pub(super) back: String,
    pub(super) found: Vec<Hit>,
    pub(super) looked: Vec<Fits>,
}

/// Something that verifies.
pub(super) struct Hit {
    pub(super) profile: &'static str,
    pub(super) encoding: &'static str,
    pub(super) key_encoding: &'static str,
    pub(super) replay_protected: bool,
    pub(super) configuration: String,
}

/// How far a profile fits.
pub(super) struct Fits {
    pub(super) profile: &'static str,
    pub(super) parts: [bool; 4],
}

impl DetectedPage {
    pub(super) fn new(back: String, view: &DetectedView) -> Self {
        let found = view.found.iter().map(|one| Hit {
            profile: one.profile,
            encoding: one.encoding,
            key_encoding: one.key_encoding,
            replay_protected: one.replay_protected,
            configuration: serde_json::to_string_pretty(&one.configuration).unwrap_or_default(),
        });
        let looked = view
            .looked
            .iter()
            .map(|one| Fits { profile: one.profile, parts: [one.header, one.companions, one.encoding, one.signature] });
        Self { back, found: found.collect(), looked: looked.collect() }
    }
}

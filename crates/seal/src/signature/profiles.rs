//! The profiles receivers are known to check.

use super::profile::Part::{Body, Id, Text, Timestamp};
use super::profile::{Companion, Encoding, Part, Profile};
use super::secret::KeyEncoding;

const DOT: Part<'static> = Text(".");
const NOTHING: &[Part<'static>] = &[];
const BODY: &[Part<'static>] = &[Body];
const TIMESTAMP_BODY: &[Part<'static>] = &[Timestamp, DOT, Body];
const ID_TIMESTAMP_BODY: &[Part<'static>] = &[Id, DOT, Timestamp, DOT, Body];

/// Standard Webhooks: v1 by HMAC, v1a by Ed25519, several for rotation. The default.
/// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>
pub const STANDARD: Profile<'static> = Profile {
    name: "standard",
    header: "webhook-signature",
    signed: ID_TIMESTAMP_BODY,
    preamble: NOTHING,
    prefix: "v1,",
    ed25519_prefix: Some("v1a,"),
    separator: Some(' '),
    encoding: Encoding::Base64,
    companions: &[("webhook-id", Companion::Id), ("webhook-timestamp", Companion::Timestamp)],
    key: KeyEncoding::Base64,
};

/// [`STANDARD`] under the names Svix's libraries look for.
pub const SVIX: Profile<'static> = Profile {
    name: "svix",
    header: "svix-signature",
    companions: &[("svix-id", Companion::Id), ("svix-timestamp", Companion::Timestamp)],
    ..STANDARD
};

/// Fyno: bare hexadecimal over the body. Can be replayed.
pub const FYNO: Profile<'static> =
    Profile { name: "fyno", encoding: Encoding::Hex, ..body_only("X-Fyno-Hmac-Signature", "") };

/// [`FYNO`] in base64, for receivers that decode it so: Fyno doesn't say which.
pub const FYNO_BASE64: Profile<'static> = Profile { name: "fyno-base64", encoding: Encoding::Base64, ..FYNO };

/// Fanfare, as its signature page has it.
pub const FANFARE: Profile<'static> = Profile {
    name: "fanfare",
    signed: TIMESTAMP_BODY,
    companions: FANFARE_TIMESTAMP,
    ..body_only("X-Fanfare-Signature", "sha256=")
};

/// Fanfare, as its troubleshooting page has it. Can be replayed.
pub const FANFARE_BARE: Profile<'static> =
    Profile { name: "fanfare-bare", companions: FANFARE_TIMESTAMP, ..body_only("X-Fanfare-Signature", "") };

/// Safravo: the key is the whole text of the secret, `whsec_` included. Can be replayed.
pub const SAFRAVO: Profile<'static> = Profile {
    name: "safravo",
    companions: &[("X-Safravo-Event", Companion::Event), ("X-Safravo-Delivery", Companion::Id)],
    ..body_only("X-Safravo-Signature", "sha256=")
};

/// Stripe's form, `t=…,v1=…[,v1=…]`.
pub const STRIPE_LIKE: Profile<'static> = Profile {
    name: "stripe-like",
    signed: TIMESTAMP_BODY,
    preamble: &[Text("t="), Timestamp, Text(",")],
    separator: Some(','),
    ..body_only("Stripe-Signature", "v1=")
};

/// GitHub's form. Can be replayed.
pub const GITHUB_LIKE: Profile<'static> =
    Profile { name: "github-like", ..body_only("X-Hub-Signature-256", "sha256=") };

/// All of the above, [`STANDARD`] first.
pub const ALL: [&Profile<'static>; 9] =
    [&STANDARD, &SVIX, &FYNO, &FYNO_BASE64, &FANFARE, &FANFARE_BARE, &SAFRAVO, &STRIPE_LIKE, &GITHUB_LIKE];

/// The known profile with this name.
pub fn by_name(name: &str) -> Option<&'static Profile<'static>> {
    ALL.into_iter().find(|profile| profile.name == name)
}

const FANFARE_TIMESTAMP: &[(&str, Companion)] = &[("X-Fanfare-Timestamp", Companion::Timestamp)];

/// One hexadecimal HMAC over the body.
const fn body_only(header: &'static str, prefix: &'static str) -> Profile<'static> {
    Profile {
        name: "",
        header,
        signed: BODY,
        preamble: NOTHING,
        prefix,
        ed25519_prefix: None,
        separator: None,
        encoding: Encoding::Hex,
        companions: &[],
        key: KeyEncoding::Text,
    }
}

//! Typed ids: one alphabetical, append-only list.
//!
//! An id is a UUIDv7 (RFC 9562 §5.7: 48 bits of Unix milliseconds, then random) and is shown as a TypeID: a prefix that names
//! its kind, an underscore, and 26 characters of lower-case Crockford base32. Ids sort by time and never contain personal data.

use crate::clock::Time;
use crate::ctx::World;
use crate::row::{Cell, Column};
use crate::value::{Param, Value};

/// The text is not an id of the wanted kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this kind")]
pub struct NotAnId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)+) => {
        /// An id of any kind, as a path names it: its prefix and its bytes.
        pub fn of_any_kind(text: &str) -> Option<(&'static str, [u8; 16])> {
            let (prefix, rest) = text.rsplit_once('_')?;
            let prefix = [$($prefix),+].into_iter().find(|known| *known == prefix)?;
            unbase32(rest).map(|bytes| (prefix, bytes))
        }

        $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// What the text form starts with, before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// A new id, ordered after all earlier ones of other milliseconds.
            pub fn new(world: &World) -> Self {
                Self(uuid_v7(world.clock.now(), &*world.rng))
            }

            /// The id with these bytes, as a database holds it.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The sixteen bytes a database holds.
            pub const fn bytes(self) -> [u8; 16] {
                self.0
            }

            /// When it was made.
            pub fn made_at(self) -> Time {
                let mut ms = [0; 8];
                ms[2..].copy_from_slice(&self.0[..6]);
                Time::from_unix_ms(i64::from_be_bytes(ms))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!($prefix, "_"))?;
                f.write_str(std::str::from_utf8(&base32(self.0)).map_err(|_| std::fmt::Error)?)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let rest = text.strip_prefix(concat!($prefix, "_")).ok_or(NotAnId)?;
                unbase32(rest).map(Self).ok_or(NotAnId)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl serde::de::Visitor<'_> for Visitor {
                    type Value = $name;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(concat!("an id that starts with ", $prefix, "_"))
                    }
                    fn visit_str<E: serde::de::Error>(self, v: &str) -> Result<$name, E> {
                        v.parse().map_err(|_| E::custom(concat!("not an id that starts with ", $prefix, "_")))
                    }
                }
                d.deserialize_str(Visitor)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "pattern": concat!("^", $prefix, "_[0-7][0-9a-hjkmnp-tv-z]{25}$"),
                })
            }
        }

        impl Param for $name {
            fn value(&self) -> Value<'_> {
                Value::Id(self.0)
            }
        }

        impl Column for $name {
            fn read(cell: Cell<'_>) -> Option<Self> {
                match cell {
                    Cell::Bytes(b) => b.try_into().ok().map(Self),
                    _ => None,
                }
            }
        }
    )+};
}

ids! {
    /// An API key.
    ApiKeyId = "key";
    /// What waits for others to agree.
    ApprovalId = "apr";
    /// One try to deliver one delivery.
    AttemptId = "att";
    /// A configured sender.
    ChannelId = "chn";
    /// A person the organisation writes to.
    ContactId = "con";
    /// One event on its way to one endpoint.
    DeliveryId = "dlv";
    /// A file of many rows that somebody asked for.
    DownloadId = "dow";
    /// Two contacts who may be one person.
    DuplicateId = "dup";
    /// An allowlisted URL.
    EndpointId = "ep";
    /// The erasure of a person.
    ErasureId = "era";
    /// An event definition: what the API fires by name.
    EventId = "evd";
    /// The hand-over of a secret's value to a person.
    HandOverId = "hov";
    /// A job in the outbox.
    JobId = "job";
    /// What is kept whatever a rule says.
    LegalHoldId = "hold";
    /// A member of an organisation's staff.
    MemberId = "mem";
    /// A message.
    MessageId = "msg";
    /// One occurrence reported to endpoints.
    NoticeId = "evt";
    /// An organisation.
    OrgId = "org";
    /// A member's passkey.
    PasskeyId = "psk";
    /// A link by which somebody outside sees the deliveries of an endpoint.
    PortalLinkId = "ptl";
    /// A purge of past payloads.
    PurgeId = "purge";
    /// A recovery code.
    RecoveryCodeId = "rcv";
    /// One request to the API.
    RequestId = "req";
    /// What a setting said after one change.
    RevisionId = "rev";
    /// A role that an organisation made.
    RoleId = "role";
    /// A way of sending over several channels.
    RouteId = "rte";
    /// A token of a directory that provisions members.
    ScimTokenId = "sct";
    /// A named credential.
    SecretId = "sec";
    /// A member's session.
    SessionId = "ses";
    /// A one-time link that signs a member in.
    SignInLinkId = "lnk";
    /// A slot of the key store.
    SlotId = "slot";
    /// A connection to a service that signs members in.
    SsoConnectionId = "sso";
    /// Support access that was granted.
    SupportGrantId = "sgr";
    /// A suppression of an address.
    SuppressionId = "sup";
    /// A team of members.
    TeamId = "team";
    /// A template.
    TemplateId = "tpl";
    /// A workflow.
    WorkflowId = "wf";
    /// One run of a workflow.
    WorkflowRunId = "run";
    /// What begins runs of a workflow.
    WorkflowTriggerId = "trg";
}

/// RFC 9562 §5.7: `unix_ts_ms (48) ‖ version 7 ‖ random (74) ‖ variant`.
fn uuid_v7(now: Time, rng: &dyn sealpost_seal::rng::Rng) -> [u8; 16] {
    let mut bytes = [0; 16];
    rng.fill(&mut bytes[6..]);
    bytes[..6].copy_from_slice(&now.unix_ms().to_be_bytes()[2..]);
    bytes[6] = 0x70 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    bytes
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// TypeID 0.3: 128 bits, left-padded with two zero bits, five at a time.
fn base32(bytes: [u8; 16]) -> [u8; 26] {
    let mut n = u128::from_be_bytes(bytes);
    let mut out = [0; 26];
    for slot in out.iter_mut().rev() {
        *slot = ALPHABET[(n & 31) as usize];
        n >>= 5;
    }
    out
}

fn unbase32(text: &str) -> Option<[u8; 16]> {
    if text.len() != 26 || text.as_bytes()[0] > b'7' {
        return None;
    }
    let mut n: u128 = 0;
    for b in text.bytes() {
        let digit = ALPHABET.iter().position(|a| *a == b)?;
        n = (n << 5) | digit as u128;
    }
    Some(n.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn an_id_survives_its_text_form(bytes: [u8; 16]) {
            let id = MessageId::from_bytes(bytes);
            assert_eq!(id.to_string().parse::<MessageId>(), Ok(id));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text: String) {
            let _ = text.parse::<MessageId>();
        }
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let id = MessageId::new(&World::real()).to_string();
        assert_eq!(id.parse::<ContactId>(), Err(NotAnId));
        assert_eq!(id.to_uppercase().parse::<MessageId>(), Err(NotAnId));
    }

    #[test]
    fn an_id_tells_when_it_was_made() {
        let world = World::real();
        let now = world.clock.now();
        assert!(MessageId::new(&world).made_at().since(now) < 1000);
    }
}

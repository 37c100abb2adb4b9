//! What a notice is.

use sealpost_store::{
    ApiKeyId, ApprovalId, ChannelId, ContactId, DeliveryId, EndpointId, EventId, HandOverId, MemberId, MessageId,
    NoticeId, OrgId, PasskeyId, SecretId, SessionId, SupportGrantId, SuppressionId, TemplateId, Time,
};
use serde_json::{Map, Value};

/// The name of a kind of notice, which endpoints hear it by: `api_key.expiring`. Part of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticeKind(&'static str);

impl NoticeKind {
    /// The kind of this name. Meant for constants: a name that no endpoint's filter could match doesn't compile there.
    ///
    /// # Panics
    /// Unless the name is `subject.what_happened`, 3 to 64 characters of `[a-z0-9_.]`.
    pub const fn new(name: &'static str) -> Self {
        let bytes = name.as_bytes();
        let (mut at, mut dots) = (0, 0);
        while at < bytes.len() {
            assert!(matches!(bytes[at], b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.'), "not in [a-z0-9_.]");
            if bytes[at] == b'.' {
                dots += 1;
            }
            at += 1;
        }
        assert!(bytes.len() >= 3 && bytes.len() <= 64 && dots == 1, "not `subject.what_happened`");
        Self(name)
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        self.0
    }
}

/// Something a notice may say: an id, a moment, a number, a word from the source. No text that came from outside becomes one,
/// so nothing personal does.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact(Value);

impl Fact {
    /// A keyed hash, as hexadecimal digits.
    pub fn hex<const N: usize>(hash: [u8; N]) -> Self {
        Self(Value::from(hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
    }
}

impl From<Time> for Fact {
    fn from(time: Time) -> Self {
        Self(Value::from(time.to_string()))
    }
}

impl From<&'static str> for Fact {
    fn from(word: &'static str) -> Self {
        Self(Value::from(word))
    }
}

/// Facts by way of what they are shown as.
macro_rules! facts {
    (ids: $($id:ty),+; numbers: $($number:ty),+;) => {
        $(impl From<$id> for Fact {
            fn from(id: $id) -> Self {
                Self(Value::from(id.to_string()))
            }
        })+
        $(impl From<$number> for Fact {
            fn from(number: $number) -> Self {
                Self(Value::from(number))
            }
        })+
    };
}

facts! {
    ids: ApiKeyId, ApprovalId, ChannelId, ContactId, DeliveryId, EndpointId, EventId, HandOverId, MemberId, MessageId, OrgId, PasskeyId, SecretId, SessionId,
        SupportGrantId, SuppressionId, TemplateId;
    numbers: bool, u16, u32, u64, i64;
}

/// Something to be told.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    pub(super) kind: NoticeKind,
    pub(super) data: Map<String, Value>,
}

impl Notice {
    /// A notice of this kind that says nothing more yet.
    pub fn of(kind: NoticeKind) -> Self {
        Self { kind, data: Map::new() }
    }

    /// The same, saying this as well.
    pub fn with(mut self, name: &'static str, fact: impl Into<Fact>) -> Self {
        self.data.insert(name.to_owned(), fact.into().0);
        self
    }
}

/// A notice that was raised and is not told yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Raised {
    /// The event's id: the same for every endpoint that hears of it.
    pub id: NoticeId,
    /// The name of its kind.
    pub kind: String,
    /// What it says: an object of facts.
    pub data: Value,
    /// When it was raised.
    pub at: Time,
}

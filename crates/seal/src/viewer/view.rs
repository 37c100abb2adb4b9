//! What a viewer gets.

use serde::ser::{Serialize, SerializeMap, Serializer};
use std::borrow::Cow;
use std::fmt;

/// What stands for a hidden value. Its width is fixed, so that no length leaks.
pub const MASK: &str = "xxxxx";

/// What stands for a hidden value; for callers that walk a structure themselves.
pub fn mask_display() -> &'static str {
    MASK
}

/// A value as one viewer sees it: the only form in which a personal value goes into an
/// answer, a page or a stream. [`View::Shown`] and [`View::Masked`] are made by a
/// [`Viewer`](super::Viewer) only.
pub enum View {
    /// The clear value; serialises as a plain string.
    #[non_exhaustive]
    Shown(String),
    /// A hidden or partly hidden value; serialises as
    /// `{"masked":true,"display":"xxxxx"}`.
    #[non_exhaustive]
    Masked {
        /// What to show in its place.
        display: Cow<'static, str>,
    },
    /// A value the organisation decided not to keep; the text names the rule that
    /// said so. Serialises as
    /// `{"masked":false,"stored":false,"display":"not stored by policy","rule":"…"}`.
    NotStored(&'static str),
}

const NOT_STORED: &str = "not stored by policy";

impl View {
    /// A wholly hidden value.
    pub fn masked() -> Self {
        Self::Masked { display: Cow::Borrowed(MASK) }
    }

    pub(super) fn shown(clear: String) -> Self {
        Self::Shown(clear)
    }

    pub(super) fn partly(display: String) -> Self {
        Self::Masked { display: Cow::Owned(display) }
    }

    /// The text to put on a page.
    pub fn display(&self) -> &str {
        match self {
            Self::Shown(clear) => clear,
            Self::Masked { display } => display,
            Self::NotStored(_) => NOT_STORED,
        }
    }

    /// Whether something is hidden from this viewer.
    pub fn is_masked(&self) -> bool {
        matches!(self, Self::Masked { .. })
    }
}

impl Serialize for View {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Shown(clear) => serializer.serialize_str(clear),
            Self::Masked { display } => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("masked", &true)?;
                map.serialize_entry("display", display)?;
                map.end()
            }
            Self::NotStored(rule) => {
                let mut map = serializer.serialize_map(Some(4))?;
                map.serialize_entry("masked", &false)?;
                map.serialize_entry("stored", &false)?;
                map.serialize_entry("display", NOT_STORED)?;
                map.serialize_entry("rule", rule)?;
                map.end()
            }
        }
    }
}

/// Never prints a clear value: a view may stand in a logged structure.
impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shown(_) => f.write_str("Shown(xxxxx)"),
            Self::Masked { display } => write!(f, "Masked({display})"),
            Self::NotStored(rule) => write!(f, "NotStored({rule})"),
        }
    }
}

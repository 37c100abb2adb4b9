//! Who is looking, and what they get to see.
//!
//! A [`Viewer`] is made from the organisation's masking mode, the role's mask profile
//! and, for a reveal, the ledger leaf that recorded it. It turns a
//! [`Personal`](crate::sensitive::Personal) value into a [`View`], the only form an
//! answer can hold. A masked viewer never receives the clear value, so no template,
//! stream, export or error text can leak it.
//!
//! ```
//! use sealpost_seal::viewer::{Field, MaskProfile, Viewer};
//! use sealpost_seal::Personal;
//!
//! let phone = Personal::new("+4791234567".to_owned());
//! let agent = Viewer::with_profile(MaskProfile::Last4);
//! assert_eq!(agent.text(&phone, Field::Phone).display(), "•••••4567");
//! assert_eq!(Viewer::masked().text(&phone, Field::Phone).display(), "xxxxx");
//! ```

mod digits;
mod view;
mod watch;

pub use view::{MASK, View, mask_display};
pub use watch::Watch;

use crate::sensitive::{Personal, Purpose};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// What kind of value a field holds; decides how it is masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// A phone number.
    Phone,
    /// An e-mail address.
    Email,
    /// A person's name.
    Name,
    /// Content: a payload value, a message's text, a file name, a provider's error text.
    Payload,
    /// Any other personal value.
    Other,
}

/// How much of a phone number a role sees, wherever one appears. Named `full`, `last4`,
/// `first3_last4` and `none` in settings and on the wire. In the order of how much is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaskProfile {
    /// Nothing.
    #[default]
    Full,
    /// The last four digits.
    Last4,
    /// The first three digits and the last four.
    First3Last4,
    /// Everything. While the organisation masks ([`MaskMode::All`]), no more than
    /// [`MaskProfile::First3Last4`].
    None,
}

/// What the organisation masks for everybody.
#[derive(Clone, Default)]
pub enum MaskMode {
    /// All payload values and destinations.
    #[default]
    All,
    /// The parts of payload values that match the organisation's rules; destinations, and what is known about a person, as in
    /// [`MaskMode::All`].
    Patterns(Arc<dyn Patterns>),
    /// Nothing; the role's profile still applies to phone numbers.
    Off,
}

/// The organisation's masking rules, compiled. Implemented where the expressions live.
pub trait Patterns: Send + Sync {
    /// The byte ranges of `text` to hide, ascending and without overlap, on character
    /// boundaries.
    fn hidden_in(&self, text: &str) -> Vec<Range<usize>>;
}

/// Proof that a look at clear data is already in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevealGrant {
    leaf: [u8; 16],
}

impl RevealGrant {
    /// The grant that follows from a **committed** leaf. Call it after the commit and
    /// nowhere else: the leaf comes before the first clear byte.
    pub fn after_leaf(leaf: [u8; 16]) -> Self {
        Self { leaf }
    }

    /// The id of the leaf that recorded the look.
    pub fn leaf(&self) -> [u8; 16] {
        self.leaf
    }
}

/// Who is looking, with what rights.
#[derive(Clone)]
pub struct Viewer {
    sight: Sight,
    /// What notices what this viewer is shown, and what is kept from it.
    watch: Option<Arc<Watch>>,
}

#[derive(Clone)]
enum Sight {
    Masked { profile: MaskProfile, mode: MaskMode },
    Clear(RevealGrant),
}

impl Viewer {
    /// Sees no personal value at all. The default for whoever isn't known better.
    pub fn masked() -> Self {
        Self::with_profile(MaskProfile::Full)
    }

    /// A role's view in an organisation that masks everything, as all do at first.
    pub fn with_profile(profile: MaskProfile) -> Self {
        Self::new(profile, MaskMode::All)
    }

    /// A role's view under the organisation's masking mode.
    pub fn new(profile: MaskProfile, mode: MaskMode) -> Self {
        Self { sight: Sight::Masked { profile, mode }, watch: None }
    }

    /// Sees clear values, because the look is in the ledger.
    pub fn clear(reason: RevealGrant) -> Self {
        Self { sight: Sight::Clear(reason), watch: None }
    }

    /// The same, watched from now on.
    pub fn watched(&self, watch: &Arc<Watch>) -> Self {
        Self { sight: self.sight.clone(), watch: Some(watch.clone()) }
    }

    /// Sees no personal value at all, watched as this one is.
    pub fn blinded(&self) -> Self {
        Self { watch: self.watch.clone(), ..Self::masked() }
    }

    /// Sees clear values, because the look is in the ledger, watched as this one is.
    pub fn lifted(&self, reason: RevealGrant) -> Self {
        Self { watch: self.watch.clone(), ..Self::clear(reason) }
    }

    /// What notices what this viewer is shown.
    pub fn watch(&self) -> Option<&Arc<Watch>> {
        self.watch.as_ref()
    }

    /// Takes note that a value was opened on behalf of this viewer, whether or not it will be shown. Whoever opens one says so, so
    /// that a way around [`text`](Self::text) is noticed where the answer leaves.
    pub fn opened(&self, value: &Personal<String>, field: Field) {
        if let (Some(watch), Sight::Masked { profile, mode }) = (&self.watch, &self.sight)
            && !matches!((profile, mode), (MaskProfile::None, MaskMode::Off))
        {
            watch.hides(value.expose(Purpose::Guard), field);
        }
    }

    /// The grant by which this viewer sees clear values, if it does.
    pub fn grant(&self) -> Option<RevealGrant> {
        match self.sight {
            Sight::Clear(grant) => Some(grant),
            Sight::Masked { .. } => None,
        }
    }

    /// Whether this viewer may search by the last four digits: only who sees them.
    pub fn sees_last4(&self) -> bool {
        match &self.sight {
            Sight::Clear(_) => true,
            Sight::Masked { profile, .. } => *profile != MaskProfile::Full,
        }
    }

    /// What this viewer sees of a value.
    pub fn text(&self, value: &Personal<String>, field: Field) -> View {
        let clear = value.expose(Purpose::Reveal);
        let view = match &self.sight {
            Sight::Clear(_) => View::shown(clear.clone()),
            Sight::Masked { profile, mode } => masked(clear, field, *profile, mode),
        };
        if let Some(watch) = &self.watch {
            if view.is_masked() {
                watch.hides(clear, field);
            }
            watch.shows(view.display());
        }
        view
    }
}

/// Says how much is seen, for logs.
impl fmt::Debug for Viewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.sight {
            Sight::Clear(grant) => write!(f, "Viewer({grant:?})"),
            Sight::Masked { profile, mode } => write!(f, "Viewer({profile:?}, {mode:?})"),
        }
    }
}

impl fmt::Debug for MaskMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::All => "All",
            Self::Patterns(_) => "Patterns",
            Self::Off => "Off",
        })
    }
}

fn masked(clear: &str, field: Field, profile: MaskProfile, mode: &MaskMode) -> View {
    use Field::{Payload, Phone};
    match (mode, field) {
        (MaskMode::All | MaskMode::Patterns(_), Phone) => digits::phone(clear, profile.at_most_partial()),
        (MaskMode::Patterns(rules), Payload) => digits::text(clear, &rules.hidden_in(clear), profile),
        (MaskMode::All | MaskMode::Patterns(_), _) => View::masked(),
        (MaskMode::Off, Phone) => digits::phone(clear, profile),
        (MaskMode::Off, _) => digits::text(clear, &[], profile),
    }
}

impl MaskProfile {
    /// The profile's name in settings: `full`, `last4`, `first3_last4`, `none`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Last4 => "last4",
            Self::First3Last4 => "first3_last4",
            Self::None => "none",
        }
    }

    /// The profile with this name in settings.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Full, Self::Last4, Self::First3Last4, Self::None].into_iter().find(|profile| profile.as_str() == name)
    }

    fn at_most_partial(self) -> Self {
        match self {
            Self::None => Self::First3Last4,
            other => other,
        }
    }
}

#[cfg(test)]
mod tests;

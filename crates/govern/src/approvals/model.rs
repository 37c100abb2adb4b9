//! What a request is, and what takes one.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use sealpost_access::passkeys::{Signature, What};
use sealpost_access::roles::{RoleRef, Standard};
use sealpost_seal::key::sha256;
use sealpost_store::{ApprovalId, Environment, MemberId, Time};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::digest::Digest;
use super::rules::{Pinned, Request};

/// Everything that may take an approval: its name here, its name in the API (added, never renamed), what people call it. A module is one line,
/// and nothing else has to be told of it but whoever registers its [`Approvable`](super::Approvable).
macro_rules! modules {
    ($with:ident) => {
        $with! {
            /// What takes an approval, itself.
            ApprovalPolicy approval_policy "What takes an approval";
            /// Through whom mail goes: a new channel, or one that leads elsewhere or protects less.
            Channel channel "Weaker or new channel";
            /// An export of everything that is held about a person.
            ContactExport contact_export "Export of a person’s data";
            /// A file of many rows.
            Download download "A file of many rows";
            /// Where a new endpoint is, or one that protects less than before.
            Endpoint endpoint "Weaker or new endpoint";
            /// What an event is in live.
            Event event "Event in live";
            /// Masking that shows more than before.
            Masking masking "Weaker masking";
            /// Another role for a member, that may more than theirs.
            Member member "A member who may more";
            /// Lists of networks that let in whom those before didn't.
            Network network "Networks that let more in";
            /// A role whose members may or see more than before.
            Role role "A role that says more";
            /// Which ways messages go in live.
            Route route "Route in live";
            /// Payloads that are stored where they were not, or for longer.
            Storage storage "More stored, or for longer";
            /// Somebody is let in to help: takes an approval, whatever the policy says.
            Support support "Support access";
            /// What a template says in live.
            Template template "Template in live";
            /// What is done step by step in live.
            Workflow workflow "Workflow in live";
        }
    };
}
pub(super) use modules;

macro_rules! define {
    ($($(#[$doc:meta])* $name:ident $word:ident $title:literal;)+) => {
        /// What may take an approval.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        #[schemars(rename = "ApprovalModule")]
        pub enum Module {
            $($(#[$doc])* $name,)+
        }

        impl Module {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its name in the API.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($word),)+
                }
            }

            /// What people call it.
            pub const fn title(self) -> &'static str {
                match self {
                    $(Self::$name => $title,)+
                }
            }
        }
    };
}
modules!(define);

impl Module {
    /// Whether only a signed-in member changes it, whoever asked: keys and programs may ask, and put nothing of it into force.
    pub(super) const fn is_for_members(self) -> bool {
        matches!(self, Self::ApprovalPolicy | Self::Member | Self::Network | Self::Role | Self::Storage)
    }

    pub(crate) fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.word() == word)
    }
}

/// When something goes live that was approved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ApprovalGoesLive")]
pub enum GoesLive {
    /// With the last vote it needs.
    #[default]
    OnApproval,
    /// When somebody puts it into force.
    Manual,
}

/// How many have to agree: 1 to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Needed(u8);

impl JsonSchema for Needed {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ApprovalsNeeded".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": 1, "maximum": 5 })
    }
}

/// Nobody, or too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("out_of_range")]
pub struct OutOfRange;

impl TryFrom<u8> for Needed {
    type Error = OutOfRange;
    fn try_from(count: u8) -> Result<Self, OutOfRange> {
        if (1..=5).contains(&count) { Ok(Self(count)) } else { Err(OutOfRange) }
    }
}

impl From<Needed> for u8 {
    fn from(needed: Needed) -> Self {
        needed.0
    }
}

impl Needed {
    /// One other.
    pub const ONE: Self = Self(1);

    /// As a number.
    pub const fn count(self) -> usize {
        self.0 as usize
    }
}

/// A role whose members may agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApproverRole(pub RoleRef);

impl Serialize for ApproverRole {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ApproverRole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|_| serde::de::Error::custom("not_a_role"))
    }
}

impl JsonSchema for ApproverRole {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ApproverRole".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "examples": [Standard::Owner.word()] })
    }
}

/// What something takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ApprovalRule")]
pub struct Rule {
    /// How many others have to agree, 1 to 5.
    pub approvals: Needed,
    /// Of which roles, by their words or ids; of any that may vote, if neither roles nor members are named.
    #[serde(default)]
    pub roles: Vec<ApproverRole>,
    /// Or these, by name, as long as they may vote.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<MemberId>,
    /// When it goes live: with the last vote, unless somebody says otherwise.
    #[serde(default)]
    pub goes_live: GoesLive,
    /// Whether every vote has to be signed by a passkey.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub signed: bool,
}

/// What takes an approval; whatever isn't named takes none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ApprovalRules")]
pub struct Policy {
    /// By the name of the module.
    #[serde(default)]
    pub modules: BTreeMap<Module, Rule>,
}

impl Policy {
    /// What this takes, if it takes anything. Support access always takes an approval, and of files their own rules say whether they do: then
    /// one of anybody who may vote is enough, unless more is said here.
    pub fn rule(&self, module: Module) -> Option<Rule> {
        let unsaid = || matches!(module, Module::Download | Module::Support).then(Rule::one_of_anybody);
        self.modules.get(&module).cloned().or_else(unsaid)
    }
}

impl Rule {
    const fn one_of_anybody() -> Self {
        Self {
            approvals: Needed::ONE,
            roles: Vec::new(),
            members: Vec::new(),
            goes_live: GoesLive::OnApproval,
            signed: false,
        }
    }
}

/// The policy in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// What it says.
    pub policy: Policy,
    /// How often it was changed.
    pub version: u32,
    /// Since when; never, if nobody has decided anything.
    pub since: Option<Time>,
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ApprovalState")]
pub enum State {
    /// It waits for others.
    Pending,
    /// Enough have agreed: it can go live.
    Approved,
    /// Somebody said no.
    Rejected,
    /// Whoever asked took it back.
    Cancelled,
    /// Nobody decided in time.
    Expired,
    /// It is in force, or was done.
    Live,
    /// What it was asked about has changed meanwhile.
    Conflict,
}

impl State {
    const ALL: [Self; 7] =
        [Self::Pending, Self::Approved, Self::Rejected, Self::Cancelled, Self::Expired, Self::Live, Self::Conflict];

    /// Its word, as it is stored and sent.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Live => "live",
            Self::Conflict => "conflict",
        }
    }

    pub(super) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// Whether something can still become of it by itself.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Approved)
    }
}

/// What somebody said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ApprovalVoteWord")]
pub(super) enum Says {
    /// Yes.
    Approve,
    /// No.
    Reject,
    /// It can't wait for others.
    Emergency,
    /// What was done in an emergency was looked at.
    FollowUp,
}

impl Says {
    const ALL: [Self; 4] = [Self::Approve, Self::Reject, Self::Emergency, Self::FollowUp];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Emergency => "emergency",
            Self::FollowUp => "follow_up",
        }
    }

    pub(super) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// What a passkey signs of this word about a request that pins this digest. All parts have a length of their own or one that is fixed.
    pub(super) fn signed(self, id: ApprovalId, digest: Digest) -> What {
        let word = self.word().as_bytes();
        sha256(&[b"sealpost vote v1\n", &(word.len() as u64).to_be_bytes(), word, &id.bytes(), &digest.0])
    }
}

/// What somebody said about which digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Vote {
    pub(super) voter: MemberId,
    pub(super) says: Says,
    pub(super) digest: Digest,
}

/// Why somebody's vote on a request never counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ApprovalTie")]
pub enum Tie {
    /// They wrote what would go live, or a part of it.
    Author,
    /// They would have what is asked for.
    Beneficiary,
}

/// Somebody whose vote on a request never counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ApprovalTied")]
pub struct Tied {
    /// Who.
    pub member: MemberId,
    /// Why.
    pub tie: Tie,
}

impl Tied {
    /// Whoever wrote what would go live.
    pub fn author(member: MemberId) -> Self {
        Self { member, tie: Tie::Author }
    }

    /// Whoever would have what is asked for.
    pub fn beneficiary(member: MemberId) -> Self {
        Self { member, tie: Tie::Beneficiary }
    }
}

/// Something that changes: what it is called, what it is, what it would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ApprovalLine")]
pub struct Line {
    /// What.
    pub what: String,
    /// What it is; nothing, if it isn't there.
    pub before: Option<String>,
    /// What it would be; nothing, if it would go.
    pub after: Option<String>,
}

impl Line {
    /// From this to that.
    pub fn new(what: impl Into<String>, before: impl Into<Option<String>>, after: impl Into<Option<String>>) -> Self {
        Self { what: what.into(), before: before.into(), after: after.into() }
    }

    /// Whether nothing changes here.
    pub fn is_same(&self) -> bool {
        self.before == self.after
    }
}

/// What is sealed of a request. Its exact bytes are what a digest pins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    /// 128 bits of chance, so that nobody finds out by trying what a digest is of.
    pub(super) salt: String,
    /// What shall be, as its module reads it.
    pub(super) wanted: Value,
    /// The same for people.
    pub(super) lines: Vec<Line>,
    /// Why.
    pub(super) reason: Option<String>,
    /// Who never votes on it, as it was when it was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) tied: Vec<Tied>,
}

/// Where a request belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// To the organisation itself.
    Both,
    /// To one environment.
    In(Environment),
}

impl Scope {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::In(environment) => environment.as_str(),
        }
    }
}

/// A request.
#[derive(Clone, Debug)]
pub struct Approval {
    /// Its id.
    pub id: ApprovalId,
    /// What of.
    pub module: Module,
    pub(super) scope: Scope,
    /// On what object, if it is about one.
    pub(super) target: Option<[u8; 16]>,
    pub(super) request: Request,
    pub(super) asked_at: Time,
    /// Whether it went live in an emergency.
    pub(super) emergency: bool,
    pub(super) followed_up_at: Option<Time>,
    pub(super) content: Content,
    /// What was said, with comments, first to last.
    pub(super) said: Vec<Said>,
}

/// A vote with its comment, and what a passkey has signed of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) vote: Vote,
    pub(super) comment: Option<String>,
    pub(super) signature: Option<Signature>,
    pub(super) at: Time,
}

impl Approval {
    /// Who asked.
    pub const fn asker(&self) -> MemberId {
        self.request.asker
    }

    /// What is voted on.
    pub const fn digest(&self) -> Digest {
        self.request.pinned.digest
    }

    /// Where it stands.
    pub fn state(&self, now: Time) -> State {
        self.request.state_at(now)
    }

    /// Until when it waits.
    pub const fn expires_at(&self) -> Time {
        self.request.expires_at
    }

    /// What shall be, as its module reads it.
    pub const fn wants(&self) -> &Value {
        &self.content.wanted
    }

    /// Whether somebody else than whoever asked has agreed with what is pinned.
    #[cfg(test)]
    pub(crate) fn has_agreed_other(&self) -> bool {
        let agrees =
            |vote: &Vote| vote.says == Says::Approve && vote.digest == self.digest() && vote.voter != self.asker();
        self.request.votes.iter().any(agrees)
    }

    /// Whether these words, in lower case, stand anywhere in it: in an id, the digest, what would change, why, or what was said.
    pub(super) fn says(&self, words: &str) -> bool {
        let has = |text: &str| text.to_lowercase().contains(words);
        let line =
            |line: &Line| has(&line.what) || [&line.before, &line.after].into_iter().flatten().any(|side| has(side));
        has(&self.id.to_string())
            || has(&self.digest().to_string())
            || has(&self.asker().to_string())
            || has(self.module.title())
            || self.content.lines.iter().any(line)
            || self.content.reason.as_deref().is_some_and(has)
            || self.said.iter().filter_map(|said| said.comment.as_deref()).any(has)
    }

    /// Whether this vote could be one of those it waits for: it is neither asked for by them nor tied to them.
    pub(super) fn waits_for(&self, member: MemberId) -> bool {
        self.asker() != member && self.request.tied.iter().all(|tied| tied.member != member)
    }

    pub(super) const fn pinned(&self) -> Pinned {
        self.request.pinned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back() {
        assert!(State::ALL.into_iter().all(|state| State::of(state.word()) == Some(state)));
        assert!(Says::ALL.into_iter().all(|says| Says::of(says.word()) == Some(says)));
        let read = |word: &str| serde_json::from_value::<Module>(Value::from(word)).ok();
        let survives =
            |module: &Module| Module::of(module.word()) == Some(*module) && read(module.word()) == Some(*module);
        assert!(Module::ALL.iter().all(survives));
    }

    #[test]
    fn a_rule_is_about_one_to_five_and_modules_there_are() {
        let read = |text| serde_json::from_str::<Policy>(text);
        assert!(read(r#"{"modules":{"masking":{"approvals":1}}}"#).is_ok());
        for bad in [
            r#"{"modules":{"masking":{"approvals":0}}}"#,
            r#"{"modules":{"masking":{"approvals":6}}}"#,
            r#"{"modules":{"weather":{"approvals":1}}}"#,
            r#"{"modules":{"masking":{"approvals":1,"roles":["Owner"]}}}"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}

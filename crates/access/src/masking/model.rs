//! What a policy says.

use std::borrow::Cow;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use sealpost_store::Environment;
use serde::{Deserialize, Serialize};

use crate::organisations::is_name;

/// What an organisation hides, and how often somebody may look behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// What is hidden.
    pub masking: Masking,
    /// What is hidden in the test environment, if that is more.
    pub test: Option<Masking>,
    /// How many looks a caller has in a day.
    pub reveals: DailyReveals,
}

impl Policy {
    /// What is hidden in this environment.
    pub fn in_force(&self, environment: Environment) -> &Masking {
        match (environment, &self.test) {
            (Environment::Test, Some(test)) => test,
            _ => &self.masking,
        }
    }

    /// Whether the test environment shows anybody anything that live hides.
    pub fn is_looser_in_test(&self) -> bool {
        self.test.as_ref().is_some_and(|test| !test.hides_at_least(&self.masking))
    }
}

/// What is hidden from whoever reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Masking {
    /// Every payload value, every destination, everything known about a person.
    #[default]
    Default,
    /// Of payload values what the rules match; destinations and what is known about a person as by default.
    Patterns(Arc<Rules>),
    /// Nothing, from those who may reveal. Everybody else sees what they see by default.
    Off,
}

impl Masking {
    /// The mode's name in the API, the database and the ledger.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Patterns(_) => "patterns",
            Self::Off => "off",
        }
    }

    /// Whether this hides whatever `other` hides, as far as that can be told without knowing the data: a set of rules hides at least
    /// what another does if it has all of its rules.
    pub fn hides_at_least(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Default, _) | (Self::Off, Self::Off) => true,
            (Self::Patterns(rules), Self::Patterns(before)) => before.are_among(rules),
            // Whoever may not reveal sees more under rules than under `off`, and whoever may sees less.
            (Self::Patterns(_), Self::Default | Self::Off) | (Self::Off, _) => false,
        }
    }
}

/// How many looks at clear data one caller has in a day (UTC): 0 to 10,000; 200 unless decided otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct DailyReveals(u32);

/// More than anybody looks at one by one.
const MOST_REVEALS: u32 = 10_000;

impl DailyReveals {
    /// The number, if it is in range.
    pub fn new(count: u32) -> Result<Self, BadRule> {
        if count <= MOST_REVEALS { Ok(Self(count)) } else { Err(BadRule::OutOfRange) }
    }

    /// The number.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Default for DailyReveals {
    fn default() -> Self {
        Self(200)
    }
}

impl TryFrom<u32> for DailyReveals {
    type Error = BadRule;

    fn try_from(count: u32) -> Result<Self, BadRule> {
        Self::new(count)
    }
}

impl From<DailyReveals> for u32 {
    fn from(reveals: DailyReveals) -> Self {
        reveals.0
    }
}

impl JsonSchema for DailyReveals {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "DailyReveals".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 0, "maximum": MOST_REVEALS })
    }
}

/// The most rules a policy has. Each is tried on every text that is shown.
const MOST_RULES: usize = 32;

/// One to 32 rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Rule>", into = "Vec<Rule>")]
pub struct Rules(Vec<Rule>);

impl Rules {
    /// The rules, in the order they were given.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.0.iter()
    }

    /// Whether everything these rules hide would be hidden by `other`, too, as far as that can be told: it has all of them.
    pub fn are_among(&self, other: &Self) -> bool {
        self.0.iter().all(|rule| other.0.iter().any(|kept| kept.pattern == rule.pattern))
    }
}

impl TryFrom<Vec<Rule>> for Rules {
    type Error = BadRule;

    fn try_from(rules: Vec<Rule>) -> Result<Self, BadRule> {
        if (1..=MOST_RULES).contains(&rules.len()) { Ok(Self(rules)) } else { Err(BadRule::Count) }
    }
}

impl From<Rules> for Vec<Rule> {
    fn from(rules: Rules) -> Self {
        rules.0
    }
}

impl JsonSchema for Rules {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "MaskingRules".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let rule = generator.subschema_for::<Rule>();
        json_schema!({ "type": "array", "items": rule, "minItems": 1, "maxItems": MOST_RULES })
    }
}

/// One thing to hide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MaskingRule")]
pub struct Rule {
    /// What people call it.
    pub name: RuleName,
    /// What it hides.
    pub pattern: Pattern,
}

/// What people call a rule: 1 to 64 characters, no control characters, no space at either end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RuleName(String);

const NAME_CHARACTERS: usize = 64;

impl RuleName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RuleName {
    type Error = BadRule;

    fn try_from(text: String) -> Result<Self, BadRule> {
        if is_name(&text, NAME_CHARACTERS) { Ok(Self(text)) } else { Err(BadRule::Name) }
    }
}

impl From<RuleName> for String {
    fn from(name: RuleName) -> Self {
        name.0
    }
}

impl JsonSchema for RuleName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "MaskingRuleName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": NAME_CHARACTERS })
    }
}

/// A regular expression of the RE2 class: no look-around, no back-references, matched in time linear in the text.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern(Regex);

const PATTERN_BYTES: usize = 512;
/// What a pattern may take once compiled: enough for `\w{1,8}` over all of Unicode, not for `\w{1,1000}`.
const COMPILED_BYTES: usize = 256 * 1024;
/// What the lazily built automaton of a pattern may take while it runs.
const AUTOMATON_BYTES: usize = 1024 * 1024;
/// How deep groups and repetitions may nest.
const NESTING: u32 = 32;

impl Pattern {
    pub(super) fn regex(&self) -> &Regex {
        &self.0
    }

    /// The expression, as it was written.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl TryFrom<String> for Pattern {
    type Error = BadRule;

    fn try_from(text: String) -> Result<Self, BadRule> {
        if !(1..=PATTERN_BYTES).contains(&text.len()) {
            return Err(BadRule::Length);
        }
        let mut builder = RegexBuilder::new(&text);
        builder.size_limit(COMPILED_BYTES).dfa_size_limit(AUTOMATON_BYTES).nest_limit(NESTING);
        let regex = builder.build().map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => BadRule::TooComplex,
            _ => BadRule::Syntax,
        })?;
        // It would seem to work, and hide nothing.
        if regex.is_match("") { Err(BadRule::MatchesEmpty) } else { Ok(Self(regex)) }
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.0.as_str().to_owned()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Pattern {}

/// Says nothing of the expression: it may name somebody.
impl std::fmt::Debug for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pattern(…)")
    }
}

impl JsonSchema for Pattern {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "MaskingPattern".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": PATTERN_BYTES })
    }
}

/// Why something is no policy. The text is the code a client gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRule {
    /// No rule, or more than 32.
    #[error("rules_count")]
    Count,
    /// The name is empty, too long, or has characters that don't belong there.
    #[error("name_invalid")]
    Name,
    /// The pattern is empty or longer than 512 bytes.
    #[error("pattern_length")]
    Length,
    /// It is no expression of this syntax.
    #[error("pattern_invalid")]
    Syntax,
    /// Compiled, it would be too large.
    #[error("pattern_too_complex")]
    TooComplex,
    /// It matches where there is nothing, and so hides nothing.
    #[error("pattern_matches_empty")]
    MatchesEmpty,
    /// The number is too large.
    #[error("out_of_range")]
    OutOfRange,
}

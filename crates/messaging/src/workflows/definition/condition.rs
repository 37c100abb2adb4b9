//! What conditions ask. Answering takes time linear in what is looked at: no recursion but the definition's own, which is bounded, and
//! expressions of a class without backtracking.

use regex::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Path;

/// The deepest that conditions stand in each other.
const DEEPEST: usize = 4;
/// The most questions of one condition.
const MOST: usize = 20;
/// The longest expression, and the most memory it may take compiled.
const LONGEST: usize = 256;
const COMPILED: usize = 64 * 1024;
/// The most of a text that is looked at.
const LOOKED_AT: usize = 64 * 1024;

/// A question about what is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "WorkflowCondition")]
pub enum Condition {
    /// About one field.
    Field(Asked),
    /// About answers to other questions.
    Several(Several),
}

/// A question about one field: exactly one beside `field`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WorkflowQuestion")]
pub struct Asked {
    /// Where.
    pub field: Path,
    /// Whether it is this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<Value>,
    /// Whether it is one of these.
    #[serde(rename = "in", default, skip_serializing_if = "Option::is_none")]
    pub one_of: Option<Vec<Value>>,
    /// Whether it is there, or isn't.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
    /// Whether it is a number above this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub greater: Option<f64>,
    /// Whether it is a text in which this regular expression (RE2 class) matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub matches: Option<String>,
}

/// Of several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "WorkflowQuestions")]
pub enum Several {
    /// Whether all are so.
    All(Vec<Condition>),
    /// Whether any is.
    Any(Vec<Condition>),
    /// Whether it isn't so.
    Not(Box<Condition>),
}

impl Condition {
    /// Whether it is so. What is not there, or of another kind, is not so.
    pub(crate) fn holds(&self, known: &Value) -> bool {
        match self {
            Self::Field(asked) => asked.holds(known),
            Self::Several(Several::All(all)) => all.iter().all(|one| one.holds(known)),
            Self::Several(Several::Any(any)) => any.iter().any(|one| one.holds(known)),
            Self::Several(Several::Not(one)) => !one.holds(known),
        }
    }

    /// The fields it looks at.
    pub(super) fn fields(&self) -> Vec<&Path> {
        match self {
            Self::Field(asked) => vec![&asked.field],
            Self::Several(Several::All(some) | Several::Any(some)) => some.iter().flat_map(Self::fields).collect(),
            Self::Several(Several::Not(one)) => one.fields(),
        }
    }

    /// What is wrong with it, as a code.
    pub(super) fn wrong(&self) -> Option<&'static str> {
        let mut questions = 0;
        self.wrong_at(1, &mut questions)
    }

    fn wrong_at(&self, depth: usize, questions: &mut usize) -> Option<&'static str> {
        if depth > DEEPEST {
            return Some("too_deep");
        }
        match self {
            Self::Field(asked) => {
                *questions += 1;
                if *questions > MOST { Some("too_many_questions") } else { asked.wrong() }
            }
            Self::Several(Several::All(some) | Several::Any(some)) if some.is_empty() => Some("nothing_asked"),
            Self::Several(Several::All(some) | Several::Any(some)) => {
                some.iter().find_map(|one| one.wrong_at(depth + 1, questions))
            }
            Self::Several(Several::Not(one)) => one.wrong_at(depth + 1, questions),
        }
    }
}

impl Asked {
    fn holds(&self, known: &Value) -> bool {
        let found = self.field.find(known);
        if let Some(exists) = self.exists {
            return found.is_some_and(|value| !value.is_null()) == exists;
        }
        let Some(found) = found else { return false };
        if let Some(wanted) = &self.equals {
            return same(found, wanted);
        }
        if let Some(wanted) = &self.one_of {
            return wanted.iter().any(|wanted| same(found, wanted));
        }
        if let Some(least) = self.greater {
            return found.as_f64().is_some_and(|number| number > least);
        }
        match (&self.matches, found) {
            (Some(expression), Value::String(text)) => {
                text.len() <= LOOKED_AT && compiled(expression).is_some_and(|expression| expression.is_match(text))
            }
            _ => false,
        }
    }

    fn wrong(&self) -> Option<&'static str> {
        let asked = [
            self.equals.is_some(),
            self.one_of.is_some(),
            self.exists.is_some(),
            self.greater.is_some(),
            self.matches.is_some(),
        ];
        if asked.into_iter().filter(|asked| *asked).count() != 1 {
            return Some("one_question_each");
        }
        match &self.matches {
            Some(expression) if compiled(expression).is_none() => Some("expression_invalid"),
            _ => None,
        }
    }
}

/// Numbers are the same whether they are written `1` or `1.0`.
fn same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

fn compiled(expression: &str) -> Option<Regex> {
    let fits = expression.len() <= LONGEST;
    fits.then(|| RegexBuilder::new(expression).size_limit(COMPILED).dfa_size_limit(COMPILED).build().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn condition(value: Value) -> Condition {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn every_question_is_answered_and_what_is_missing_is_never_so() {
        let known = json!({ "data": { "plan": "gold", "age": 41, "none": null, "list": [1] } });
        for (asked, holds) in [
            (json!({ "field": "/data/plan", "equals": "gold" }), true),
            (json!({ "field": "/data/plan", "equals": "Gold" }), false),
            (json!({ "field": "/data/age", "equals": 41.0 }), true),
            (json!({ "field": "/data/age", "in": [40, 41] }), true),
            (json!({ "field": "/data/plan", "in": [] }), false),
            (json!({ "field": "/data/none", "exists": false }), true),
            (json!({ "field": "/data/gone", "exists": true }), false),
            (json!({ "field": "/data/age", "greater": 40.5 }), true),
            (json!({ "field": "/data/plan", "greater": 0 }), false),
            (json!({ "field": "/data/plan", "matches": "^g.ld$" }), true),
            (json!({ "field": "/data/age", "matches": "41" }), false),
            (json!({ "not": { "field": "/data/gone", "equals": 1 } }), true),
            (
                json!({ "all": [{ "field": "/data/list/0", "equals": 1 }, { "field": "/data/age", "exists": true }] }),
                true,
            ),
            (
                json!({ "any": [{ "field": "/data/gone", "exists": true }, { "field": "/data/age", "greater": 99 }] }),
                false,
            ),
        ] {
            let condition = condition(asked.clone());
            assert_eq!((condition.wrong(), condition.holds(&known)), (None, holds), "{asked}");
        }
    }

    #[test]
    fn what_asks_nothing_or_too_much_is_wrong() {
        let field = json!({ "field": "/data/a", "exists": true });
        let deep = (0..DEEPEST).fold(field.clone(), |inner, _| json!({ "not": inner }));
        for (asked, wrong) in [
            (json!({ "field": "/data/a" }), "one_question_each"),
            (json!({ "field": "/data/a", "equals": null }), "one_question_each"),
            (json!({ "field": "/data/a", "exists": true, "equals": 1 }), "one_question_each"),
            (json!({ "field": "/data/a", "matches": "(" }), "expression_invalid"),
            (json!({ "field": "/data/a", "matches": "(a)\\1" }), "expression_invalid"),
            (json!({ "field": "/data/a", "matches": "((a{99}){99}){99}" }), "expression_invalid"),
            (json!({ "all": [] }), "nothing_asked"),
            (json!({ "any": vec![field; MOST + 1] }), "too_many_questions"),
            (deep, "too_deep"),
        ] {
            assert_eq!(condition(asked.clone()).wrong(), Some(wrong), "{asked}");
        }
    }
}

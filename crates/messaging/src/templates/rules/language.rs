//! The language of templates: what the engine understands, less everything that computes.
//!
//! The engine's fuel counts steps, not bytes: `{% set x = x ~ x %}` doubles memory with every step, and a chain of a thousand
//! operators is a thousand stack frames of its compiler. Both are refused here, on the engine's own token stream, so that there
//! is no second reading of a source to disagree with.
//!
//! What remains: `{{ value }}`, attributes and subscripts, filters and tests, comparisons, `and`/`or`/`not`/`in`,
//! `a if b else c`, `{% if %}` and `{% for %}`.

use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;

use super::{ContentError, Part};

/// Tokens in one `{{ }}` or `{% %}`: far more than people write, far fewer than hurt.
const MAX_TOKENS: usize = 100;
/// How deep blocks may stand in each other.
const MAX_DEPTH: usize = 16;

/// What this language doesn't have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// A statement other than `if` and `for`.
    Statement,
    /// Arithmetic, concatenation, assignment or slicing.
    Operator,
    /// Calling something that is no filter or test.
    Call,
    /// A list or map written in the template.
    Literal,
    /// An expression of more than 100 tokens.
    LongExpression,
    /// Blocks more than 16 deep.
    DeepBlocks,
}

impl Foreign {
    /// Its code: `statement_unknown`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Statement => "statement_unknown",
            Self::Operator => "operator_unknown",
            Self::Call => "call_refused",
            Self::Literal => "literal_refused",
            Self::LongExpression => "expression_too_long",
            Self::DeepBlocks => "blocks_too_deep",
        }
    }
}

/// Whether a part is written in this language. Its grammar is checked by the engine afterwards.
pub(super) fn check(part: Part, source: &str) -> Result<(), ContentError> {
    let mut reader = Reader::default();
    for token in tokenize(source, false, SyntaxConfig::default()) {
        let (token, span) = token.map_err(|error| syntax(part, &error))?;
        let line = u32::from(span.start_line);
        reader.read(&token).map_err(|what| ContentError::Language { part, line, what })?;
    }
    Ok(())
}

pub(in crate::templates) fn syntax(part: Part, error: &minijinja::Error) -> ContentError {
    ContentError::Syntax { part, line: error.line().and_then(|line| u32::try_from(line).ok()).unwrap_or(1) }
}

/// What stood before a token, as far as it decides what the token means.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Before {
    #[default]
    Nothing,
    /// `{%`
    BlockStart,
    /// `|` or `is`: a name after it is a filter's or a test's.
    Naming,
    /// The name of a filter or test, which may take arguments.
    Named,
    /// Something that has a value, which may be subscripted but not called.
    Value,
    /// A word of the language or an operator: a value follows.
    Operator,
}

#[derive(Default)]
struct Reader {
    before: Before,
    tokens: usize,
    depth: usize,
}

impl Reader {
    fn read(&mut self, token: &Token<'_>) -> Result<(), Foreign> {
        self.tokens += 1;
        if self.tokens > MAX_TOKENS {
            return Err(Foreign::LongExpression);
        }
        self.before = match token {
            Token::TemplateData(_) | Token::VariableEnd | Token::BlockEnd => {
                self.tokens = 0;
                Before::Nothing
            }
            Token::VariableStart => Before::Nothing,
            Token::BlockStart => Before::BlockStart,
            Token::Ident(name) => self.word(name)?,
            Token::Str(_) | Token::String(_) | Token::Int(_) | Token::Int128(_) | Token::Float(_) => Before::Value,
            Token::Pipe => Before::Naming,
            Token::Dot | Token::Comma => Before::Operator,
            Token::Eq | Token::Ne | Token::Gt | Token::Gte | Token::Lt | Token::Lte => Before::Operator,
            Token::ParenOpen if self.before == Before::Value => return Err(Foreign::Call),
            Token::ParenOpen => Before::Operator,
            Token::BracketOpen if self.before != Before::Value => return Err(Foreign::Literal),
            Token::BracketOpen => Before::Operator,
            Token::ParenClose | Token::BracketClose => Before::Value,
            Token::BraceOpen | Token::BraceClose => return Err(Foreign::Literal),
            Token::Plus | Token::Minus | Token::Mul | Token::Div | Token::FloorDiv | Token::Pow | Token::Mod => {
                return Err(Foreign::Operator);
            }
            Token::Colon | Token::Tilde | Token::Assign => return Err(Foreign::Operator),
        };
        Ok(())
    }

    fn word(&mut self, word: &str) -> Result<Before, Foreign> {
        match self.before {
            Before::BlockStart => self.statement(word),
            // `is not defined`
            Before::Naming if word == "not" => Ok(Before::Naming),
            Before::Naming => Ok(Before::Named),
            Before::Nothing | Before::Named | Before::Value | Before::Operator => Ok(match word {
                "recursive" => return Err(Foreign::Statement),
                "is" => Before::Naming,
                "and" | "or" | "not" | "in" | "if" | "else" => Before::Operator,
                _ => Before::Value,
            }),
        }
    }

    fn statement(&mut self, word: &str) -> Result<Before, Foreign> {
        match word {
            "if" | "for" => {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err(Foreign::DeepBlocks);
                }
            }
            "endif" | "endfor" => self.depth = self.depth.saturating_sub(1),
            "elif" | "else" => {}
            _ => return Err(Foreign::Statement),
        }
        Ok(Before::Operator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(source: &str) -> Option<Foreign> {
        match check(Part::Text, source) {
            Err(ContentError::Language { what, .. }) => Some(what),
            Ok(()) | Err(_) => None,
        }
    }

    #[test]
    fn selecting_and_formatting_is_the_whole_language() {
        for source in [
            "Hello {{ name }}, {{ order.items[0].title|upper }}",
            "{% for item in items if item.shown %}{{ loop.index }}: {{ item }}{% else %}none{% endfor %}",
            "{% if a == 1 and not (b or c) %}x{% elif a is not defined %}y{% endif %}",
            "{{ name|default('friend') }} {{ items|join(', ') }} {{ a if b else c }} {# a comment ~ #}",
            "{%- if 'x' in tags -%}x{%- endif -%}",
            "{% raw %}{{ a ~ b }}{% endraw %}",
        ] {
            assert_eq!(check(Part::Text, source), Ok(()), "{source}");
        }
    }

    #[test]
    fn whatever_computes_assigns_calls_or_includes_is_refused() {
        for (source, what) in [
            ("{% set x = 1 %}", Foreign::Statement),
            ("{% with x = 1 %}{% endwith %}", Foreign::Statement),
            ("{% include 'x' %}", Foreign::Statement),
            ("{% extends 'x' %}", Foreign::Statement),
            ("{% import 'x' as y %}", Foreign::Statement),
            ("{% block x %}{% endblock %}", Foreign::Statement),
            ("{% filter upper %}{% endfilter %}", Foreign::Statement),
            ("{% autoescape false %}{% endautoescape %}", Foreign::Statement),
            ("{% do x %}", Foreign::Statement),
            ("{% macro x() %}{% endmacro %}", Foreign::Statement),
            ("{% for a in b recursive %}{% endfor %}", Foreign::Statement),
            ("{{ a ~ a }}", Foreign::Operator),
            ("{{ a * 1000000 }}", Foreign::Operator),
            ("{{ 9 ** 9 }}", Foreign::Operator),
            ("{{ a + a }}", Foreign::Operator),
            ("{{ a[1:2] }}", Foreign::Operator),
            ("{{ a|default(b=1) }}", Foreign::Operator),
            ("{{ range(1000000) }}", Foreign::Call),
            ("{{ a.items() }}", Foreign::Call),
            ("{{ a[0]() }}", Foreign::Call),
            ("{% for a in [1, 2] %}{% endfor %}", Foreign::Literal),
            ("{{ {'a': 1} }}", Foreign::Literal),
        ] {
            assert_eq!(refused(source), Some(what), "{source}");
        }
    }

    #[test]
    fn depth_is_bounded_in_expressions_and_blocks() {
        let chain = format!("{{{{ a{} }}}}", "|upper".repeat(60));
        assert_eq!(refused(&chain), Some(Foreign::LongExpression));
        let parens = format!("{{{{ {}a{} }}}}", "(".repeat(80), ")".repeat(80));
        assert_eq!(refused(&parens), Some(Foreign::LongExpression));
        let blocks = format!("{}{}", "{% if a %}".repeat(17), "{% endif %}".repeat(17));
        assert_eq!(refused(&blocks), Some(Foreign::DeepBlocks));
    }
}

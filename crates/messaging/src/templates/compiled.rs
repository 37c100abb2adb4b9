//! A version, ready to be filled in.

use std::collections::BTreeSet;
use std::io;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, Value};
use sealpost_seal::{Personal, Purpose, pan};
use serde_json::Map;

use super::model::{Content, Part};
use super::rules::{self, ContentError};
use crate::channels::ChannelKind;

mod data;
mod filters;

/// Steps one part may take; a loop over a thousand rows of ten values takes about a third of it.
const FUEL: u64 = 100_000;
/// The longest result of a body part, in bytes.
const MAX_OUTPUT: usize = 256 * 1024;
/// The longest subject, in bytes: what a header field can carry.
const MAX_SUBJECT: usize = 1000;
/// Ten parts of 153 characters (3GPP TS 23.040 §9.2.3.24.1).
const MAX_SMS: usize = 1530;

/// A compiled version.
pub struct Compiled {
    channel: ChannelKind,
    parts: Vec<Part>,
    engine: Environment<'static>,
    variables: BTreeSet<String>,
}

/// What was made of a version and data. Personal: the data is in it.
pub struct Rendered {
    /// The subject; e-mail only.
    pub subject: Option<Personal<String>>,
    /// The text.
    pub text: Personal<String>,
    /// The HTML; e-mail only, and only if the version has it.
    pub html: Option<Personal<String>>,
}

/// Why data doesn't fill a version. Carries names and lines of the template, never data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The template needs something that isn't in the data.
    #[error("the template needs a variable that is not in the data")]
    Undefined {
        /// Where.
        part: Part,
        /// In which line.
        line: u32,
        /// Variables of the template that aren't in the data; the reason may also be an attribute of one that is.
        missing: Vec<String>,
    },
    /// The data is too deep or too large.
    #[error("the data is too deep or too large for a template")]
    Data,
    /// The part takes more steps or work than it may.
    #[error("rendering takes too much work")]
    Work(Part),
    /// The result is longer than its part may be, or empty.
    #[error("the result is too long or empty")]
    Length(Part),
    /// The result has control characters: line breaks in a subject, for example.
    #[error("the result has control characters")]
    Characters(Part),
    /// The template does something with the data that can't be done with it.
    #[error("the template can't do this with the data")]
    Failed {
        /// Where.
        part: Part,
        /// In which line.
        line: u32,
    },
}

impl Compiled {
    /// Checks and compiles a content.
    pub fn new(channel: ChannelKind, content: &Content) -> Result<Self, ContentError> {
        rules::check(channel, content)?;
        let mut engine = engine();
        let mut variables = BTreeSet::new();
        let mut parts = Vec::with_capacity(3);
        for (part, source) in content.parts() {
            engine
                .add_template_owned(part.as_str(), source.to_owned())
                .and_then(|()| engine.get_template(part.as_str()).map(|template| template.undeclared_variables(false)))
                .map(|found| variables.extend(found))
                .map_err(|error| rules::syntax(part, &error))?;
            parts.push(part);
        }
        variables.remove("loop");
        Ok(Self { channel, parts, engine, variables })
    }

    /// The variables the template looks up: what `data` may have to hold.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(String::as_str)
    }

    /// Fills it in. Plain computation, bounded: see the limits on top of this file.
    pub fn render(&self, data: &Map<String, serde_json::Value>) -> Result<Rendered, RenderError> {
        let values = data::to_values(data)?;
        let part = |part| self.parts.contains(&part).then(|| self.part(part, &values, data)).transpose();
        Ok(Rendered {
            subject: part(Part::Subject)?,
            text: self.part(Part::Text, &values, data)?,
            html: part(Part::Html)?,
        })
    }

    fn part(
        &self,
        part: Part,
        values: &Value,
        data: &Map<String, serde_json::Value>,
    ) -> Result<Personal<String>, RenderError> {
        let template = self.engine.get_template(part.as_str()).map_err(|_| RenderError::Failed { part, line: 1 })?;
        let mut sink = Sink { bytes: Vec::new(), limit: self.limit(part) };
        match template.render_captured_to(values.clone(), &mut sink) {
            Ok(_) => {}
            Err(error) => return Err(self.refusal(part, &error, data)),
        }
        let text = String::from_utf8(sink.bytes).map_err(|_| RenderError::Characters(part))?;
        let text = Personal::new(text);
        let clear = text.expose(Purpose::Guard);
        if !rules::is_clean(part, clear) {
            return Err(RenderError::Characters(part));
        }
        let too_long = self.channel == ChannelKind::Sms && clear.chars().count() > MAX_SMS;
        if too_long || clear.trim().is_empty() {
            return Err(RenderError::Length(part));
        }
        Ok(text)
    }

    fn limit(&self, part: Part) -> usize {
        match (part, self.channel) {
            (Part::Subject, _) => MAX_SUBJECT,
            (Part::Text | Part::Html, ChannelKind::Email) => MAX_OUTPUT,
            (Part::Text | Part::Html, ChannelKind::Sms) => MAX_SMS * 4,
        }
    }

    fn refusal(&self, part: Part, error: &minijinja::Error, data: &Map<String, serde_json::Value>) -> RenderError {
        let line = error.line().and_then(|line| u32::try_from(line).ok()).unwrap_or(1);
        match error.kind() {
            ErrorKind::UndefinedError => {
                let missing = self.variables().filter(|name| !data.contains_key(*name)).map(str::to_owned).collect();
                RenderError::Undefined { part, line, missing }
            }
            ErrorKind::OutOfFuel => RenderError::Work(part),
            ErrorKind::WriteFailure => RenderError::Length(part),
            ErrorKind::InvalidOperation if filters::is_overwork(error) => RenderError::Work(part),
            _ => RenderError::Failed { part, line },
        }
    }
}

impl Rendered {
    /// Whether a card number stands in it: from data and template together, although in neither alone.
    pub fn has_card_number(&self) -> bool {
        let parts = [self.subject.as_ref(), Some(&self.text), self.html.as_ref()];
        parts.into_iter().flatten().any(|part| pan::contains(part.expose(Purpose::Guard)))
    }
}

/// An engine that knows nothing but what is added here: no loader, no globals, no functions.
fn engine() -> Environment<'static> {
    let mut engine = Environment::empty();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    // What others agreed to leaves byte for byte, its last line end, too. Only delimiters could be refused, and they are as ever.
    if let Ok(syntax) = SyntaxConfig::builder().keep_trailing_newline(true).build() {
        engine.set_syntax(syntax);
    }
    engine.set_fuel(Some(FUEL));
    engine.set_recursion_limit(64);
    engine
        .set_auto_escape_callback(|name| if name == Part::Html.as_str() { AutoEscape::Html } else { AutoEscape::None });
    filters::add_to(&mut engine);
    engine
}

/// Where a result goes until it gets too long.
struct Sink {
    bytes: Vec<u8>,
    limit: usize,
}

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.limit {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

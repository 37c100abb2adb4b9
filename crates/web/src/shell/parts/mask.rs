//! Personal values, as whoever looks may see them.

use std::fmt;

use askama::Template;
use sealpost_seal::View;
use serde_json::Value;

use super::markup;
use crate::shell::Icon;

/// A value that was a [`View`] before: hidden, partly hidden, not kept, or shown.
#[derive(Clone, Debug)]
pub struct Masked(Seen);

#[derive(Clone)]
enum Seen {
    Hidden(String),
    NotStored(String),
    Clear(String),
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<span class="mask" title="Masked by the organisation’s policy">{{ Icon::Lock }}<span class="sr">masked </span><b>{{ display }}</b></span>"#
)]
struct Hidden<'a> {
    display: &'a str,
}

#[derive(Template)]
#[template(ext = "html", source = r#"<span class="gone" title="Rule: {{ rule }}">not stored by policy</span>"#)]
struct NotStored<'a> {
    rule: &'a str,
}

#[derive(Template)]
#[template(ext = "html", source = r#"<bdi class="clear">{{ clear }}</bdi>"#)]
struct Clear<'a> {
    clear: &'a str,
}

impl Masked {
    /// A view that is JSON already: a scalar is shown, `{"masked":true,…}` isn't.
    pub fn from_json(value: &Value) -> Self {
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        Self(match value {
            Value::Object(view) if view.get("masked") == Some(&Value::Bool(true)) => Seen::Hidden(text("display")),
            Value::Object(view) if view.contains_key("rule") => Seen::NotStored(text("rule")),
            Value::String(clear) => Seen::Clear(clear.clone()),
            scalar => Seen::Clear(scalar.to_string()),
        })
    }

    /// Whether something is hidden.
    pub fn is_hidden(&self) -> bool {
        matches!(self.0, Seen::Hidden(_))
    }
}

impl From<View> for Masked {
    fn from(view: View) -> Self {
        let display = view.display().to_owned();
        Self(match view {
            View::Shown { .. } => Seen::Clear(display),
            View::Masked { .. } => Seen::Hidden(display),
            View::NotStored(rule) => Seen::NotStored(rule.to_owned()),
        })
    }
}

impl fmt::Display for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Seen::Hidden(display) => Hidden { display }.fmt(f),
            Seen::NotStored(rule) => NotStored { rule }.fmt(f),
            Seen::Clear(clear) => Clear { clear }.fmt(f),
        }
    }
}

impl fmt::Debug for Seen {
    /// Never prints a clear value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hidden(_) => "Hidden",
            Self::NotStored(_) => "NotStored",
            Self::Clear(_) => "Clear(xxxxx)",
        })
    }
}

markup!(Masked);

#[cfg(test)]
mod tests {
    use super::*;
    use sealpost_seal::Personal;
    use sealpost_seal::viewer::{Field, RevealGrant, Viewer};
    use serde_json::json;

    #[test]
    fn what_is_masked_is_said_in_words_and_what_is_shown_can_not_become_markup() {
        let phone = Personal::new("+1202555<b>0143".to_owned());
        let masked = Masked::from(Viewer::masked().text(&phone, Field::Phone)).to_string();
        assert!(masked.contains("masked ") && masked.contains("<b>xxxxx</b>") && !masked.contains("0143"), "{masked}");
        let clear = Masked::from(Viewer::clear(RevealGrant::after_leaf([1; 16])).text(&phone, Field::Phone));
        assert!(clear.to_string().contains("+1202555&#60;b&#62;0143"), "{clear}");
        assert!(!format!("{clear:?}").contains("0143"));
        assert!(Masked::from(View::NotStored("erased")).to_string().contains("not stored by policy"));
    }

    #[test]
    fn a_view_in_json_is_seen_as_it_was() {
        for value in [json!({ "masked": true, "display": "xxxxx" }), json!("clear"), json!(7)] {
            assert_eq!(Masked::from_json(&value).is_hidden(), value.is_object());
        }
        let gone = json!({ "masked": false, "stored": false, "display": "not stored by policy", "rule": "erased" });
        assert!(Masked::from_json(&gone).to_string().contains("Rule: erased"));
    }
}

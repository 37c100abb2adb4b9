//! Personal values, as whoever looks may see them.

use std::fmt;

use askama::Template;
use sealpost_seal::View;

use super::markup;
use crate::shell::Icon;

/// A value that only a [`View`] can be: hidden, partly hidden, not kept, or shown.
#[derive(Debug)]
pub struct Masked(pub View);

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<span class="mask" title="Masked by the organisation’s policy">{{ Icon::Lock }}<span class="sr">masked </span><b>{{ display }}</b></span>"#
)]
struct Hidden<'a> {
    display: &'a str,
}

#[derive(Template)]
#[template(ext = "html", source = r#"<span class="gone" title="Rule: {{ rule }}">{{ display }}</span>"#)]
struct NotStored<'a> {
    rule: &'static str,
    display: &'a str,
}

#[derive(Template)]
#[template(ext = "html", source = r#"<bdi class="clear">{{ clear }}</bdi>"#)]
struct Clear<'a> {
    clear: &'a str,
}

impl fmt::Display for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let display = self.0.display();
        match &self.0 {
            View::Shown { .. } => Clear { clear: display }.fmt(f),
            View::NotStored(rule) => NotStored { rule, display }.fmt(f),
            View::Masked { .. } => Hidden { display }.fmt(f),
        }
    }
}

impl From<View> for Masked {
    fn from(view: View) -> Self {
        Self(view)
    }
}

markup!(Masked);

#[cfg(test)]
mod tests {
    use super::*;
    use sealpost_seal::Personal;
    use sealpost_seal::viewer::{Field, RevealGrant, Viewer};

    #[test]
    fn what_is_masked_is_said_in_words_and_what_is_shown_can_not_become_markup() {
        let phone = Personal::new("+1202555<b>0143".to_owned());
        let masked = Masked(Viewer::masked().text(&phone, Field::Phone)).to_string();
        assert!(masked.contains("masked ") && masked.contains("<b>xxxxx</b>") && !masked.contains("0143"), "{masked}");
        let clear = Viewer::clear(RevealGrant::after_leaf([1; 16]));
        let shown = Masked(clear.text(&phone, Field::Phone)).to_string();
        assert!(shown.contains("+1202555&#60;b&#62;0143"), "{shown}");
        assert!(Masked(View::NotStored("erased")).to_string().contains("not stored by policy"));
    }
}

//! Fields of forms: a label, a hint, and what is wrong, said beside the field.

use askama::Template;

use super::markup;

/// A field of a form.
#[derive(Clone, Debug, Template)]
#[template(path = "shell/parts/field.html")]
pub struct Field {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    placeholder: &'static str,
    kind: Kind,
    value: String,
    required: bool,
    wrong: Option<String>,
}

/// What is filled in.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A line.
    Text,
    /// A line that a browser treats as an e-mail address, a phone number, a URL or a number: the type of the input.
    Typed(&'static str),
    /// Several lines; how many are seen, and whether they are source text.
    Lines(u8, bool),
    /// One of these.
    Choice(Vec<Choice>),
    /// Any of these; the field's value are those that are ticked, with commas between. Sent as `name[]`.
    Ticks(Vec<Choice>),
}

/// Something to choose.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub says: String,
}

impl Choice {
    /// This value, read so.
    pub fn new(value: impl ToString, says: impl Into<String>) -> Self {
        Self { value: value.to_string(), says: says.into() }
    }
}

impl Field {
    /// A line.
    pub fn new(name: &'static str, label: &'static str) -> Self {
        Self {
            name,
            label,
            hint: "",
            placeholder: "",
            kind: Kind::Text,
            value: String::new(),
            required: false,
            wrong: None,
        }
    }

    fn is_ticked(&self, choice: &Choice) -> bool {
        self.value.split(',').any(|value| value == choice.value)
    }

    pub(in crate::shell) fn is_called(&self, name: &str) -> bool {
        self.name == name
    }

    /// What it is called, and what people read.
    pub(in crate::shell) const fn called(&self) -> (&'static str, &'static str) {
        (self.name, self.label)
    }

    /// Filled in so.
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// What is filled in.
    pub fn kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// What helps to fill it in.
    pub fn hint(mut self, hint: &'static str) -> Self {
        self.hint = hint;
        self
    }

    /// What may stand there.
    pub fn placeholder(mut self, placeholder: &'static str) -> Self {
        self.placeholder = placeholder;
        self
    }

    /// It can't stay empty.
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// What was wrong with it.
    pub fn wrong(mut self, wrong: Option<String>) -> Self {
        self.wrong = wrong;
        self
    }
}

markup!(Field);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_bound_to_its_field() {
        let text = Field::new("name", "Name").value("\"><script>").wrong(Some("Taken.".into())).to_string();
        assert!(text.contains(r#"aria-invalid="true""#) && text.contains(r#"aria-describedby="name-says""#), "{text}");
        assert!(!text.contains("<script>"), "{text}");
    }

    #[test]
    fn what_was_chosen_is_chosen_again() {
        let kind = Kind::Choice(vec![Choice::new("sms", "SMS"), Choice::new("email", "E-mail")]);
        let text = Field::new("channel", "Channel").kind(kind).value("email").to_string();
        assert!(text.contains(r#"<option value="email" selected>E-mail</option>"#), "{text}");
    }

    #[test]
    fn ticks_are_sent_as_a_list() {
        let kind = Kind::Ticks(vec![Choice::new("a:b", "Do b"), Choice::new("a:c", "Do c")]);
        let text = Field::new("scopes", "May").kind(kind).value("x,a:c").to_string();
        assert!(text.contains(r#"name="scopes[]" value="a:c" checked"#), "{text}");
        assert!(text.contains("<legend>May</legend>") && !text.contains(r#"value="a:b" checked"#), "{text}");
    }
}

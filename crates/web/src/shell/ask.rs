//! A page that asks before something is done: what will happen, what has to be said, one button. A script shows it in place.

use askama::Template;
use askama::filters::HtmlSafe;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Icon;
use super::parts::{Field, Tone};
use super::problem::title;
use crate::Call;
use crate::problem::{Failure, Place, Refusal};
use crate::reply::Reply;

/// A question.
#[derive(Clone, Debug, Template)]
#[template(path = "shell/ask.html")]
pub struct Ask {
    title: String,
    says: String,
    fields: Vec<Field>,
    hidden: Vec<(&'static str, String)>,
    shows: String,
    submit: &'static str,
    /// What else can be done with what is filled in: what its button says, and where it goes.
    other: Option<(&'static str, String)>,
    danger: bool,
    action: String,
    back: String,
    csrf: String,
    once: String,
    wrong: Option<Refused>,
    note: Option<(Tone, String)>,
    /// Where a part below the form comes from that follows what is filled in, and what it is at first.
    follows: Option<(String, String)>,
    /// Whether whoever answers has to prove first that it is them; and whether they did so lately.
    proof: (bool, bool),
    /// Whether what is answered is a file.
    hands_out: bool,
    /// Where the challenge comes from whose answer signs what is said, and what that is: JSON.
    signs: Option<(String, String)>,
}

/// Why what was sent is refused, above the fields that hold it still.
#[derive(Clone, Debug, Template)]
#[template(
    ext = "html",
    source = r##"<p class="note bad" role="alert" data-code="{{ code }}" data-wrong="{{ places }}">{{ Icon::Alert }}<span>{{ says }}{% for (name, label) in fields %}{% if !loop.first %},{% endif %} <a href="#{{ name }}">{{ label }}</a>{% endfor %}</span></p>"##
)]
pub struct Refused {
    code: &'static str,
    /// What of it, as a program would read it.
    places: String,
    says: String,
    /// The fields that are wrong: what they are called, and what people read.
    fields: Vec<(&'static str, &'static str)>,
}

impl HtmlSafe for Refused {}

impl Refused {
    /// With everything that was wrong.
    pub fn of(refusal: &Refusal) -> Self {
        let wrong = refusal.errors().iter().map(|wrong| {
            let place = place(&wrong.place);
            if place.is_empty() { sentence(&wrong.code) } else { format!("{place}: {}", sentence(&wrong.code)) }
        });
        Self::saying(refusal, &wrong.collect::<Vec<_>>(), vec![])
    }

    fn saying(refusal: &Refusal, wrong: &[String], fields: Vec<(&'static str, &'static str)>) -> Self {
        let places = refusal.errors().iter().map(|wrong| format!("/{}", place(&wrong.place))).collect::<Vec<_>>();
        let detail = refusal.explanation().map(|detail| format!(" {detail}")).unwrap_or_default();
        let more = wrong.iter().map(|one| format!(" {one}")).collect::<String>();
        let end = if fields.is_empty() || !detail.is_empty() || !more.is_empty() { "." } else { ":" };
        Self {
            code: refusal.code().code,
            places: places.join(" "),
            says: format!("{}{end}{detail}{more}", title(refusal.code())),
            fields,
        }
    }
}

/// Which field of a form it is about.
fn place(place: &Place) -> String {
    match place {
        Place::Pointer(place) => place.trim_start_matches('/').split('/').next().unwrap_or_default().to_owned(),
        Place::Parameter(place) => place.clone(),
        Place::Header(_) => String::new(),
    }
}

impl Ask {
    /// A question whose answer goes to the page of this call itself; `back` leads away from it, after `/app/{env}`.
    pub fn new<B, Q>(call: &Call<B, Q>, title: impl Into<String>, says: impl Into<String>, back: &str) -> Self {
        Self {
            title: title.into(),
            says: says.into(),
            fields: Vec::new(),
            hidden: Vec::new(),
            shows: String::new(),
            submit: "Go on",
            other: None,
            danger: false,
            action: call.own_path(),
            back: call.at(back),
            csrf: call.csrf_token().to_owned(),
            once: call.once_token(),
            wrong: None,
            note: None,
            follows: None,
            proof: call
                .caller
                .session
                .map_or((false, true), |session| (session.always_proves, session.proved_lately(call.ctx.now()))),
            signs: None,
            hands_out: false,
        }
    }

    /// What is asked for is [sensitive](crate::route::Route::step_up).
    pub fn sensitive(mut self) -> Self {
        self.proof.0 = true;
        self
    }

    /// Whoever answers signs that with their passkey: a script asks `at` for a challenge about `what`, and sends the answer along as
    /// `signature`, JSON. It is their proof as well.
    pub fn signed(mut self, at: String, what: String) -> Self {
        self.signs = Some((at, what));
        self
    }

    /// What is answered is a file, which the browser itself has to take: a script would read it and keep nothing.
    pub fn hands_out(mut self) -> Self {
        self.hands_out = true;
        self
    }

    fn asks_for_proof(&self) -> bool {
        let (wanted, lately) = self.proof;
        wanted && !lately
    }

    /// A field to fill in.
    pub fn field(mut self, field: Field) -> Self {
        self.fields.push(field);
        self
    }

    /// What goes along unseen.
    pub fn hidden(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.hidden.push((name, value.into()));
        self
    }

    /// What it would come to: shown above the fields.
    pub fn showing(mut self, part: impl HtmlSafe) -> Self {
        self.shows = part.to_string();
        self
    }

    /// The answer goes to this page instead, after `/app/{env}`.
    pub fn answered_at<B, Q>(mut self, call: &Call<B, Q>, path: &str) -> Self {
        self.action = call.at(path);
        self
    }

    /// A second button, which sends what is filled in to another page, after `/app/{env}`, and takes no proof.
    pub fn or<B, Q>(mut self, call: &Call<B, Q>, says: &'static str, path: &str) -> Self {
        self.other = Some((says, call.at(path)));
        self
    }

    /// A part below the form follows what is filled in: a page after `/app/{env}` that takes the form and answers with the part, in an
    /// element called `preview`.
    pub fn followed<B, Q>(mut self, call: &Call<B, Q>, path: &str, part: impl HtmlSafe) -> Self {
        self.follows = Some((call.at(path), part.to_string()));
        self
    }

    /// What the button says.
    pub fn submit(mut self, says: &'static str) -> Self {
        self.submit = says;
        self
    }

    /// It can't be undone.
    pub fn danger(mut self) -> Self {
        self.danger = true;
        self
    }

    /// Something to know before.
    pub fn note(mut self, tone: Tone, says: impl Into<String>) -> Self {
        self.note = Some((tone, says.into()));
        self
    }

    /// The same question with what was wrong with the answer, said beside the fields it was wrong with.
    pub fn refused(mut self, refusal: &Refusal) -> Self {
        let (mut unplaced, mut named) = (Vec::new(), Vec::new());
        for wrong in refusal.errors() {
            let (place, says) = (place(&wrong.place), sentence(&wrong.code));
            match self.fields.iter_mut().find(|field| field.is_called(&place)) {
                Some(field) => {
                    named.extend(Some(field.called()).filter(|called| !named.contains(called)));
                    *field = field.clone().wrong(Some(says));
                }
                None => unplaced.push(says),
            }
        }
        self.wrong = Some(Refused::saying(refusal, &unplaced, named));
        self
    }

    /// What it is called.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The question as a page.
    pub fn show<B, Q>(self, call: &Call<B, Q>) -> Result<Reply, Failure> {
        call.show(&self.title, &self)
    }

    /// Asks again if the answer was refused in a way that another answer could mend.
    pub fn again<B, Q>(self, call: &Call<B, Q>, failure: Failure) -> Result<Reply, Failure> {
        match failure {
            Failure::Refused(refusal) if matches!(refusal.code().status, 400 | 409 | 422 | 429) => {
                let status = refusal.code().status;
                Ok(self.refused(&refusal).show(call)?.with_status(status))
            }
            failure => Err(failure),
        }
    }
}

/// The form of a question that asks for nothing but a yes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Yes {}

/// `field_missing` as a sentence.
fn sentence(code: &str) -> String {
    let words = code.replace('_', " ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::BODY_INVALID;

    fn said(refusal: &Refusal, named: &[&Field]) -> String {
        Refused::saying(refusal, &[], named.iter().map(|field| field.called()).collect()).to_string()
    }

    #[test]
    fn people_are_told_of_fields_and_led_to_them() {
        let refusal = Refusal::of(&BODY_INVALID).at("/name", "field_missing").at("/url", "field_missing");
        let (name, url) = (Field::new("name", "Name"), Field::new("url", "URL"));
        let text = said(&refusal, &[&name, &url]);
        let fields = r##"Some fields are missing or wrong: <a href="#name">Name</a>, <a href="#url">URL</a>"##;
        assert!(text.contains(fields), "{text}");
        let detailed = said(&refusal.detail("It can’t be read."), &[&name]);
        assert!(detailed.contains(r##"wrong. It can’t be read. <a href="#name">"##), "{detailed}");
    }

    #[test]
    fn a_note_warns_only_where_it_means_to() {
        let icons = [Tone::Ok, Tone::Idle].map(Tone::icon);
        assert!(icons.iter().all(|icon| *icon != Icon::Alert) && Tone::Warn.icon() == Icon::Alert);
    }
}

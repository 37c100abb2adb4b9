//! The export as a PDF to read: any script, in bounded memory. A code point that the font lacks is shown as `[U+4E2D]`; the JSON has every
//! text as it is.

use sealpost_govern::paper::{Paper, Shape, Style};
use serde_json::Value;

use super::model::{About, AlsoHeld, Counts, LookView, Person, Piece, Suppressed, Unwritable, Writer, plain};
use crate::messages::Whole;
use crate::workflows::WholeRun;

/// Writes it.
pub(super) struct Pdf {
    paper: Paper,
}

impl Pdf {
    pub(super) fn new() -> Result<Self, Unwritable> {
        Ok(Self { paper: Paper::new(Shape::Upright)? })
    }

    fn about(&mut self, about: &About) {
        self.paper.footer(about.contact_id.to_string());
        self.paper.block("What is held about a person", Style::Title);
        self.paper.pair("Person", &about.contact_id.to_string());
        self.paper.pair("Held by", &about.organisation_id.to_string());
        self.paper.pair("Environment", about.environment);
        self.paper.pair("Exported", &about.exported_at.to_string());
        self.paper.pair("On record as", &about.request_id.to_string());
    }

    fn person(&mut self, person: &Person) {
        self.paper.block("The person", Style::Heading);
        let known = [
            ("Name", &person.name),
            ("Phone", &person.phone),
            ("E-mail", &person.email),
            ("External id", &person.external_id),
        ];
        for (label, value) in known {
            self.paper.pair(label, value.as_ref().map_or("–", |value| value.display()));
        }
        self.paper.pair("Language", person.locale.as_deref().unwrap_or("–"));
        self.paper.pair("Known since", &person.created_at.to_string());
        self.paper.pair("Changed", &person.updated_at.to_string());
    }

    fn message(&mut self, message: &Whole) {
        let event = message.event.clone().unwrap_or_else(|| message.event_id.to_string());
        self.paper.block(&format!("{} · {event}", message.created_at), Style::Subheading);
        self.paper.pair("Message", &message.id.to_string());
        let reason = message.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        self.paper.pair("State", &format!("{}{reason}, since {}", message.state.word(), message.updated_at));
        self.paper.pair("Channel", &format!("{}, {}", message.channel.as_str(), message.class));
        self.paper.pair("To", message.to.display());
        match message.not_stored {
            Some(rule) => self.paper.pair("Content", &format!("not stored: {rule}")),
            None => self.content(message),
        }
        self.paper.pair("Allowed by", &plain(&message.decision["basis"]));
        self.paper.pair("Template", &format!("{} version {}", message.template_id, message.template_version));
        let steps = message.timeline.iter().map(|step| {
            let attempt = if step.attempt == 0 { String::new() } else { format!(", attempt {}", step.attempt) };
            let detail = step.detail.as_deref().map(|detail| format!(", {detail}")).unwrap_or_default();
            format!("{}  {}{attempt}{detail}", step.at, step.kind)
        });
        self.paper.pair("Timeline", &steps.collect::<Vec<_>>().join("\n"));
    }

    fn content(&mut self, message: &Whole) {
        if let Some(subject) = message.content.get("subject") {
            self.paper.pair("Subject", &plain(subject));
        }
        self.paper.pair("Text", &plain(&message.content["text"]));
        if let Some(Value::String(html)) = message.content.get("html") {
            self.paper.pair("HTML", &format!("{} characters, in the JSON export", html.chars().count()));
        }
        let mut data = Vec::new();
        walk(String::new(), &message.data, &mut data);
        self.paper.pair("Data", &data.join("\n"));
    }

    fn run(&mut self, run: &WholeRun) {
        let workflow = run.workflow.clone().unwrap_or_else(|| run.workflow_id.to_string());
        self.paper.block(&format!("{} · {workflow}", run.created_at), Style::Subheading);
        self.paper.pair("Run", &run.id.to_string());
        let reason = run.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        self.paper.pair("State", &format!("{}{reason} at {}, since {}", run.state.word(), run.node, run.updated_at));
        self.paper.pair("Class", &format!("{}, version {}", run.class.as_str(), run.version));
        match run.not_stored {
            Some(rule) => self.paper.pair("Data", &format!("not stored: {rule}")),
            None => {
                for (label, known) in [("Data", &run.data), ("Answers", &run.answers)] {
                    let mut values = Vec::new();
                    known
                        .as_object()
                        .into_iter()
                        .flatten()
                        .for_each(|(name, one)| walk(name.clone(), one, &mut values));
                    self.paper.pair(label, &values.join("\n"));
                }
            }
        }
        let steps = run.steps.iter().map(|step| {
            let detail = step.detail.as_deref().map(|detail| format!(", {detail}")).unwrap_or_default();
            let message = step.message_id.map(|id| format!(", {id}")).unwrap_or_default();
            format!("{}  {} ({}): {}{detail}{message}", step.updated_at, step.node, step.kind, step.state.word())
        });
        self.paper.pair("Steps", &steps.collect::<Vec<_>>().join("\n"));
    }

    fn suppressed(&mut self, one: &Suppressed) {
        let says = format!("{}: {}, since {}", one.channel.as_str(), one.reason.as_str(), one.created_at);
        self.paper.pair(&one.id.to_string(), &says);
    }

    fn look(&mut self, look: &LookView) {
        let by = look.by.as_ref().map_or_else(|| look.by_kind.word().to_owned(), ToString::to_string);
        let refused = if look.allowed { "" } else { ", refused" };
        let reason = if look.reason_given { ", with a reason" } else { "" };
        let says = format!("{} of {} by {by}{reason}{refused} (leaf {})", look.action, look.target, look.ledger_seq);
        self.paper.pair(&look.at.to_string(), &says);
    }

    fn also(&mut self, other: &AlsoHeld) {
        self.paper.pair(other.what, other.why);
    }

    fn complete(&mut self, counts: &Counts) -> Result<(), Unwritable> {
        self.paper.block("Complete", Style::Heading);
        self.paper.pair("Messages", &counts.messages.to_string());
        self.paper.pair("Runs of workflows", &counts.workflow_runs.to_string());
        self.paper.pair("Suppressions", &counts.suppressions.to_string());
        self.paper.pair("Looks", &counts.looks.to_string());
        let missing = self.paper.missing();
        if !missing.is_empty() {
            let says =
                "Written as [U+…] because this document has no letters for them; the JSON export has them as they are:";
            self.paper.pair("Code points", &format!("{says} {}", missing.join(" ")));
        }
        Ok(self.paper.finish()?)
    }
}

/// Each value of the data with the way to it.
fn walk(path: String, value: &Value, into: &mut Vec<String>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(map) if !map.is_empty() => map.iter().for_each(|(name, value)| walk(below(name), value, into)),
        Value::Array(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(at, value)| walk(format!("{path}[{at}]"), value, into));
        }
        other => into.push(format!("{path}: {}", plain(other))),
    }
}

impl Writer for Pdf {
    fn write(&mut self, piece: &Piece) -> Result<(), Unwritable> {
        match piece {
            Piece::About(about) => self.about(about),
            Piece::Person(person) => self.person(person),
            Piece::Begin(section) => self.paper.block(section.title(), Style::Heading),
            Piece::Message(message) => self.message(message),
            Piece::Run(run) => self.run(run),
            Piece::Suppressed(suppressed) => self.suppressed(suppressed),
            Piece::Look(look) => self.look(look),
            Piece::AlsoHeld(other) => self.also(other),
            Piece::Complete(counts) => return self.complete(counts),
        }
        Ok(())
    }

    fn waiting(&self) -> usize {
        self.paper.waiting()
    }

    fn take(&mut self) -> Vec<u8> {
        self.paper.take()
    }
}

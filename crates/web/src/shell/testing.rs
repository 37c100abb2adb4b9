//! For the tests of those who have pages: samples are rendered, judged as markup, and kept where they can be looked at.
#![allow(clippy::panic, clippy::expect_used, reason = "a failed expectation is the point of a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use askama::Template;
use sealpost_store::{Environment, RequestId};

use super::{Face, Frame, Group, Head, Icon, Nav, Theme};
use crate::permission::PermissionSet;

/// Elements without an end tag (HTML Living Standard §13.1.2).
const VOID: [&str; 8] = ["br", "hr", "img", "input", "link", "meta", "source", "wbr"];
/// Drawings end their own elements.
const DRAWN: [&str; 4] = ["path", "circle", "rect", "line"];

/// A moment in which samples are set.
pub const NOW: sealpost_store::Time = sealpost_store::Time::from_unix_ms(1_768_469_400_000);

/// Renders a sample within a frame, judges it, and keeps it as `target/samples/<name>.html`.
pub fn keep(name: &str, title: &str, path: &str, content: &impl Template) {
    let face = Face { organisation: "Lakeside Clinic".into(), name: "Ana Kovač".into(), role: "Owner".into() };
    let mut head = Head {
        title,
        path,
        environment: Environment::Test,
        face: &face,
        permissions: PermissionSet::EMPTY,
        csrf: "sample",
        theme: Theme::System,
        toast: None,
        request: RequestId::from_bytes([1; 16]),
        at: NOW,
        banners: &[],
        helps: None,
        preview: None,
    };
    let frame = Frame::new(navigation());
    let whole = frame.whole(&head, content).expect("a sample renders");
    let faults = faults(&whole);
    assert!(faults.is_empty(), "{name}: {}\n{whole}", faults.join("\n"));
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/samples");
    std::fs::create_dir_all(&folder).expect("a folder for samples");
    std::fs::write(folder.join(format!("{name}.html")), &whole).expect("a sample is kept");
    head.environment = Environment::Live;
    let part = frame.part(&head, content).expect("a sample renders");
    assert!(!part.contains("<html") && whole.len() > part.len());
}

/// A navigation like that of the product.
fn navigation() -> Vec<Nav> {
    let entry = |group, place, title, path, icon, key| Nav {
        group,
        place,
        title,
        path,
        icon,
        key,
        needs: None,
        only: None,
        ids: &[],
    };
    vec![
        entry(Group::Work, 0, "Home", "", Icon::Home, 'h'),
        entry(Group::Work, 1, "Messages", "/messages", Icon::Message, 'm'),
        entry(Group::Work, 2, "Outbox", "/outbox", Icon::Outbox, 'o'),
        entry(Group::Work, 3, "Contacts", "/contacts", Icon::Person, 'c'),
        entry(Group::Build, 0, "Templates", "/templates", Icon::Template, 't'),
        entry(Group::Build, 1, "Events", "/events", Icon::Bolt, 'e'),
        entry(Group::Build, 2, "Endpoints", "/endpoints", Icon::Link, 'w'),
        entry(Group::Build, 3, "API keys", "/keys", Icon::Key, 'k'),
        entry(Group::Protect, 0, "Audit", "/audit", Icon::Audit, 'a'),
        entry(Group::Organisation, 0, "People & roles", "/people", Icon::People, 'p'),
    ]
}

/// What is wrong with this markup: tags that don't match, attributes twice, ids twice, labels that lead nowhere, and whatever the
/// content policy would stop.
pub fn faults(html: &str) -> Vec<String> {
    let mut judge = Judge::default();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        if let Some(tail) = rest.strip_prefix("<!--") {
            rest = tail.split_once("-->").map_or("", |(_, tail)| tail);
            continue;
        }
        let Some((tag, tail)) = tag(rest) else {
            judge.faults.push(format!("a tag does not end: {}", rest.get(..40).unwrap_or(rest)));
            break;
        };
        judge.tag(tag);
        rest = tail;
    }
    judge.finish()
}

/// A tag without its angles, and what follows; quotes may hold an angle.
fn tag(text: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '>' if !quoted => return Some((text.get(1..at)?, text.get(at + 1..)?)),
            _ => {}
        }
    }
    None
}

#[derive(Default)]
struct Judge {
    open: Vec<String>,
    ids: BTreeMap<String, usize>,
    wanted: BTreeSet<(String, String)>,
    headings: usize,
    faults: Vec<String>,
}

impl Judge {
    fn tag(&mut self, tag: &str) {
        if tag.starts_with('!') {
            return;
        }
        if let Some(name) = tag.strip_prefix('/') {
            match self.open.pop() {
                Some(open) if open == name => {}
                open => self.faults.push(format!("</{name}> ends {open:?}")),
            }
            return;
        }
        let (name, attributes) = tag.split_once([' ', '\n']).unwrap_or((tag, ""));
        let is_ended = attributes.ends_with('/') || name.ends_with('/');
        let name = name.trim_end_matches('/');
        self.attributes(name, attributes.trim_end_matches('/'));
        self.headings += usize::from(name == "h1");
        let is_svg = self.open.iter().any(|open| open == "svg");
        match (VOID.contains(&name), is_svg && DRAWN.contains(&name)) {
            (true, _) => {}
            (_, true) if is_ended => {}
            _ if is_ended => self.faults.push(format!("<{name}/> ends itself")),
            _ => self.open.push(name.to_owned()),
        }
    }

    fn attributes(&mut self, element: &str, text: &str) {
        let mut seen = BTreeSet::new();
        let mut rest = text.trim();
        let mut values = BTreeMap::new();
        while !rest.is_empty() {
            let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
            let (name, tail) = rest.split_at(end);
            let (value, tail) = match tail.strip_prefix("=\"") {
                Some(tail) => tail.split_once('"').unwrap_or((tail, "")),
                None if tail.starts_with('=') => {
                    self.faults.push(format!("<{element}> {name} is not in quotes"));
                    return;
                }
                None => ("", tail),
            };
            if !seen.insert(name) {
                self.faults.push(format!("<{element}> has {name} twice"));
            }
            if name == "style" || name.starts_with("on") {
                self.faults.push(format!("<{element}> has {name}, which the content policy forbids"));
            }
            values.insert(name, value);
            rest = tail.trim_start();
        }
        self.relations(element, &values);
    }

    fn relations(&mut self, element: &str, values: &BTreeMap<&str, &str>) {
        if let Some(id) = values.get("id") {
            *self.ids.entry((*id).to_owned()).or_default() += 1;
        }
        for name in ["for", "aria-describedby", "aria-labelledby", "aria-controls", "popovertarget"] {
            for id in values.get(name).into_iter().flat_map(|ids| ids.split(' ')) {
                self.wanted.insert((name.to_owned(), id.to_owned()));
            }
        }
        match element {
            "script" if !values.contains_key("src") => self.faults.push("an inline script".into()),
            "style" => self.faults.push("an inline style sheet".into()),
            "form"
                if values.get("method") != Some(&"post")
                    && values.get("method") != Some(&"dialog")
                    && !values.contains_key("action") =>
            {
                self.faults.push("a form leads nowhere".into());
            }
            "img" if !values.contains_key("alt") => self.faults.push("an image without words".into()),
            _ => {}
        }
    }

    fn finish(mut self) -> Vec<String> {
        for open in &self.open {
            self.faults.push(format!("<{open}> does not end"));
        }
        for (id, count) in &self.ids {
            if *count > 1 {
                self.faults.push(format!("the id {id} is there {count} times"));
            }
        }
        for (name, id) in &self.wanted {
            if !self.ids.contains_key(id) {
                self.faults.push(format!("{name} leads to {id}, which is not there"));
            }
        }
        if self.headings != 1 {
            self.faults.push(format!("{} headings of the first level", self.headings));
        }
        self.faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_markup_has_no_faults_and_bad_markup_has_its_own() {
        assert_eq!(faults("<h1>a</h1><p class=\"b\">x<br></p>"), Vec::<String>::new());
        for (bad, fault) in [
            ("<h1>a</h1><p>", "<p> does not end"),
            ("<h1>a</h1><p></b>", "</b> ends"),
            ("<h1>a</h1><p class=a></p>", "not in quotes"),
            ("<h1>a</h1><p id=\"a\" id=\"a\"></p>", "has id twice"),
            ("<h1 id=\"a\">a</h1><p id=\"a\"></p>", "there 2 times"),
            ("<h1>a</h1><label for=\"x\">a</label>", "leads to x"),
            ("<h1>a</h1><p style=\"x\"></p>", "forbids"),
            ("<h1>a</h1><button onclick=\"x\"></button>", "forbids"),
            ("<h1>a</h1><script>x</script>", "inline script"),
            ("<p>a</p>", "0 headings"),
        ] {
            let found = faults(bad);
            assert!(found.iter().any(|one| one.contains(fault)), "{bad}: {found:?}");
        }
    }

    #[derive(Template)]
    #[template(ext = "html", source = "<div class=\"head\"><h1>{{ title }}</h1></div>")]
    struct Plain<'a> {
        title: &'a str,
    }

    #[test]
    fn a_page_stands_in_its_frame_and_its_title_can_not_become_markup() {
        keep("plain", "</title><script>", "/messages", &Plain { title: "<b>" });
    }
}

//! What stands around a page's content.

use askama::Template;
use sealpost_store::{Environment, RequestId, Time};

use super::icon::Mark;
use super::parts::When;
use super::{Assets, Group, Icon, Nav};
use crate::caller::Support;
use crate::permission::PermissionSet;
use crate::preview::Preview;

/// What is the same for every page of an installation: the navigation, and where style sheet and script are.
#[derive(Default)]
pub struct Frame {
    entries: Vec<Nav>,
    assets: Assets,
}

/// Whom a page is for.
#[derive(Clone, Debug)]
pub struct Face {
    /// What the organisation is called.
    pub organisation: String,
    /// What the member is called.
    pub name: String,
    /// What the member's role is called.
    pub role: String,
}

/// Light, dark, or as the system has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// Its name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of this name.
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.word() == word)
    }
}

/// What everybody is told on every page, for as long as it is so.
#[derive(Clone, Debug)]
pub struct Banner {
    /// What is so: `ada@help.example has support access`.
    pub says: String,
    /// Why.
    pub why: Option<String>,
    /// Until when.
    pub until: When,
    /// Where there is more about it.
    pub more: Option<String>,
    /// Where it is ended, by whoever may.
    pub end: Option<String>,
}

/// What was just done, said once.
#[derive(Clone, Debug)]
pub struct Toast {
    /// What was done: `Message cancelled`.
    pub says: &'static str,
    /// The request that did it.
    pub request: String,
}

/// What a page says about itself and needs to know about whoever looks at it.
#[derive(Clone, Debug)]
pub struct Head<'a> {
    /// What it is called.
    pub title: &'a str,
    /// Its path after `/app/{env}`.
    pub path: &'a str,
    /// Which environment it is in.
    pub environment: Environment,
    /// Whom it is for.
    pub face: &'a Face,
    /// What they may do.
    pub permissions: PermissionSet,
    /// What forms prove themselves by.
    pub csrf: &'a str,
    /// Light or dark.
    pub theme: Theme,
    /// What was just done.
    pub toast: Option<Toast>,
    /// The request.
    pub request: RequestId,
    /// As of when what it shows is: nothing that happened later is in it for certain.
    pub at: Time,
    /// What everybody is told.
    pub banners: &'a [Banner],
    /// How far it reaches, if it is for somebody who was let in to help: they are led nowhere else, and leave by a way of their own.
    pub helps: Option<&'a Support>,
    /// As which role sees it, if not as one's own.
    pub preview: Option<&'a Preview>,
}

#[derive(Template)]
#[template(path = "shell/frame.html")]
struct Whole<'a> {
    style: String,
    script: String,
    head: &'a Head<'a>,
    groups: Vec<Section<'a>>,
    /// The entry the page belongs to.
    at: Option<&'a Nav>,
    banners: Banned<'a>,
    content: &'a str,
    toast: Toasts<'a>,
}

struct Section<'a> {
    group: Group,
    entries: Vec<&'a Nav>,
}

/// The content alone, for a script that has the frame already.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<title>{{ title }}</title><div class="page" data-at="{{ at }}">{{ banners }}{{ content|safe }}</div>{{ toast }}"#
)]
struct Part<'a> {
    title: &'a str,
    at: Time,
    banners: Banned<'a>,
    content: &'a str,
    toast: Toasts<'a>,
}

#[derive(Template)]
#[template(path = "shell/toasts.html")]
struct Toasts<'a> {
    toast: Option<&'a Toast>,
}

impl askama::filters::HtmlSafe for Toasts<'_> {}

/// Within the page's content, so that whatever reads the content anew reads them anew.
#[derive(Template)]
#[template(path = "shell/banners.html")]
struct Banned<'a> {
    banners: &'a [Banner],
}

impl askama::filters::HtmlSafe for Banned<'_> {}

impl Frame {
    /// A frame with this navigation.
    pub fn new(mut entries: Vec<Nav>) -> Self {
        entries.sort_by_key(|entry| (entry.group, entry.place));
        Self { entries, assets: Assets::default() }
    }

    pub(crate) fn assets(&self) -> &Assets {
        &self.assets
    }

    /// Below what an object with an id of this prefix has its page, and the entry that leads there.
    pub fn place_of(&self, prefix: &str) -> Option<(&'static str, &Nav)> {
        self.entries.iter().find_map(|entry| {
            let (_, path) = entry.ids.iter().find(|(known, _)| *known == prefix)?;
            Some((*path, entry))
        })
    }

    /// Where somebody with these permissions can go, in this environment or in any.
    pub(crate) fn entries_for(
        &self,
        permissions: PermissionSet,
        environment: Option<Environment>,
    ) -> impl Iterator<Item = &Nav> {
        self.entries.iter().filter(move |entry| {
            let permitted = entry.needs.is_none_or(|needs| permissions.contains(needs));
            permitted && (environment.is_none() || entry.only.is_none() || entry.only == environment)
        })
    }

    /// The content with everything around it.
    pub fn whole(&self, head: &Head<'_>, content: &impl Template) -> Result<String, askama::Error> {
        let content = content.render()?;
        let mut groups: Vec<Section<'_>> = Vec::new();
        let shown = |entry: &&Nav| head.helps.is_none_or(|support| is_for_helpers(entry, support));
        for entry in self.entries_for(head.permissions, Some(head.environment)).filter(shown) {
            match groups.last_mut() {
                Some(last) if last.group == entry.group => last.entries.push(entry),
                _ => groups.push(Section { group: entry.group, entries: vec![entry] }),
            }
        }
        Whole {
            style: self.assets.href("app.css"),
            script: self.assets.href("app.js"),
            head,
            groups,
            at: self.entries.iter().find(|entry| entry.holds(head.path)),
            banners: Banned { banners: head.banners },
            content: &content,
            toast: Toasts { toast: head.toast.as_ref() },
        }
        .render()
    }

    /// The content alone.
    pub fn part(&self, head: &Head<'_>, content: &impl Template) -> Result<String, askama::Error> {
        let content = content.render()?;
        let (banners, toast) = (Banned { banners: head.banners }, Toasts { toast: head.toast.as_ref() });
        Part { title: head.title, at: head.at, banners, content: &content, toast }.render()
    }
}

/// Whether this leads somewhere that whoever was let in reaches: what takes no permission is about members themselves, and where only
/// some objects are there, no list is.
fn is_for_helpers(entry: &Nav, support: &Support) -> bool {
    entry.needs.is_some() && support.objects.is_empty()
}

impl Whole<'_> {
    fn env(&self) -> &'static str {
        self.head.environment.as_str()
    }

    fn is_test(&self) -> bool {
        self.head.environment == Environment::Test
    }

    /// The same place in another environment: an object belongs to one, the list it is on to both.
    fn elsewhere(&self, environment: &str) -> String {
        let path = self.at.filter(|at| at.only.is_none()).map_or("", |at| at.path);
        format!("/app/{environment}{path}")
    }

    fn is_at(&self, entry: &Nav) -> bool {
        self.at.is_some_and(|at| at.path == entry.path)
    }

    /// The first page.
    fn home(&self) -> String {
        let page = if self.head.helps.is_some() { "/support/session" } else { "" };
        format!("/app/{}{page}", self.env())
    }

    /// Where one signs out.
    fn leave(&self) -> String {
        match self.head.helps {
            Some(_) => format!("{}/leave", self.home()),
            None => "/sign-out".to_owned(),
        }
    }

    fn initials(&self) -> String {
        let words = self.head.face.name.split_whitespace();
        words.filter_map(|word| word.chars().next()).take(2).flat_map(char::to_uppercase).collect()
    }
}

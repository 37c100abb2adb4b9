//! Where one can go.

use sealpost_store::Environment;

use super::Icon;
use crate::permission::Permission;

/// Under which heading an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// The daily work: no heading.
    Work,
    /// What makes messages.
    Build,
    /// What protects.
    Protect,
    /// Who works here.
    Organisation,
}

impl Group {
    /// Its heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Work => "",
            Self::Build => "Build",
            Self::Protect => "Protect",
            Self::Organisation => "Organisation",
        }
    }
}

/// One entry of the navigation, contributed by the feature whose pages it leads to.
#[derive(Clone, Copy, Debug)]
pub struct Nav {
    /// Under which heading.
    pub group: Group,
    /// Where under it, from the top.
    pub place: u8,
    /// What it says.
    pub title: &'static str,
    /// Where it leads, after `/app/{env}`: `/messages`; nothing for the first page.
    pub path: &'static str,
    /// Its icon.
    pub icon: Icon,
    /// What follows `g` on a keyboard.
    pub key: char,
    /// Who sees it; every member, if nothing.
    pub needs: Option<Permission>,
    /// In which environment it makes sense; both, if nothing.
    pub only: Option<Environment>,
    /// The prefixes of ids whose objects have pages of its kind, and below what: `("msg", "/messages")`.
    pub ids: &'static [(&'static str, &'static str)],
}

impl Nav {
    /// Whether a page at `path` (after `/app/{env}`) belongs to it.
    pub(super) fn holds(&self, path: &str) -> bool {
        match path.strip_prefix(self.path) {
            Some(rest) if !self.path.is_empty() => rest.is_empty() || rest.starts_with('/'),
            _ => path == self.path,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGES: Nav = Nav {
        group: Group::Work,
        place: 1,
        title: "Messages",
        path: "/messages",
        icon: Icon::Message,
        key: 'm',
        needs: None,
        only: None,
        ids: &[("msg", "/messages")],
    };

    #[test]
    fn an_entry_holds_the_pages_below_it_and_no_others() {
        assert!(MESSAGES.holds("/messages") && MESSAGES.holds("/messages/msg_x"));
        assert!(!MESSAGES.holds("/messagesx") && !MESSAGES.holds(""));
        let home = Nav { path: "", ..MESSAGES };
        assert!(home.holds("") && !home.holds("/messages"));
    }
}

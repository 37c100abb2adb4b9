//! Through a list, a page at a time: back to its begin, on to what is older.

use askama::Template;

use super::markup;
use crate::shell::Icon;

/// Links through a list.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "shell/parts/pager.html")]
pub struct Pager {
    says: &'static str,
    newest: Option<String>,
    older: Option<String>,
}

impl Pager {
    /// For the list at `path` with `query` (its filter, without a cursor), of which this page began at `cursor` and leads to
    /// `next`.
    pub fn new(path: &str, query: &str, cursor: Option<&str>, next: Option<&str>) -> Self {
        let at = |cursor: Option<&str>| {
            let cursor = cursor.map(|cursor| format!("cursor={cursor}"));
            let parts: Vec<&str> =
                [Some(query), cursor.as_deref()].into_iter().flatten().filter(|part| !part.is_empty()).collect();
            if parts.is_empty() { path.to_owned() } else { format!("{path}?{}", parts.join("&")) }
        };
        Self { says: "Newest first", newest: cursor.map(|_| at(None)), older: next.map(|next| at(Some(next))) }
    }

    /// Whether there is anywhere to go.
    pub fn leads_on(&self) -> bool {
        self.newest.is_some() || self.older.is_some()
    }
}

markup!(Pager);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pager_keeps_the_filter_and_leads_where_there_is_something() {
        let pager = Pager::new("/app/test/messages", "state=failed", None, Some("abc"));
        assert_eq!(pager.older.as_deref(), Some("/app/test/messages?state=failed&cursor=abc"));
        assert!(pager.newest.is_none() && pager.leads_on());
        let last = Pager::new("/app/test/messages", "", Some("abc"), None);
        assert_eq!(last.newest.as_deref(), Some("/app/test/messages"));
        assert!(!Pager::new("/x", "a=b", None, None).leads_on());
    }
}

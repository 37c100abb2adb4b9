//! The page of teams with none and some on it.

use sealpost_web::shell::parts::Pager;
use sealpost_web::shell::testing::keep;

use super::list::{ListPage, Row, empty};

#[test]
fn teams_are_listed_with_how_many_are_in_them() {
    let row = |name: &str, members| Row {
        href: Some("/app/test/teams/x/edit".into()),
        name: name.into(),
        members,
        remove: Some("/app/test/teams/x/remove".into()),
    };
    let list = |rows| ListPage {
        people: "/app/test/people".into(),
        new: Some("/app/test/teams/new".into()),
        rows,
        pager: Pager::default(),
        empty: empty(Some("/app/test/teams/new".into())),
    };
    keep("teams-empty", "Teams", "/teams", &list(vec![]));
    keep("teams", "Teams", "/teams", &list(vec![row("Front desk", 12), row("الليل", 3)]));
}

//! The pages of people with one, many, somebody without a name, and a right-to-left name on them.

use sealpost_seal::Personal;
use sealpost_store::MemberId;
use sealpost_web::shell::parts::Pager;
use sealpost_web::shell::testing::{NOW, keep};

use super::invited::InvitedPage;
use super::list::ListPage;
use super::row::Row;
use super::show::page;
use super::words::Roles;
use crate::members::model::{Member, MemberState};
use crate::roles::{RoleRef, Standard};

fn member(number: u8, name: Option<&str>, role: Standard, state: MemberState) -> Member {
    Member {
        id: MemberId::from_bytes([number; 16]),
        email: (number != 1).then(|| Personal::new(format!("person{number}@lakeside.example"))),
        name: name.map(|name| Personal::new(name.to_owned())),
        role: RoleRef::Standard(role),
        state,
        teams: vec![],
        created_at: NOW.plus_ms(-i64::from(number) * 86_400_000),
        updated_at: NOW,
    }
}

fn at(path: &str) -> String {
    format!("/app/test{path}")
}

#[test]
fn people_are_listed_with_their_roles_and_who_is_invited() {
    let roles = Roles::ours();
    let row = |one: Member| Row::of(&one, at("/people/x"), &roles, MemberId::from_bytes([1; 16]), NOW);
    let list = |members: Vec<Member>, invited: Vec<Member>| ListPage {
        invite: Some(at("/people/invite")),
        members: members.into_iter().map(row).collect(),
        all_invited: (invited.len() > 1).then(|| at("/people/invited")),
        invited: invited.into_iter().map(row).collect(),
        pager: Pager::default(),
        roles: at("/roles"),
        teams: at("/teams"),
    };
    let owner = || member(1, None, Standard::Owner, MemberState::Active);
    keep("people-one", "People", "/people", &list(vec![owner()], vec![]));
    let many = vec![
        owner(),
        member(2, Some("Sam Example"), Standard::Admin, MemberState::Active),
        member(3, Some("أدا"), Standard::Agent, MemberState::Active),
        member(4, None, Standard::Agent, MemberState::Suspended),
        member(5, Some(&"Long Name ".repeat(12)), Standard::Auditor, MemberState::Active),
    ];
    let invited = || {
        vec![
            member(6, Some("Kim Sample"), Standard::Viewer, MemberState::Invited),
            member(7, None, Standard::Agent, MemberState::Invited),
        ]
    };
    keep("people-many", "People", "/people", &list(many, invited()));
    let page = |invited: Vec<Member>| InvitedPage {
        people: at("/people"),
        invited: invited.into_iter().map(row).collect(),
        pager: Pager::default(),
    };
    keep("invited", "Invited", "/people/invited", &page(invited()));
    keep("invited-none", "Invited", "/people/invited", &page(vec![]));
}

#[test]
fn a_member_is_shown_with_what_can_be_done_where_they_stand() {
    let keep = |name: &str, state: MemberState| {
        let member = member(2, Some("Sam Example"), Standard::Admin, state);
        let teams = vec![("Front desk".to_owned(), Some(at("/teams/x/edit"))), ("Ward 3".to_owned(), None)];
        let mut page = page(&member, &Roles::ours(), teams, true, NOW, at);
        page.did = Some(at("/audit?actor=x"));
        page.waits = vec![at("/approvals/apr_x")];
        keep(name, "Sam Example", "/people/{id}", &page);
    };
    keep("member-active", MemberState::Active);
    keep("member-invited", MemberState::Invited);
    keep("member-suspended", MemberState::Suspended);
}

//! The pages of contacts with nobody, many and somebody in clear on them.

use sealpost_seal::Personal;
use sealpost_seal::viewer::{Field, MaskProfile, RevealGrant, Viewer};
use sealpost_store::ContactId;
use sealpost_web::shell::parts::{Ident, Masked, Pager, When};
use sealpost_web::shell::testing::{NOW, keep};

use super::find::{Nobody, Search};
use super::list::{ListPage, Row, empty};
use super::matching::{MatchPage, On};
use super::show::ShowPage;

fn seen(viewer: &Viewer, value: &str, field: Field) -> Option<Masked> {
    Some(viewer.text(&Personal::new(value.to_owned()), field).into())
}

fn row(number: u8) -> Row {
    let viewer = Viewer::with_profile(MaskProfile::Last4);
    let id = ContactId::from_bytes([number; 16]);
    Row {
        id,
        href: format!("/app/test/contacts/{id}"),
        name: seen(&viewer, "Ada Example", Field::Name),
        phone: seen(&viewer, "+15550100124", Field::Phone),
        email: number.is_multiple_of(2).then(|| seen(&viewer, "ada@example.com", Field::Email)).flatten(),
        external_id: None,
        created: When::new(NOW.plus_ms(-i64::from(number) * 86_400_000), NOW),
    }
}

fn search(by_digits: bool) -> Search {
    Search {
        action: "/app/test/find".into(),
        csrf: "sample".into(),
        by_digits: by_digits.then(|| "/app/test/contacts/match".into()),
    }
}

#[test]
fn a_search_tells_what_it_found_and_whether_there_may_be_more() {
    let nobody = Nobody { list: "/x".into(), search: search(false), why: "A phone number needs its country." };
    keep("contacts-nobody", "Nobody found", "/contacts/find", &nobody);
    let on = || On { action: "/x".into(), csrf: "c".into(), digits: "0124".into(), cursor: "abc".into() };
    let page = |rows, on| MatchPage { list: "/x".into(), search: search(true), rows, on };
    keep("contacts-match", "Found by four digits", "/contacts/match", &page((0..4).map(row).collect(), Some(on())));
    keep("contacts-match-none", "Found by four digits", "/contacts/match", &page(vec![], Some(on())));
}

#[test]
fn contacts_are_shown_masked_and_in_clear() {
    let list = |rows| ListPage {
        search: search(false),
        new: Some("/app/test/contacts/new".into()),
        duplicates: "/app/test/contacts/duplicates".into(),
        rows,
        pager: Pager::default(),
        empty: empty(Some("/app/test/contacts/new".into())),
    };
    keep("contacts-empty", "Contacts", "/contacts", &list(vec![]));
    keep("contacts-many", "Contacts", "/contacts", &list((0..12).map(row).collect()));
    let show = |viewer: Viewer, shown: Option<String>| ShowPage {
        list: "/app/test/contacts".into(),
        id: Ident::new(ContactId::from_bytes([1; 16])),
        fields: vec![
            ("Name", seen(&viewer, "أدا", Field::Name)),
            ("Phone", seen(&viewer, "+15550100124", Field::Phone)),
            ("E-mail", None),
        ],
        locale: Some("ar".into()),
        created: When::new(NOW, NOW),
        updated: When::new(NOW, NOW),
        merged: vec![(
            ContactId::from_bytes([2; 16]),
            seen(&viewer, "+15550100125", Field::Phone).into_iter().collect(),
        )],
        edit: Some("/x".into()),
        merge: Some("/x".into()),
        reveal: None,
        messages: None,
        export: Some("/x".into()),
        erase: Some("/x".into()),
        shown,
        seconds: 300,
    };
    keep("contact-masked", "Contact", "/contacts/{id}", &show(Viewer::masked(), None));
    let clear = Viewer::clear(RevealGrant::after_leaf([1; 16]));
    keep("contact-revealed", "Contact", "/contacts/{id}", &show(clear, Some("req_01kf3b2y5xfh0r4c9v7t8m6e1s".into())));
}

//! The pages of duplicates with none, some, and two side by side.

use sealpost_seal::Personal;
use sealpost_seal::viewer::{Field, MaskProfile, Viewer};
use sealpost_store::{ContactId, DuplicateId};
use sealpost_web::shell::parts::{Masked, Pager, When};
use sealpost_web::shell::testing::{NOW, keep};

use super::list::{Brief, ListPage, Row, empty};
use super::says;
use super::show::{Compared, ShowPage, Side, verdict};
use crate::contacts::Because;

fn seen(value: &str, field: Field) -> Option<Masked> {
    Some(Viewer::with_profile(MaskProfile::Last4).text(&Personal::new(value.to_owned()), field).into())
}

#[test]
fn duplicates_are_listed_and_compared_masked() {
    let brief = || Brief { name: seen("Ada", Field::Name), reached: seen("+15550100124", Field::Phone) };
    let row = |number: u8| Row {
        id: DuplicateId::from_bytes([number; 16]),
        href: "/app/test/contacts/duplicates/x".into(),
        why: says(if number.is_multiple_of(2) { Because::Mailbox } else { Because::NamedTogether }),
        both: [brief(), brief()],
        since: When::new(NOW, NOW),
    };
    let list = |rows| ListPage { contacts: "/x".into(), rows, pager: Pager::default(), empty: empty() };
    keep("duplicates-empty", "Duplicates", "/contacts/duplicates", &list(vec![]));
    keep("duplicates-many", "Duplicates", "/contacts/duplicates", &list((1..5).map(row).collect()));
    let side = |number: u8| Side {
        id: ContactId::from_bytes([number; 16]),
        href: "/x".into(),
        since: When::new(NOW, NOW),
        keep: Some("/x".into()),
    };
    let field = |label, same, any| Compared {
        label,
        values: [seen("+15550100124", Field::Phone), None],
        verdict: verdict(same, any),
    };
    let page = ShowPage {
        list: "/x".into(),
        why: says(Because::Line),
        both: [side(1), side(2)],
        fields: vec![
            field("Name", Some(true), true),
            field("Phone", Some(false), true),
            field("E-mail", None, true),
            field("Your id", None, false),
        ],
        dismiss: Some("/x".into()),
    };
    keep("duplicate", "Duplicate", "/contacts/duplicates/{id}", &page);
}

//! What organisations promise.

use sealpost_store::both_engines;

use super::*;

both_engines! {
    async fn an_organisation_begins_with_a_leaf_in_its_own_ledger(house: TestStore) {
        let id = create(&house.store, OrganisationName::parse("Østfold Tickets").unwrap()).await.unwrap();
        house.clock.advance_ms(1);
        let other = create(&house.store, OrganisationName::parse("Example Two").unwrap()).await.unwrap();
        let found = find(&house.store, id).await.unwrap().unwrap();
        assert_eq!(found.name, "Østfold Tickets");
        assert_eq!(list(&house.store).await.unwrap().iter().map(|o| o.id).collect::<Vec<_>>(), [id, other]);

        let ctx = operator(&house.store, sealpost_store::Org { id, environment: sealpost_store::Environment::Live });
        let (head, _) = house.store.ledger_head(&ctx).await.unwrap().unwrap();
        assert_eq!(head.frontier.size(), 1);
    }

    async fn no_ledger_no_organisation(house: TestStore) {
        house.break_ledger(true);
        assert!(create(&house.store, OrganisationName::parse("Unrecorded").unwrap()).await.is_err());
        house.break_ledger(false);
        assert!(list(&house.store).await.unwrap().is_empty());
    }
}

#[test]
fn a_name_is_short_and_says_nothing_to_a_terminal() {
    for good in ["A", "Østfold Tickets AS", &"x".repeat(100)] {
        assert!(OrganisationName::parse(good).is_ok(), "{good}");
    }
    for bad in ["", " A", "A ", "A\nB", "\u{1b}[2J", "\u{7f}", &"x".repeat(101)] {
        assert_eq!(OrganisationName::parse(bad), Err(BadName));
    }
}

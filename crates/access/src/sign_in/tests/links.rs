//! One-time links.

use sealpost_store::{SessionId, both_engines};

use super::house::{House, MINUTE};
use crate::links;
use crate::roles::Standard;

both_engines! {
    async fn a_link_signs_in_once(test: TestStore) {
        let house = House::new(test).await;
        let member = house.member(Standard::Agent).await;
        let link = house.link(member).await;
        let token = house.follow(&link).await.unwrap();
        let caller = house.present(&token).await.unwrap();
        assert_eq!(caller.actor.id, member.bytes());
        assert_eq!(caller.permissions, Standard::Agent.role().permissions);
        assert_eq!(house.follow(&link).await, Err("link_spent"));
        assert!(!links::is_good(house.store(), link.token.expose()).await.unwrap());
        let acts = ["member.create", "sign_in_link.create operator", "session.create operator_link"];
        assert_eq!(house.acts().await, acts);
    }

    async fn of_two_who_follow_a_link_at_once_one_is_signed_in(test: TestStore) {
        let house = House::new(test).await;
        let link = house.link(house.member(Standard::Owner).await).await;
        let all = [house.follow(&link), house.follow(&link), house.follow(&link), house.follow(&link)];
        let [a, b, c, d] = all;
        let (a, b, c, d) = tokio::join!(a, b, c, d);
        assert_eq!([a, b, c, d].iter().filter(|one| one.is_ok()).count(), 1);
    }

    async fn a_link_is_good_for_fifteen_minutes(test: TestStore) {
        let house = House::new(test).await;
        let member = house.member(Standard::Owner).await;
        let (early, late) = (house.link(member).await, house.link(member).await);
        house.test.clock.advance_ms(15 * MINUTE - 1);
        assert!(house.follow(&early).await.is_ok());
        house.test.clock.advance_ms(1);
        assert_eq!(house.follow(&late).await, Err("link_spent"));
    }

    async fn without_its_leaf_nobody_is_signed_in_and_the_link_stays(test: TestStore) {
        let house = House::new(test).await;
        let link = house.link(house.member(Standard::Owner).await).await;
        house.test.break_ledger(true);
        assert_eq!(house.follow(&link).await, Err("storage_unavailable"));
        house.test.break_ledger(false);
        assert!(house.follow(&link).await.is_ok());
    }

    async fn whoever_looks_at_a_link_does_not_use_it_up(test: TestStore) {
        let house = House::new(test).await;
        let link = house.link(house.member(Standard::Owner).await).await;
        let path = format!("/sign-in/{}", link.token.expose());
        for _ in 0..3 {
            assert_eq!(house.ask("GET", &path, &[], None).await.status, 200);
        }
        let page = house.ask("GET", &path, &[], None).await;
        let visit = page.cookie("__Host-sealpost_visit").unwrap();
        let form = format!("_csrf={}", page.csrf());
        // A page of another visitor, or none at all, presses no button here: nobody is signed in as somebody else.
        for headers in [&[][..], &[("cookie", "__Host-sealpost_visit=another")]] {
            let refused = house.ask("POST", &path, headers, Some(&form)).await;
            assert!(refused.status == 403 && refused.body.contains("csrf_token_invalid"), "{}", refused.body);
        }
        let entered = house.ask("POST", &path, &[("cookie", &visit)], Some(&form)).await;
        assert_eq!((entered.status, entered.headers["location"].to_str().unwrap()), (303, "/app"));
        let cookie = entered.cookie("__Host-sealpost_session").unwrap();
        let own = house.ask("GET", "/v1/session", &[("cookie", &cookie)], None).await;
        assert_eq!(own.status, 200, "{}", own.body);
        let again = house.ask("POST", &path, &[("cookie", &visit)], Some(&form)).await;
        assert_eq!(again.status, 410);
        assert_eq!(house.ask("GET", &path, &[], None).await.status, 410);
    }

    async fn whoever_leaves_is_gone_at_once(test: TestStore) {
        let house = House::new(test).await;
        let token = house.signed_in(Standard::Viewer).await;
        let cookie = format!("__Host-sealpost_session={token}");
        let own = house.ask("GET", "/v1/session", &[("cookie", &cookie)], None).await;
        let own: serde_json::Value = serde_json::from_str(&own.body).unwrap();
        let form = format!("_csrf={}", own["csrf_token"].as_str().unwrap());
        let left = house.ask("POST", "/sign-out", &[("cookie", &cookie)], Some(&form)).await;
        assert_eq!((left.status, left.headers["location"].to_str().unwrap()), (303, "/sign-in"));
        assert_eq!(left.cookie("__Host-sealpost_session").as_deref(), Some("__Host-sealpost_session="));
        assert_eq!(house.present(&token).await.err(), Some("session_ended"));
        assert!(own["id"].as_str().unwrap().parse::<SessionId>().is_ok());
        assert_eq!(house.acts().await.last().map(String::as_str), Some("session.revoke signed_out"));
    }
}

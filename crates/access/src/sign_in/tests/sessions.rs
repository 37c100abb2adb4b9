//! Sessions: how long they last, and what ends them.

use std::time::Duration;

use sealpost_seal::rng::SystemRng;
use sealpost_seal::token::{Token, TokenKind};
use sealpost_store::{ActorKind, Environment, SessionId, both_engines};
use sealpost_web::CredentialClass;

use super::house::{House, MINUTE, present};
use crate::links;
use crate::roles::Standard;
use crate::sessions::{Ended, SessionAuthenticator, end, forget_old};

both_engines! {
    async fn a_session_makes_its_caller_in_the_environment_it_asks_for(test: TestStore) {
        let house = House::new(test).await;
        let token = house.signed_in(Standard::Owner).await;
        for environment in [Environment::Test, Environment::Live] {
            let caller = present(&house.sessions, &token, environment).await.unwrap();
            assert_eq!((caller.org.id, caller.org.environment), (house.ctx.org.id, environment));
            assert_eq!((caller.credential, caller.actor.kind), (CredentialClass::Session, ActorKind::Member));
            assert_eq!(caller.permissions, Standard::Owner.role().permissions);
        }
        let strange = Token::generate(TokenKind::SESSION, &SystemRng);
        assert_eq!(house.present(strange.expose()).await.err(), Some("session_unknown"));
        assert_eq!(house.present("sess_").await.err(), Some("session_unknown"));
    }

    async fn an_hour_without_a_request_ends_a_session(test: TestStore) {
        let house = House::new(test).await;
        let token = house.signed_in(Standard::Agent).await;
        for _ in 0..3 {
            house.test.clock.advance_ms(59 * MINUTE);
            assert!(house.present(&token).await.is_ok());
        }
        // Another node, or this one after a restart, knows of the last use, too.
        let other = SessionAuthenticator::new(house.store().clone());
        house.test.clock.advance_ms(59 * MINUTE);
        assert!(present(&other, &token, Environment::Test).await.is_ok());
        house.test.clock.advance_ms(60 * MINUTE);
        assert_eq!(house.present(&token).await.err(), Some("session_ended"));
    }

    async fn whoever_only_watches_is_told_when_the_session_is_over(test: TestStore) {
        let house = House::new(test).await;
        let token = house.signed_in(Standard::Agent).await;
        house.present(&token).await.unwrap();
        house.test.clock.advance_ms(30 * MINUTE);
        let standing = house.watch(&token).await.unwrap();
        assert_eq!(standing.permissions, Standard::Agent.role().permissions);
        // Watching is no use: an hour after the last request it is over.
        house.test.clock.advance_ms(30 * MINUTE);
        assert_eq!(house.watch(&token).await.err(), Some("session_ended"));
        assert_eq!(house.present(&token).await.err(), Some("session_ended"));
    }

    async fn a_day_ends_a_session_however_it_is_used(test: TestStore) {
        let house = House::new(test).await;
        let token = house.signed_in(Standard::Agent).await;
        for _ in 0..47 {
            house.test.clock.advance_ms(30 * MINUTE);
            assert!(house.present(&token).await.is_ok());
        }
        house.test.clock.advance_ms(30 * MINUTE);
        assert_eq!(house.present(&token).await.err(), Some("session_ended"));
    }

    async fn a_cut_reaches_another_node_within_a_second(test: TestStore) {
        let house = House::new(test).await;
        let elsewhere = house.test.another_node().await.unwrap_or_else(|| house.store().clone());
        let far = SessionAuthenticator::new(elsewhere);
        for trial in 0..100 {
            let token = house.signed_in(Standard::Agent).await;
            let caller = present(&far, &token, Environment::Test).await.unwrap();
            let id = SessionId::from_bytes(caller.session.unwrap().id);
            house.store().write(&house.ctx, move |tx| end(tx, id, Ended::Revoked)).await.unwrap();
            let refused = async {
                while present(&far, &token, Environment::Test).await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            };
            let within = tokio::time::timeout(Duration::from_secs(1), refused).await;
            assert!(within.is_ok(), "trial {trial}");
        }
    }

    async fn after_a_month_a_session_and_its_link_are_forgotten(test: TestStore) {
        let house = House::new(test).await;
        let member = house.member(Standard::Agent).await;
        let link = house.link(member).await;
        let token = house.follow(&link).await.unwrap();
        for (days, code) in [(30, "session_ended"), (2, "session_unknown")] {
            house.test.clock.advance_ms(days * 24 * 60 * MINUTE);
            forget_old(house.store()).await.unwrap();
            links::forget_old(house.store()).await.unwrap();
            // What this process remembers of it is as old.
            house.sessions.forget();
            assert_eq!(house.present(&token).await.err(), Some(code), "{days}");
            assert_eq!(house.follow(&link).await, Err("link_spent"));
        }
    }

    async fn an_ended_session_is_refused_on_the_next_request(test: TestStore) {
        let house = House::new(test).await;
        let token = house.signed_in(Standard::Agent).await;
        let session = house.present(&token).await.unwrap().session.unwrap();
        let mut told = house.store().bus().subscribe(crate::sessions::CHANGED);
        let id = SessionId::from_bytes(session.id);
        house.store().write(&house.ctx, move |tx| end(tx, id, Ended::Revoked)).await.unwrap();
        told.recv().await.unwrap();
        assert_eq!(house.present(&token).await.err(), Some("session_ended"));
    }
}

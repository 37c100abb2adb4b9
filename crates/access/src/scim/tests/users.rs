//! Users: made, found, changed, stopped and removed.

use std::time::Duration;

use sealpost_seal::normal::Email;
use sealpost_store::{ActorKind, MemberId, both_engines};
use serde_json::{Value, json};

use super::house::{Answer, House, URL};
use crate::members::{MemberState, Members};
use crate::roles::Standard;
use crate::scim::store;
use crate::sessions::SessionAuthenticator;

const DIRECTORY: u8 = ActorKind::Directory as u8;

/// What Okta sends for somebody new.
fn okta() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "sam@example.com",
        "name": { "givenName": "Sam", "familyName": "Example" },
        "emails": [{ "primary": true, "value": "sam@example.com", "type": "work" }],
        "displayName": "Sam Example", "locale": "en-US", "externalId": "00ujl29u0le5T6Aj10h7", "groups": [],
        "password": "1mz050nq", "active": true,
    })
}

/// What Microsoft Entra sends.
fn entra() -> Value {
    json!({
        "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        ],
        "externalId": "kim", "userName": "kim@tenant.example", "active": true, "title": "Nurse",
        "emails": [{ "primary": "True", "type": "work", "value": "kim@example.com" }],
        "meta": { "resourceType": "User" },
        "name": { "formatted": "Kim Example", "familyName": "Example", "givenName": "Kim" },
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "department": "Ward 7" },
    })
}

both_engines! {
    async fn a_user_lives_through_what_okta_asks(test: TestStore) {
        let house = House::new(test).await;
        let token = house.token().await;
        let found = house.ask(&token, "GET", "/Users?filter=userName%20eq%20%22sam%40example.com%22&startIndex=1&count=100", None).await;
        assert_eq!((found.status, &found.body["totalResults"], &found.body["Resources"]), (200, &json!(0), &json!([])));
        let made = house.ask(&token, "POST", "/Users", Some(okta())).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let id = made.id();
        assert_eq!(made.header("content-type"), "application/scim+json");
        assert_eq!(made.header("location"), format!("{URL}/scim/v2/Users/{id}"));
        assert_eq!(made.header("etag"), made.body["meta"]["version"].as_str().unwrap());
        assert_eq!(made.body["meta"]["resourceType"], "User");
        assert!(made.body.get("password").is_none(), "{}", made.body);
        // It is a member, active, and a viewer.
        assert_eq!(house.state(&id).await, (MemberState::Active, "viewer".into()));
        let members = Members::new(house.store().clone());
        let row = members.by_email(&house.ctx, &Email::parse("SAM@example.com").unwrap()).await.unwrap().unwrap();
        assert_eq!(row.id.to_string(), id);
        // All that was said comes back as it came.
        let shown = house.ask(&token, "GET", &format!("/Users/{id}"), None).await;
        for name in ["userName", "name", "emails", "displayName", "locale", "externalId", "active"] {
            assert_eq!(shown.body[name], okta()[name], "{name}");
        }
        assert_eq!(shown.body, made.body);
        // Okta replaces the whole.
        let mut changed = okta();
        changed["name"]["givenName"] = json!("Samantha");
        changed["displayName"] = json!("Samantha Example");
        let put = house.ask(&token, "PUT", &format!("/Users/{id}"), Some(changed)).await;
        assert_eq!((put.status, &put.body["displayName"]), (200, &json!("Samantha Example")));
        let named = members.find(&house.ctx, id.parse().unwrap()).await.unwrap().unwrap();
        let name = named.name.unwrap();
        assert_eq!(name.expose(sealpost_seal::Purpose::Guard), "Samantha Example");
        // And deactivates without a path.
        let gone = house.patch(&token, &format!("/Users/{id}"), json!({ "op": "replace", "value": { "active": false } })).await;
        assert_eq!((gone.status, &gone.body["active"]), (200, &json!(false)));
        assert_eq!(house.state(&id).await.0, MemberState::Suspended);
        let back = house.patch(&token, &format!("/Users/{id}"), json!({ "op": "replace", "value": { "active": true } })).await;
        assert_eq!((back.status, &back.body["active"]), (200, &json!(true)));
        assert_eq!(house.state(&id).await.0, MemberState::Active);
        assert_eq!(house.ask(&token, "DELETE", &format!("/Users/{id}"), None).await.status, 204);
        assert_eq!(house.ask(&token, "GET", &format!("/Users/{id}"), None).await.refusal().0, 404);
        assert_eq!(house.ask(&token, "DELETE", &format!("/Users/{id}"), None).await.refusal().0, 404);
        let acts: Vec<_> = house.acts().await.into_iter().filter(|(_, actor)| *actor == DIRECTORY).map(|(act, _)| act).collect();
        assert_eq!(acts, [
            "member.provision", "member.sync", "member.suspend", "member.sync", "member.resume", "member.sync", "member.remove",
        ]);
        // Whoever was removed may come again, as somebody else.
        assert_ne!(house.ask(&token, "POST", "/Users", Some(okta())).await.id(), id);
    }

    async fn a_user_lives_through_what_entra_asks(test: TestStore) {
        let house = House::new(test).await;
        let token = house.token().await;
        // With the switch that its administrators append to the URL.
        let found = house.ask(&token, "GET", "/Users?aadOptscim062020&filter=externalId+eq+%22kim%22", None).await;
        assert_eq!((found.status, &found.body["totalResults"]), (200, &json!(0)));
        let id = house.ask(&token, "POST", "/Users", Some(entra())).await.id();
        let found = house.ask(&token, "GET", "/Users?filter=externalId+eq+%22kim%22", None).await;
        assert_eq!(found.body["Resources"][0]["id"], id.as_str());
        assert_eq!(found.body["Resources"][0]["emails"][0]["primary"], true);
        // Mail reaches them at their address, not at what they are called.
        let members = Members::new(house.store().clone());
        let reached = |at: &'static str| {
            let (members, ctx) = (members.clone(), house.ctx.clone());
            async move { members.by_email(&ctx, &Email::parse(at).unwrap()).await.unwrap().map(|row| row.id.to_string()) }
        };
        assert_eq!(reached("kim@example.com").await.as_deref(), Some(&*id));
        assert_eq!(reached("kim@tenant.example").await, None);
        let path = format!("/Users/{id}");
        let change = house.patch(&token, &path, json!({ "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "kim2@example.com" })).await;
        assert_eq!(change.status, 200, "{}", change.body);
        assert_eq!((reached("kim@example.com").await, reached("kim2@example.com").await), (None, Some(id.clone())));
        let change = house.patch(&token, &path, json!({ "op": "Add", "value": { "name.givenName": "Kimberly",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department": "Ward 8" } })).await;
        assert_eq!(change.body["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]["department"], "Ward 8");
        assert_eq!(change.body["name"]["givenName"], "Kimberly");
        assert_eq!(change.body["schemas"].as_array().unwrap().len(), 2);
        let change = house.patch(&token, &path, json!({ "op": "Replace", "path": "active", "value": "False" })).await;
        assert_eq!((change.status, &change.body["active"]), (200, &json!(false)));
        assert_eq!(house.state(&id).await.0, MemberState::Suspended);
        // A replacement that says nothing of it reinstates nobody.
        let put = house.ask(&token, "PUT", &path, Some(json!({ "userName": "kim@tenant.example" }))).await;
        assert_eq!((put.status, &put.body["active"]), (200, &json!(false)));
        assert_eq!(house.state(&id).await.0, MemberState::Suspended);
    }

    async fn whoever_is_deactivated_is_signed_out_within_a_second_on_every_node(test: TestStore) {
        let house = House::new(test).await;
        let token = house.token().await;
        let elsewhere = house.test.another_node().await.unwrap_or_else(|| house.store().clone());
        let far = SessionAuthenticator::new(elsewhere);
        for (trial, value) in [json!(false), json!("False")].into_iter().enumerate() {
            let id = house.user(&token, &format!("sam{trial}@example.com")).await;
            let session = house.sign_in(id.parse().unwrap()).await;
            assert_eq!(house.session_refusal(&house.sessions, &session).await, None);
            assert_eq!(house.session_refusal(&far, &session).await, None);
            let gone = house.patch(&token, &format!("/Users/{id}"), json!({ "op": "replace", "path": "active", "value": value })).await;
            assert_eq!(gone.status, 200, "{}", gone.body);
            assert_eq!(house.session_refusal(&house.sessions, &session).await, Some("session_ended"));
            let cut = async {
                while house.session_refusal(&far, &session).await.is_none() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            };
            assert!(tokio::time::timeout(Duration::from_secs(1), cut).await.is_ok());
            // What ended stays ended.
            house.patch(&token, &format!("/Users/{id}"), json!({ "op": "replace", "path": "active", "value": true })).await;
            assert_eq!(house.session_refusal(&house.sessions, &session).await, Some("session_ended"));
            let session = house.sign_in(id.parse().unwrap()).await;
            assert_eq!(house.session_refusal(&house.sessions, &session).await, None);
            assert_eq!(house.ask(&token, "DELETE", &format!("/Users/{id}"), None).await.status, 204);
            assert_eq!(house.session_refusal(&house.sessions, &session).await, Some("session_ended"));
        }
    }

    async fn an_organisation_keeps_an_owner_and_owners_keep_what_they_are(test: TestStore) {
        let house = House::new(test).await;
        let token = house.token().await;
        let owner = format!("/Users/{}", house.owner);
        let last = (409, "mutability".to_owned(), "last_owner".to_owned());
        assert_eq!(house.ask(&token, "DELETE", &owner, None).await.refusal(), last);
        let stop = json!({ "op": "replace", "path": "active", "value": false });
        assert_eq!(house.patch(&token, &owner, stop.clone()).await.refusal(), last);
        assert_eq!(house.state(&house.owner.to_string()).await, (MemberState::Active, "owner".into()));
        // Nor is it said where an owner is reached: whoever reads that mail could become them.
        let moved = json!({ "op": "add", "path": "emails", "value": [{ "value": "evil@example.com" }] });
        assert_eq!(house.patch(&token, &owner, moved).await.refusal().2, "owners_only");
        let titled = house.patch(&token, &owner, json!({ "op": "add", "path": "title", "value": "Director" })).await;
        assert_eq!((titled.status, &titled.body["title"]), (200, &json!("Director")));
        // Another one may go, by a token of an owner's, and by no other.
        let other = house.member(Standard::Owner).await;
        let lesser = house.token_of(house.member(Standard::SuperAdmin).await).await;
        assert_eq!(house.patch(&lesser, &format!("/Users/{other}"), stop.clone()).await.refusal().2, "owners_only");
        assert_eq!(house.patch(&token, &format!("/Users/{other}"), stop).await.status, 200);
        assert_eq!(house.state(&other.to_string()).await, (MemberState::Suspended, "owner".into()));
    }

    async fn a_name_and_an_address_are_one_persons(test: TestStore) {
        let house = House::new(test).await;
        let token = house.token().await;
        let sam = house.user(&token, "sam@example.com").await;
        let kim = house.user(&token, "kim@example.com").await;
        let taken = |answer: Answer| (answer.refusal().0, answer.refusal().1);
        let uniqueness = (409, "uniqueness".to_owned());
        for body in [
            json!({ "userName": "SAM@Example.com" }),
            json!({ "userName": "other", "emails": [{ "value": "sam@example.com" }] }),
        ] {
            assert_eq!(taken(house.ask(&token, "POST", "/Users", Some(body)).await), uniqueness);
        }
        let rename = json!({ "op": "replace", "path": "userName", "value": "sam@example.com" });
        assert_eq!(taken(house.patch(&token, &format!("/Users/{kim}"), rename).await), uniqueness);
        // Their own is theirs, in any case.
        let rename = json!({ "op": "replace", "path": "userName", "value": "Sam@Example.com" });
        let renamed = house.patch(&token, &format!("/Users/{sam}"), rename).await;
        assert_eq!((renamed.status, &renamed.body["userName"]), (200, &json!("Sam@Example.com")));
        let found = house.ask(&token, "GET", "/Users?filter=userName%20eq%20%22sam%40example.com%22", None).await;
        assert_eq!((&found.body["totalResults"], &found.body["Resources"][0]["id"]), (&json!(1), &json!(sam)));
    }

    async fn of_two_who_make_the_same_user_at_once_one_does(test: TestStore) {
        let house = House::new(test).await;
        let token = house.token().await;
        for trial in 0..5 {
            for name in [format!("same{trial}"), format!("same{trial}@example.com")] {
                let make = || house.ask(&token, "POST", "/Users", Some(json!({ "userName": name })));
                let (one, other) = tokio::join!(make(), make());
                let mut outcomes = [one.status, other.status];
                outcomes.sort_unstable();
                assert_eq!(outcomes, [201, 409], "{name}: {} {}", one.body, other.body);
            }
        }
    }

    async fn whoever_was_invited_is_found_and_taken_over(test: TestStore) {
        let house = House::new(test).await;
        let (token, owner) = (house.token().await, house.sign_in(house.owner).await);
        let body = json!({ "email": "sam@example.com", "name": "Sam", "role": "agent" });
        let invited = house.ask_as(&owner, "POST", "/v1/invitations", Some(body)).await;
        assert_eq!(invited.status, 201, "{}", invited.body);
        let id = invited.id();
        let found = house.ask(&token, "GET", "/Users?filter=userName%20eq%20%22sam%40example.com%22", None).await;
        let user = &found.body["Resources"][0];
        assert_eq!((&user["id"], &user["userName"], &user["active"]), (&json!(id), &json!("sam@example.com"), &json!(true)));
        assert_eq!((&user["displayName"], &user["emails"][0]["value"]), (&json!("Sam"), &json!("sam@example.com")));
        let path = format!("/Users/{id}");
        let linked = house.patch(&token, &path, json!({ "op": "add", "path": "externalId", "value": "00u7" })).await;
        assert_eq!((linked.status, &linked.body["externalId"]), (200, &json!("00u7")));
        assert_eq!(house.state(&id).await, (MemberState::Invited, "agent".into()));
        house.patch(&token, &path, json!({ "op": "replace", "path": "active", "value": false })).await;
        assert_eq!(house.state(&id).await.0, MemberState::Suspended);
    }

    async fn lists_are_filtered_paged_and_cut(test: TestStore) {
        let house = House::new(test).await;
        let token = house.token().await;
        for n in 0..5 {
            house.test.clock.advance_ms(1);
            house.user(&token, &format!("user{n}@example.com")).await;
        }
        let list = |query: &str| {
            let (house, token, path) = (&house, &token, format!("/Users?{query}"));
            async move { house.ask(token, "GET", &path, None).await.body }
        };
        // The owner is one of them.
        let page = list("startIndex=2&count=2").await;
        assert_eq!((&page["totalResults"], &page["startIndex"], &page["itemsPerPage"]), (&json!(6), &json!(2), &json!(2)));
        assert_eq!(page["Resources"][0]["userName"], "user0@example.com");
        for (query, total, shown) in [
            ("count=0", 6, 0),
            ("count=-3", 6, 0),
            ("startIndex=-7&count=1", 6, 1),
            ("startIndex=100", 6, 0),
            ("startIndex=9223372036854775807&count=9223372036854775807", 6, 0),
            ("filter=userName%20sw%20%22user%22", 5, 5),
            ("filter=userName%20sw%20%22user%22&startIndex=4&count=9", 5, 2),
            ("filter=emails.value%20eq%20%22user3%40example.com%22", 0, 0),
            ("filter=not%20(userName%20sw%20%22user%22)", 1, 1),
            ("filter=active%20eq%20true%20and%20userName%20eq%20%22user1%40example.com%22", 1, 1),
            ("filter=active%20eq%20false%20and%20userName%20eq%20%22user1%40example.com%22", 0, 0),
        ] {
            let page = list(query).await;
            let count = page["Resources"].as_array().map(Vec::len);
            assert_eq!((&page["totalResults"], count), (&json!(total), Some(shown)), "{query}: {page}");
        }
        let page = list("filter=userName%20eq%20%22user1%40example.com%22&attributes=userName,active").await;
        let mut names: Vec<_> = page["Resources"][0].as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["active", "id", "schemas", "userName"]);
        let group = house.group(&token, "Users of the desk", &[]).await;
        for (path, body, total, first) in [
            ("/Users/.search", json!({ "filter": "userName sw \"user\"", "count": 2 }), 5, "user0@example.com"),
            ("/Groups/.search", json!({ "filter": "displayName co \"desk\"" }), 1, ""),
            ("/.search", json!({ "filter": "userName sw \"user\" or displayName sw \"user\"", "startIndex": 5 }), 6, "user4@example.com"),
        ] {
            let found = house.ask(&token, "POST", path, Some(body)).await;
            assert_eq!((found.status, &found.body["totalResults"]), (200, &json!(total)), "{path}: {}", found.body);
            let resources = found.body["Resources"].as_array().unwrap();
            assert_eq!(resources[0]["userName"].as_str().unwrap_or_default(), first, "{path}");
            assert!(path == "/Users/.search" || resources.last().unwrap()["id"] == group.as_str());
        }
        let bad = house.ask(&token, "POST", "/.search", Some(json!({ "attributes": "userName" }))).await;
        assert_eq!(bad.refusal().1, "invalidSyntax");
        let page = list("count=1&excludedAttributes=meta,active").await;
        assert!(page["Resources"][0].get("meta").is_none() && page["Resources"][0]["id"].is_string());
    }

    async fn a_change_on_an_older_version_changes_nothing(test: TestStore) {
        let house = House::new(test).await;
        let token = house.token().await;
        let id = house.user(&token, "sam@example.com").await;
        let path = format!("/Users/{id}");
        let version = house.ask(&token, "GET", &path, None).await.header("etag");
        let title = |title: &str| Some(json!({ "Operations": [{ "op": "add", "path": "title", "value": title }] }).to_string());
        let first = house.ask_with(&token, "PATCH", &path, title("Nurse"), &[("if-match", &version)]).await;
        assert_eq!(first.status, 200);
        assert_ne!(first.header("etag"), version);
        for (method, body) in [("PATCH", title("Doctor")), ("PUT", Some(okta().to_string())), ("DELETE", None)] {
            let answer = house.ask_with(&token, method, &path, body, &[("if-match", &version)]).await;
            assert_eq!(answer.refusal(), (412, String::new(), "scim_version_mismatch".into()), "{method}");
        }
        assert_eq!(house.ask(&token, "GET", &path, None).await.body["title"], "Nurse");
        // What people change here makes another version, too.
        let version = house.ask(&token, "GET", &path, None).await.header("etag");
        let owner = house.sign_in(house.owner).await;
        assert_eq!(house.ask_as(&owner, "POST", &format!("/v1/members/{id}/suspend"), None).await.status, 204);
        let late = house.ask_with(&token, "PATCH", &path, title("Doctor"), &[("if-match", &version)]).await;
        assert_eq!(late.status, 412);
        let any = house.ask_with(&token, "PATCH", &path, title("Doctor"), &[("if-match", "*")]).await;
        assert_eq!((any.status, &any.body["active"]), (200, &json!(false)));
        let current = format!("W/\"x\", {}", any.header("etag"));
        assert_eq!(house.ask_with(&token, "DELETE", &path, None, &[("if-match", &current)]).await.status, 204);
    }

    async fn without_its_leaf_nothing_is_done(test: TestStore) {
        let house = House::new(test).await;
        let token = house.token().await;
        let id = house.user(&token, "sam@example.com").await;
        house.test.break_ledger(true);
        let path = format!("/Users/{id}");
        assert!(house.ask(&token, "POST", "/Users", Some(json!({ "userName": "kim@example.com" }))).await.status >= 500);
        assert!(house.patch(&token, &path, json!({ "op": "replace", "path": "active", "value": false })).await.status >= 500);
        assert!(house.ask(&token, "DELETE", &path, None).await.status >= 500);
        house.test.break_ledger(false);
        assert_eq!(house.state(&id).await.0, MemberState::Active);
        assert_eq!(house.ask(&token, "GET", "/Users", None).await.body["totalResults"], 2);
    }

    async fn what_is_said_about_a_user_goes_with_their_key(test: TestStore) {
        let house = House::new(test).await;
        let token = house.token().await;
        let id: MemberId = house.ask(&token, "POST", "/Users", Some(okta())).await.id().parse().unwrap();
        assert_eq!(house.ask(&token, "DELETE", &format!("/Users/{id}"), None).await.status, 204);
        let left = house.store().read::<_, sealpost_store::StoreError>(&house.ctx, move |tx| {
            Ok((crate::members::find(tx, id)?.and_then(|row| row.slot), store::user(tx, id)?.is_some()))
        });
        assert_eq!(left.await.unwrap(), (None, false));
    }
}

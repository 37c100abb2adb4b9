//! Tokens: good for one thing, for one organisation, until they are revoked.

use sealpost_store::{Actor, Environment, both_engines};
use serde_json::json;

use super::house::House;
use crate::roles::Standard;

both_engines! {
    async fn a_token_is_good_below_its_path_and_nothing_else_is(test: TestStore) {
        let house = House::new(test).await;
        let (token, owner) = (house.token().await, house.sign_in(house.owner).await);
        assert_eq!(house.ask(&token, "GET", "/Users", None).await.status, 200);
        for path in ["/v1/keys", "/v1/members", "/v1/teams"] {
            let answer = house.ask(&token, "GET", path, None).await;
            assert_eq!((answer.status, &answer.body["code"]), (403, &json!("secret_key_required")), "{path}");
        }
        let answer = house.ask(&token, "GET", "/v1/scim/tokens", None).await;
        assert_eq!((answer.status, &answer.body["code"]), (403, &json!("session_required")));
        let session = house.ask_as(&owner, "GET", "/scim/v2/Users", None).await;
        assert_eq!(session.refusal(), (403, String::new(), "directory_token_required".into()));
        let key = json!({ "name": "Shop", "kind": "secret", "scopes": ["members:read", "keys:read"] });
        let key = house.ask_as(&owner, "POST", "/v1/keys", Some(key)).await.text("key");
        assert_eq!(house.ask(&key, "GET", "/Users", None).await.refusal().2, "directory_token_required");
        for (nonsense, code) in [("scim_x", "scim_token_unknown"), (&*token.replace("scim_", "sess_"), "key_malformed"), ("", "credential_invalid")] {
            assert_eq!(house.ask(nonsense, "GET", "/Users", None).await.refusal().2, code, "{nonsense}");
        }
        let nowhere = house.ask(&token, "GET", "/Nothing", None).await;
        assert_eq!(nowhere.refusal(), (404, String::new(), "not_found".into()));
        assert_eq!(house.ask(&token, "POST", "/Schemas", None).await.refusal().0, 405);
    }

    async fn a_token_is_shown_once_listed_and_revoked(test: TestStore) {
        let house = House::new(test).await;
        let owner = house.sign_in(house.owner).await;
        let made = house.ask_as(&owner, "POST", "/v1/scim/tokens", Some(json!({ "name": "Okta" }))).await;
        assert_eq!((made.status, &made.body["role"]), (201, &json!("owner")));
        let (id, token) = (made.id(), made.text("token"));
        assert!(token.starts_with("scim_") && token.ends_with(&made.text("last4")));
        let listed = house.ask_as(&owner, "GET", "/v1/scim/tokens", None).await;
        assert!(!listed.body.to_string().contains(&token));
        assert_eq!((&listed.body["data"][0]["name"], &listed.body["data"][0]["last_used_at"]), (&json!("Okta"), &json!(null)));
        assert_eq!(house.ask(&token, "GET", "/Users", None).await.status, 200);
        let listed = house.ask_as(&owner, "GET", "/v1/scim/tokens", None).await;
        assert!(listed.body["data"][0]["last_used_at"].is_string());
        assert_eq!(house.ask_as(&owner, "DELETE", &format!("/v1/scim/tokens/{id}"), None).await.status, 204);
        assert_eq!(house.ask(&token, "GET", "/Users", None).await.refusal(), (401, String::new(), "scim_token_revoked".into()));
        for n in 0..50 {
            let more = house.ask_as(&owner, "POST", "/v1/scim/tokens", Some(json!({ "name": format!("More {n}") }))).await;
            assert_eq!(more.status, 201);
        }
        let full = house.ask_as(&owner, "POST", "/v1/scim/tokens", Some(json!({ "name": "One more" }))).await;
        assert_eq!((full.status, &full.body["code"]), (409, &json!("scim_tokens_full")));
        let admin = house.sign_in(house.member(Standard::Admin).await).await;
        let refused = house.ask_as(&admin, "POST", "/v1/scim/tokens", Some(json!({ "name": "Mine" }))).await;
        assert_eq!(refused.body["code"], "permission_missing");
        let acts: Vec<_> = house.acts().await.into_iter().map(|(act, _)| act).collect();
        assert!(acts.contains(&"scim_token.create".to_owned()) && acts.contains(&"scim_token.revoke".to_owned()));
    }

    async fn a_directory_of_another_organisation_sees_and_changes_nothing_of_ours(test: TestStore) {
        let ours = House::new(test).await;
        let mut ctx = ours.test.organisation().await;
        ctx.org.environment = Environment::Live;
        ctx.actor = Actor::OPERATOR;
        let token = ours.token().await;
        let (sam, group) = (ours.user(&token, "sam@example.com").await, ours.group(&token, "Desk", &[]).await);
        let theirs = {
            let store = ours.store().clone();
            let owner = crate::members::owner(&store, &ctx).await.unwrap();
            let actor = Actor { kind: sealpost_store::ActorKind::Member, id: owner.bytes() };
            let (keys, name) = (store.keys().clone(), crate::scim::TokenName::parse("Theirs").unwrap());
            let ctx = sealpost_store::Ctx { actor, ..ctx.clone() };
            let made = store.write(&ctx, move |tx| crate::scim::create(tx, &keys, &name)).await;
            made.unwrap_or_else(|_| panic!("refused")).plain.expose().to_owned()
        };
        let stop = json!({ "Operations": [{ "op": "replace", "path": "active", "value": false }] });
        for (method, path, body) in [
            ("GET", format!("/Users/{sam}"), None),
            ("PATCH", format!("/Users/{sam}"), Some(stop)),
            ("PUT", format!("/Users/{sam}"), Some(json!({ "userName": "x" }))),
            ("DELETE", format!("/Users/{sam}"), None),
            ("GET", format!("/Groups/{group}"), None),
            ("PUT", format!("/Groups/{group}"), Some(json!({ "displayName": "x" }))),
            ("DELETE", format!("/Groups/{group}"), None),
        ] {
            let answer = ours.ask(&theirs, method, &path, body).await;
            assert_eq!(answer.refusal(), (404, String::new(), "not_found".into()), "{method} {path}");
        }
        let found = ours.ask(&theirs, "GET", "/Users?filter=userName%20eq%20%22sam%40example.com%22", None).await;
        assert_eq!(found.body["totalResults"], 0);
        // The same name is somebody else there, and our member can't be put into their group.
        let twin = ours.user(&theirs, "sam@example.com").await;
        assert_ne!(twin, sam);
        let body = json!({ "displayName": "Desk", "members": [{ "value": sam }] });
        assert_eq!(ours.ask(&theirs, "POST", "/Groups", Some(body)).await.refusal().0, 400);
        assert_eq!(ours.state(&sam).await.0, crate::members::MemberState::Active);
    }

    async fn the_list_of_networks_for_keys_holds_for_directories(test: TestStore) {
        let house = House::new(test).await;
        let (token, owner) = (house.token().await, house.sign_in(house.owner).await);
        let lists = json!({ "dashboard": [], "admin": [], "keys": ["198.51.100.0/24"] });
        assert_eq!(house.ask_as(&owner, "PUT", "/v1/settings/networks", Some(lists)).await.status, 200);
        assert_eq!(house.ask(&token, "GET", "/Users", None).await.refusal(), (403, String::new(), "network_not_admitted".into()));
        assert!(house.acts().await.iter().any(|(act, actor)| act == "access.deny" && *actor == sealpost_store::ActorKind::Directory as u8));
    }

    async fn what_can_be_asked_is_told(test: TestStore) {
        let house = House::new(test).await;
        let token = house.token().await;
        let config = house.ask(&token, "GET", "/ServiceProviderConfig", None).await.body;
        assert_eq!((&config["patch"]["supported"], &config["bulk"]["supported"], &config["etag"]["supported"]), (&json!(true), &json!(false), &json!(true)));
        let kinds = house.ask(&token, "GET", "/ResourceTypes", None).await.body;
        assert_eq!(kinds["totalResults"], 2);
        let schemas = house.ask(&token, "GET", "/Schemas", None).await.body;
        for schema in schemas["Resources"].as_array().unwrap() {
            let one = house.ask(&token, "GET", &format!("/Schemas/{}", schema["id"].as_str().unwrap()), None).await;
            assert_eq!(&one.body, schema);
        }
        assert_eq!(house.ask(&token, "GET", "/Schemas/nothing", None).await.refusal().0, 404);
        assert_eq!(house.ask(&token, "GET", "/ResourceTypes/User", None).await.body["endpoint"], "/Users");
    }
}

//! Groups, and the roles that they give.

use sealpost_store::both_engines;
use serde_json::{Value, json};

use super::house::{Answer, House};
use crate::roles::Standard;

async fn map(house: &House, session: &str, mappings: &[(&str, &str)]) -> Answer {
    let all: Vec<_> = mappings.iter().map(|(group, role)| json!({ "group": group, "role": role })).collect();
    house.ask_as(session, "PUT", "/v1/scim/role-mappings", Some(json!({ "mappings": all }))).await
}

fn add(members: &[&str]) -> Value {
    let members: Vec<_> = members.iter().map(|id| json!({ "value": id })).collect();
    json!({ "op": "Add", "path": "members", "value": members })
}

both_engines! {
    async fn a_group_is_a_team_and_is_changed_in_every_way_there_is(test: TestStore) {
        let house = House::new(test).await;
        let token = house.token().await;
        let (sam, kim) = (house.user(&token, "sam@example.com").await, house.user(&token, "kim@example.com").await);
        let made = house.ask(&token, "POST", "/Groups", Some(json!({
            "displayName": "Front desk", "externalId": "8aa1", "members": [{ "value": sam, "display": "Sam" }],
        }))).await;
        assert_eq!((made.status, &made.body["displayName"], &made.body["externalId"]), (201, &json!("Front desk"), &json!("8aa1")));
        let (id, path) = (made.id(), format!("/Groups/{}", made.id()));
        let members = |answer: &Answer| -> Vec<String> {
            let all = answer.body["members"].as_array().cloned().unwrap_or_default();
            all.iter().map(|one| one["value"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(members(&made), [sam.as_str()]);
        let both = house.patch(&token, &path, add(&[&kim])).await;
        assert_eq!(members(&both).len(), 2);
        // Once more changes nothing.
        assert_eq!(members(&house.patch(&token, &path, add(&[&kim, &sam])).await).len(), 2);
        let one = house.patch(&token, &path, json!({ "op": "remove", "path": format!("members[value eq \"{sam}\"]") })).await;
        assert_eq!(members(&one), [kim.as_str()]);
        let none = house.patch(&token, &path, json!({ "op": "Remove", "path": "members", "value": [{ "value": kim }] })).await;
        assert_eq!((none.status, members(&none)), (200, vec![]));
        let all = house.patch(&token, &path, json!({ "op": "replace", "path": "members", "value": [{ "value": sam }] })).await;
        assert_eq!(members(&all), [sam.as_str()]);
        let renamed = house.patch(&token, &path, json!({ "op": "Replace", "value": { "id": id, "displayName": "Night shift" } })).await;
        assert_eq!((renamed.status, &renamed.body["displayName"]), (200, &json!("Night shift")));
        let user = house.ask(&token, "GET", &format!("/Users/{sam}"), None).await;
        assert_eq!((&user.body["groups"][0]["value"], &user.body["groups"][0]["display"]), (&json!(id), &json!("Night shift")));
        for (filter, count) in [
            ("displayName%20eq%20%22night%20SHIFT%22", 1),
            ("externalId%20eq%20%228aa1%22", 1),
            ("displayName%20eq%20%22Front%20desk%22", 0),
            ("displayName%20sw%20%22Night%22%20and%20externalId%20pr", 1),
        ] {
            let found = house.ask(&token, "GET", &format!("/Groups?excludedAttributes=members&filter={filter}"), None).await;
            assert_eq!(found.body["totalResults"], count, "{filter}");
            assert!(found.body["Resources"].as_array().unwrap().iter().all(|one| one.get("members").is_none()));
        }
        let put = house.ask(&token, "PUT", &path, Some(json!({ "displayName": "Night shift" }))).await;
        assert_eq!((members(&put), put.body.get("externalId")), (vec![], None));
        let clash = house.ask(&token, "POST", "/Groups", Some(json!({ "displayName": "Night shift" }))).await;
        assert_eq!((clash.refusal().0, clash.refusal().1), (409, "uniqueness".into()));
        let nobody = house.patch(&token, &path, add(&["mem_01h455vb4pex5vsknk084sn02q"])).await;
        assert_eq!(nobody.refusal(), (400, "invalidValue".into(), "scim_value_invalid".into()));
        let nested = house.patch(&token, &path, json!({ "op": "add", "path": "members", "value": [{ "value": id, "type": "Group" }] })).await;
        assert_eq!(nested.refusal().0, 400);
        assert_eq!(house.ask(&token, "DELETE", &path, None).await.status, 204);
        assert_eq!(house.ask(&token, "GET", &path, None).await.refusal().0, 404);
        let user = house.ask(&token, "GET", &format!("/Users/{sam}"), None).await;
        assert!(user.body.get("groups").is_none());
    }

    async fn the_strongest_role_of_a_members_groups_holds_and_another_role_signs_them_out(test: TestStore) {
        let house = House::new(test).await;
        let (token, owner) = (house.token().await, house.sign_in(house.owner).await);
        let sam = house.user(&token, "sam@example.com").await;
        let (agents, builders) = (house.group(&token, "Agents", &[&sam]).await, house.group(&token, "Builders", &[]).await);
        assert_eq!(house.state(&sam).await.1, "viewer");
        let session = house.sign_in(sam.parse().unwrap()).await;
        assert_eq!(house.session_refusal(&house.sessions, &session).await, None);
        // Whoever is in a group already follows at once.
        let mapped = map(&house, &owner, &[(&agents, "agent"), (&builders, "developer")]).await;
        assert_eq!((mapped.status, mapped.body["mappings"].as_array().map(Vec::len)), (200, Some(2)));
        assert_eq!(house.state(&sam).await.1, "agent");
        assert_eq!(house.session_refusal(&house.sessions, &session).await, Some("session_ended"));
        let session = house.sign_in(sam.parse().unwrap()).await;
        let joined = house.patch(&token, &format!("/Groups/{builders}"), add(&[&sam])).await;
        assert_eq!(joined.status, 200, "{}", joined.body);
        assert_eq!(house.state(&sam).await.1, "developer");
        assert_eq!(house.session_refusal(&house.sessions, &session).await, Some("session_ended"));
        let leave = |group: &str| (format!("/Groups/{group}"), json!({ "op": "remove", "path": format!("members[value eq \"{sam}\"]") }));
        let (path, operation) = leave(&builders);
        house.patch(&token, &path, operation).await;
        assert_eq!(house.state(&sam).await.1, "agent");
        assert_eq!(house.ask(&token, "DELETE", &format!("/Groups/{agents}"), None).await.status, 204);
        assert_eq!(house.state(&sam).await.1, "viewer");
        // A group that gives nothing takes nothing.
        let plain = house.group(&token, "Plain", &[]).await;
        let role = json!({ "role": "auditor" });
        assert_eq!(house.ask_as(&owner, "PUT", &format!("/v1/members/{sam}/role"), Some(role)).await.status, 204);
        house.patch(&token, &format!("/Groups/{plain}"), add(&[&sam])).await;
        assert_eq!(house.state(&sam).await.1, "auditor");
        let shown = house.ask_as(&owner, "GET", "/v1/scim/role-mappings", None).await;
        assert_eq!(shown.body["mappings"], json!([{ "group": builders, "role": "developer" }]));
        let acts: Vec<_> = house.acts().await.into_iter().map(|(act, _)| act).collect();
        assert_eq!(acts.iter().filter(|act| *act == "member.role").count(), 5);
        assert_eq!(acts.iter().filter(|act| *act == "role_mapping.change").count(), 1);
    }

    async fn nobody_gives_by_a_group_what_they_lack(test: TestStore) {
        let house = House::new(test).await;
        let (token, owner) = (house.token().await, house.sign_in(house.owner).await);
        let group = house.group(&token, "Doctors", &[]).await;
        assert_eq!(map(&house, &owner, &[(&group, "owner")]).await.body["code"], "owners_only");
        assert_eq!(map(&house, &owner, &[(&group, "role_01h455vb4pex5vsknk084sn02q")]).await.body["code"], "role_unknown");
        assert_eq!(map(&house, &owner, &[("team_01h455vb4pex5vsknk084sn02q", "agent")]).await.body["code"], "scim_group_unknown");
        assert_eq!(map(&house, &owner, &[(&group, "agent"), (&group, "viewer")]).await.status, 422);
        // Somebody who may let directories in, and little else.
        let role = house.ask_as(&owner, "POST", "/v1/roles", Some(json!({
            "name": "Directory clerk", "permissions": ["scim:manage", "members:read"], "visibility": "own", "masks": "full",
        }))).await;
        assert_eq!(role.status, 201, "{}", role.body);
        let clerk = house.member(Standard::Viewer).await;
        let body = json!({ "role": role.id() });
        assert_eq!(house.ask_as(&owner, "PUT", &format!("/v1/members/{clerk}/role"), Some(body)).await.status, 204);
        let session = house.sign_in(clerk).await;
        assert_eq!(map(&house, &session, &[(&group, "admin")]).await.body["code"], "role_exceeds");
        // Through their token nobody does more than they may: a viewer may more.
        let lesser = house.token_of(clerk).await;
        let made = house.ask(&lesser, "POST", "/Users", Some(json!({ "userName": "kim@example.com" }))).await;
        assert_eq!(made.refusal().2, "role_exceeds");
        let sam = house.user(&token, "sam@example.com").await;
        let stop = json!({ "op": "replace", "path": "active", "value": false });
        assert_eq!(house.patch(&lesser, &format!("/Users/{sam}"), stop).await.refusal().2, "outranked");
        // Nor do they take away what somebody mightier gave.
        assert_eq!(map(&house, &owner, &[(&group, "admin")]).await.status, 200);
        assert_eq!(map(&house, &session, &[]).await.body["code"], "outranked");
        // Whoever may manage people, and no more, puts nobody into a group that gives a role.
        let admin = house.sign_in(house.member(Standard::Admin).await).await;
        let put = house.ask_as(&admin, "PATCH", &format!("/v1/teams/{group}"), Some(json!({ "members": [sam] }))).await;
        assert_eq!((put.status, &put.body["code"]), (409, &json!("team_gives_role")));
        let invite = json!({ "email": "new@example.com", "role": "viewer", "teams": [group] });
        assert_eq!(house.ask_as(&admin, "POST", "/v1/invitations", Some(invite)).await.body["code"], "team_gives_role");
        let rename = house.ask_as(&admin, "PATCH", &format!("/v1/teams/{group}"), Some(json!({ "name": "Physicians", "members": [] }))).await;
        assert_eq!(rename.status, 200, "{}", rename.body);
        assert_eq!(house.state(&sam).await.1, "viewer");
    }

    async fn an_owner_in_a_group_stays_one(test: TestStore) {
        let house = House::new(test).await;
        let (token, owner) = (house.token().await, house.sign_in(house.owner).await);
        let group = house.group(&token, "Agents", &[&house.owner.to_string()]).await;
        assert_eq!(map(&house, &owner, &[(&group, "agent")]).await.status, 200);
        assert_eq!(house.state(&house.owner.to_string()).await.1, "owner");
        let out = json!({ "op": "remove", "path": "members" });
        assert_eq!(house.patch(&token, &format!("/Groups/{group}"), out).await.status, 200);
        assert_eq!(house.state(&house.owner.to_string()).await.1, "owner");
    }
}

//! Setting a connection up, and changing it.

use std::sync::{Arc, Mutex};

use sealpost_saml::testing::Provider;
use sealpost_store::both_engines;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::house::{BOTH, House, IDP, Visitor};
use crate::roles::Standard;

const DAY_MS: i64 = 86_400_000;

/// Where a provider's metadata is: what is there, and how often somebody looked.
#[derive(Clone)]
struct Published {
    url: String,
    says: Arc<Mutex<(u16, String)>>,
    looked: Arc<Mutex<u32>>,
}

impl Published {
    async fn new(text: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://127.0.0.1:{}/metadata", listener.local_addr().unwrap().port());
        let published = Self { url, says: Arc::new(Mutex::new((200, text))), looked: Arc::default() };
        let (says, looked) = (published.says.clone(), published.looked.clone());
        tokio::spawn(async move {
            while let Ok((mut peer, _)) = listener.accept().await {
                let mut asked = [0; 4096];
                let _ = peer.read(&mut asked).await;
                *looked.lock().unwrap() += 1;
                let (status, text) = says.lock().unwrap().clone();
                let head =
                    format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", text.len());
                let _ = peer.write_all(head.as_bytes()).await;
                let _ = peer.write_all(text.as_bytes()).await;
            }
        });
        published
    }

    fn say(&self, status: u16, text: String) {
        *self.says.lock().unwrap() = (status, text);
    }

    fn looked(&self) -> u32 {
        *self.looked.lock().unwrap()
    }
}

fn fact<'v>(view: &'v Value, name: &str) -> Option<&'v str> {
    view["facts"].as_array().unwrap().iter().find(|fact| fact["name"] == name)?["value"].as_str()
}

both_engines! {
    async fn a_connection_is_there_before_its_providers_metadata(test: TestStore) {
        let house = House::new(test).await;
        let owner = house.signed_in(&house.ctx, Standard::Owner).await;
        let body = json!({ "name": "Company sign-in" });
        let (status, made) = house.api(&owner, "POST", "/v1/sso/connections/saml", &body).await;
        assert_eq!(status, 201, "{made}");
        let id = made["id"].as_str().unwrap().parse().unwrap();
        let (acs, entity) = (fact(&made, "Reply URL (ACS)").unwrap(), fact(&made, "Entity ID, audience").unwrap());
        assert_eq!(acs, format!("https://localhost/sign-in/saml/{id}/acs"));
        assert_eq!(entity, format!("https://localhost/sign-in/saml/{id}/metadata"));
        assert!(!made.to_string().contains("sealed") && !made.to_string().contains("PRIVATE"));
        let mut visitor = Visitor::default();
        assert_eq!(house.go(&mut visitor, id).await.outcome().unwrap_err(), "metadata_missing");
        assert_eq!(house.certificates(id, "signing").await.len(), 1);
        let (status, changed) = house.change(id, json!({ "metadata": house.provider.metadata(BOTH, "") })).await;
        assert_eq!((status, fact(&changed, "Provider")), (200, Some(IDP)));
        house.invited(&house.ctx, "ada@clinic.example").await;
        assert!(house.sign_in(id, |_| {}).await.is_ok());
        assert!(house.acts().await.contains(&"sso_connection.create".into()));
    }

    async fn metadata_is_fetched_and_looked_at_again_once_a_day(test: TestStore) {
        let house = House::new(test).await;
        let owner = house.signed_in(&house.ctx, Standard::Owner).await;
        let published = Published::new(house.provider.metadata(BOTH, "")).await;
        let body = json!({ "name": "Company sign-in", "metadata_url": published.url, "signing": "p256" });
        let (status, made) = house.api(&owner, "POST", "/v1/sso/connections/saml", &body).await;
        assert_eq!((status, fact(&made, "Its metadata is at")), (201, Some(&*published.url)), "{made}");
        let id = made["id"].as_str().unwrap().parse().unwrap();
        let mut visitor = Visitor::default();
        house.leave(&mut visitor, id).await;
        assert_eq!(published.looked(), 1);
        // A new key is known a day later, by whoever signs in first.
        let newer = Provider::new(IDP);
        published.say(200, newer.metadata(BOTH, ""));
        house.invited(&house.ctx, "ada@clinic.example").await;
        house.test.clock.advance_ms(DAY_MS);
        let away = house.leave(&mut visitor, id).await;
        assert!(house.back(&visitor, &away, &newer.answer(&away.told)).await.is_ok());
        house.leave(&mut visitor, id).await;
        assert_eq!(published.looked(), 2);
        // Whatever is wrong there, what was good stays, and administrators are told.
        let other = Provider::new("https://idp.example.org/metadata").metadata(BOTH, "");
        for (status, text, code) in [
            (500, String::new(), "metadata_not_there"),
            (302, String::new(), "metadata_not_there"),
            (200, "<x/>".into(), ""),
            (200, "A".repeat(600_000), "metadata_too_large"),
            (200, other, "metadata_of_another_provider"),
        ] {
            published.say(status, text);
            house.test.clock.advance_ms(DAY_MS);
            house.leave(&mut visitor, id).await;
            let trouble = house.kept(id).await["provider"]["source"]["trouble"].as_str().unwrap().to_owned();
            assert!(code.is_empty() || trouble == code, "{trouble}");
        }
        // An administrator need not wait for a day.
        published.say(200, house.provider.metadata(BOTH, ""));
        let (status, changed) = house.change(id, json!({ "act": "refresh_metadata" })).await;
        assert_eq!((status, fact(&changed, "Not taken from there then")), (200, None));
        let again = house.sign_in(id, |told| told.id = "_a9").await;
        assert!(again.is_ok(), "{again:?}");
    }

    async fn what_can_not_be_fetched_makes_no_connection(test: TestStore) {
        let house = House::new(test).await;
        let owner = house.signed_in(&house.ctx, Standard::Owner).await;
        let published = Published::new("<x/>".into()).await;
        let make = async |url: &str| {
            let body = json!({ "name": "Company sign-in", "metadata_url": url });
            let (status, answer) = house.api(&owner, "POST", "/v1/sso/connections/saml", &body).await;
            (status, answer["errors"][0]["code"].as_str().unwrap_or_default().to_owned())
        };
        assert_eq!(make(&published.url).await.0, 422);
        published.say(404, String::new());
        assert_eq!(make(&published.url).await, (502, "metadata_not_there".into()));
        assert_eq!(make("https://127.0.0.1:1/").await, (502, "metadata_unreachable".into()));
        assert_eq!(make("http://idp.example.com/metadata").await, (422, "https_required".into()));
        assert_eq!(make("https://user@idp.example.com/").await, (422, "url_userinfo".into()));
        let both = json!({ "name": "x", "metadata": "<x/>", "metadata_url": "https://idp.example.com/" });
        assert_eq!(house.api(&owner, "POST", "/v1/sso/connections/saml", &both).await.0, 422);
    }

    async fn a_signing_key_is_announced_before_it_is_used(test: TestStore) {
        let house = House::new(test).await;
        let id = house.connection(json!({})).await;
        let act = async |act: &str| house.change(id, json!({ "act": act, "signing": "p256" })).await;
        let first = house.certificates(id, "signing").await;
        assert_eq!(act("use_announced_key").await.1["code"], "saml_nothing_announced");
        assert_eq!(act("announce_signing_key").await.0, 200);
        let both = house.certificates(id, "signing").await;
        assert!(both.len() == 2 && both[0] == first[0]);
        assert_eq!(act("use_announced_key").await.0, 200);
        assert_eq!(house.certificates(id, "signing").await, both[1..]);
        house.invited(&house.ctx, "ada@clinic.example").await;
        assert!(house.sign_in(id, |_| {}).await.is_ok());
    }

    async fn whoever_decides_on_what_is_not_so_any_more_decides_nothing(test: TestStore) {
        let house = House::new(test).await;
        let id = house.connection(json!({})).await;
        let (status, changed) = house.change(id, json!({ "asks": { "force_authn": true }, "version": 1 })).await;
        assert_eq!((status, &changed["version"], fact(&changed, "Members")), (200, &json!(2), Some("prove anew who they are")));
        let (status, refused) = house.change(id, json!({ "asks": { "force_authn": false }, "version": 1 })).await;
        assert_eq!((status, &refused["code"]), (409, &json!("changed_meanwhile")));
        for wrong in [
            json!({ "authn_context": ["a b"] }),
            json!({ "authn_context": vec!["urn:x"; 9] }),
            json!({ "email_attribute": " x" }),
            json!({ "encryption": "perhaps" }),
            json!({ "colour": "red" }),
        ] {
            assert_eq!(house.change(id, json!({ "asks": wrong })).await.0, 422, "{wrong}");
        }
        let viewer = house.signed_in(&house.ctx, Standard::Viewer).await;
        let path = format!("/v1/sso/connections/{id}/saml");
        assert_eq!(house.api(&viewer, "PATCH", &path, &json!({})).await.0, 403);
    }
}

//! Whoever comes from the provider.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sealpost_saml::testing::Told;
use sealpost_store::{Time, both_engines};
use serde_json::json;

use super::house::{BOTH, House, Visitor, form};
use crate::roles::{RoleRef, Standard};

const DAY_MS: i64 = 86_400_000;

both_engines! {
    async fn whoever_is_invited_signs_in_at_the_provider(test: TestStore) {
        let house = House::new(test).await;
        let id = house.connection(json!({})).await;
        let ada = house.invited(&house.ctx, "ada@clinic.example").await;
        let token = house.sign_in(id, |_| {}).await.unwrap();
        assert_eq!(house.whose(&token).await, ada);
        assert!(house.acts().await.contains(&"session.create saml".into()));
        // From then on by the name alone, whatever their address is now.
        house.test.clock.advance_ms(60_000);
        let token = house.sign_in(id, |told| (told.attributes, told.id) = (Vec::new(), "_a2")).await.unwrap();
        assert_eq!(house.whose(&token).await, ada);
        // Another name without an address is nobody.
        let other = house.sign_in(id, |told| (told.name_id, told.attributes) = ("eve".into(), Vec::new())).await;
        assert_eq!(other.unwrap_err(), "email_missing");
        assert_eq!(house.refusal(id).await.as_deref(), Some("email_missing"));
    }

    async fn a_provider_that_takes_no_redirect_gets_a_form(test: TestStore) {
        let house = House::new(test).await;
        let owner = house.signed_in(&house.ctx, Standard::Owner).await;
        let id = house.connection_of(&owner, &house.provider.metadata(&["HTTP-POST"], ""), json!({})).await;
        house.invited(&house.ctx, "ada@clinic.example").await;
        let mut visitor = Visitor::default();
        let page = house.go(&mut visitor, id).await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("action=\"https://idp.example.com/HTTP-POST?a=1&amp;b=2\" data-send"), "{}", page.body);
        assert!(page.body.contains("<button>"), "whoever has no script presses a button");
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("form-action https:;") && policy.contains("script-src 'self'"), "{policy}");
        let request = STANDARD.decode(page.hidden("SAMLRequest")).unwrap();
        let request = String::from_utf8(request).unwrap();
        assert!(request.contains("<ds:SignatureValue>"));
        let away = house.away(id, &request, page.hidden("RelayState"));
        assert!(house.back(&visitor, &away, &house.provider.answer(&away.told)).await.is_ok());
    }

    async fn what_is_signed_has_to_be_what_the_organisation_wants(test: TestStore) {
        let house = House::new(test).await;
        let id = house.connection(json!({})).await;
        house.invited(&house.ctx, "ada@clinic.example").await;
        let signed = |response, assertion| move |told: &mut Told| (told.response_signed, told.assertion_signed) = (response, assertion);
        assert!(house.sign_in(id, signed(false, true)).await.is_ok());
        house.test.clock.advance_ms(1000);
        assert!(house.sign_in(id, |told| { signed(true, true)(told); told.id = "_a2"; }).await.is_ok());
        assert_eq!(house.sign_in(id, signed(true, false)).await.unwrap_err(), "assertion_unsigned");
        assert_eq!(house.sign_in(id, signed(false, false)).await.unwrap_err(), "assertion_unsigned");
        assert_eq!(house.change(id, json!({ "asks": { "response_signed": true } })).await.0, 200);
        assert_eq!(house.sign_in(id, signed(false, true)).await.unwrap_err(), "response_unsigned");
        assert!(house.sign_in(id, |told| { signed(true, true)(told); told.id = "_a3"; }).await.is_ok());
    }

    async fn what_is_encrypted_is_opened_also_by_the_key_before(test: TestStore) {
        let house = House::new(test).await;
        let id = house.connection(json!({ "asks": { "encryption": "required" } })).await;
        house.invited(&house.ctx, "ada@clinic.example").await;
        assert_eq!(house.sign_in(id, |_| {}).await.unwrap_err(), "encryption_missing");
        let first = house.certificates(id, "encryption").await.remove(0);
        let to = |certificate: &Vec<u8>, id| {
            let certificate = certificate.clone();
            move |told: &mut Told| (told.encrypted_to, told.id) = (Some(certificate), id)
        };
        assert!(house.sign_in(id, to(&first, "_a1")).await.is_ok());
        assert_eq!(house.change(id, json!({ "act": "renew_decryption_key" })).await.0, 200);
        let second = house.certificates(id, "encryption").await;
        assert!(second.len() == 1 && second[0] != first);
        assert!(house.sign_in(id, to(&first, "_a2")).await.is_ok());
        assert!(house.sign_in(id, to(&second[0], "_a3")).await.is_ok());
        house.test.clock.advance_ms(7 * DAY_MS);
        assert_eq!(house.sign_in(id, to(&first, "_a4")).await.unwrap_err(), "encryption_closed");
        assert!(house.sign_in(id, to(&second[0], "_a5")).await.is_ok());
        // Without encryption nobody is told a key; what is on its way is opened all the same.
        assert_eq!(house.change(id, json!({ "asks": { "encryption": "none" } })).await.0, 200);
        assert!(house.certificates(id, "encryption").await.is_empty());
        assert!(house.sign_in(id, to(&second[0], "_a6")).await.is_ok());
        assert!(house.sign_in(id, |told| told.id = "_a7").await.is_ok());
    }

    async fn an_assertion_counts_once_whoever_is_first(test: TestStore) {
        let house = House::new(test).await;
        let id = house.connection(json!({})).await;
        house.invited(&house.ctx, "ada@clinic.example").await;
        let mut visitor = Visitor::default();
        let away = house.leave(&mut visitor, id).await;
        let response = house.provider.answer(&away.told);
        let all = (0..8).map(|_| house.back(&visitor, &away, &response));
        let outcomes = futures_util::future::join_all(all).await;
        assert_eq!(outcomes.iter().filter(|one| one.is_ok()).count(), 1, "{outcomes:?}");
        let refused: Vec<String> = outcomes.into_iter().filter_map(Result::err).collect();
        assert!(refused.iter().all(|why| why == "replayed"), "{refused:?}");
        assert_eq!(house.back(&visitor, &away, &response).await.unwrap_err(), "replayed");
        // Nor in another answer's clothes: the same assertion in a response that was made anew.
        let mut told = away.told.clone();
        told.response_signed = true;
        assert_eq!(house.back(&visitor, &away, &house.provider.answer(&told)).await.unwrap_err(), "replayed");
    }

    async fn whoever_is_new_becomes_what_their_groups_say(test: TestStore) {
        let house = House::new(test).await;
        let id = house.connection(json!({
            "newcomers": "viewer",
            "groups": [{ "group": "front-desk", "role": "agent" }],
            "asks": { "groups_attribute": "teams" },
        })).await;
        let who = |email: &'static str, groups: &[&'static str], id| {
            let attributes = vec![("mail", vec![email]), ("displayName", vec!["Ada"]), ("teams", groups.to_vec()), ("groups", vec!["front-desk"])];
            move |told: &mut Told| (told.name_id, told.attributes, told.id) = (email.into(), attributes, id)
        };
        let refused = house.sign_in(id, who("ada@clinic.example", &["front-desk"], "_a1")).await;
        assert_eq!(refused.unwrap_err(), "domain_not_verified");
        house.own("clinic.example", id).await;
        let ada = house.sign_in(id, who("ada@clinic.example", &["x", "front-desk"], "_a2")).await.unwrap();
        assert_eq!(house.role(house.whose(&ada).await).await, RoleRef::Standard(Standard::Agent));
        let bob = house.sign_in(id, who("bob@clinic.example", &[], "_a3")).await.unwrap();
        assert_eq!(house.role(house.whose(&bob).await).await, RoleRef::Standard(Standard::Viewer));
        let elsewhere = house.sign_in(id, who("eve@evil.example", &[], "_a4")).await;
        assert_eq!(elsewhere.unwrap_err(), "domain_not_verified");
        let again = house.sign_in(id, who("ada@clinic.example", &[], "_a5")).await.unwrap();
        assert_eq!(house.role(house.whose(&again).await).await, RoleRef::Standard(Standard::Viewer));
    }

    async fn a_name_has_to_last(test: TestStore) {
        let house = House::new(test).await;
        let id = house.connection(json!({})).await;
        house.invited(&house.ctx, "ada@clinic.example").await;
        let with = |format: &'static str, id| move |told: &mut Told| (told.format, told.id) = (format, id);
        for (format, code) in [
            ("urn:oasis:names:tc:SAML:2.0:nameid-format:transient", "name_id_transient"),
            ("urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName", "name_id_format"),
            ("urn:oasis:names:tc:SAML:2.0:nameid-format:entity", "name_id_format"),
        ] {
            assert_eq!(house.sign_in(id, with(format, "_a1")).await.unwrap_err(), code);
        }
        for (format, assertion) in [("", "_a2"), ("urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified", "_a3")] {
            assert!(house.sign_in(id, with(format, assertion)).await.is_ok(), "{format}");
        }
        // A name that is an address is one, if there is no other.
        let bob = house.invited(&house.ctx, "bob@clinic.example").await;
        let token = house.sign_in(id, |told| {
            told.format = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
            (told.name_id, told.attributes, told.id) = ("bob@clinic.example".into(), Vec::new(), "_a4");
        }).await.unwrap();
        assert_eq!(house.whose(&token).await, bob);
    }

    async fn how_and_when_somebody_proved_themselves_is_asked_for_and_looked_at(test: TestStore) {
        let house = House::new(test).await;
        let id = house.connection(json!({ "asks": { "force_authn": true, "authn_context": ["urn:x"] } })).await;
        house.invited(&house.ctx, "ada@clinic.example").await;
        assert_eq!(house.sign_in(id, |_| {}).await.unwrap_err(), "authn_context_mismatch");
        let before = |told: &mut Told| (told.context, told.authenticated_ms) = ("urn:x", told.now_ms - 120_000);
        assert_eq!(house.sign_in(id, before).await.unwrap_err(), "authn_instant_too_old");
        assert!(house.sign_in(id, |told| told.context = "urn:x").await.is_ok());
    }

    async fn a_provider_that_is_out_of_date_or_switched_off_signs_nobody_in(test: TestStore) {
        let house = House::new(test).await;
        let owner = house.signed_in(&house.ctx, Standard::Owner).await;
        let ends = Time::from_unix_ms(house.ctx.now().unix_ms() + 300_000).to_string();
        let metadata = house.provider.metadata(BOTH, &format!(" validUntil=\"{ends}\""));
        let id = house.connection_of(&owner, &metadata, json!({})).await;
        house.invited(&house.ctx, "ada@clinic.example").await;
        let mut visitor = Visitor::default();
        let away = house.leave(&mut visitor, id).await;
        house.test.clock.advance_ms(300_000);
        let told = Told { now_ms: house.ctx.now().unix_ms(), ..away.told.clone() };
        assert_eq!(house.back(&visitor, &away, &house.provider.answer(&told)).await.unwrap_err(), "metadata_expired");
        assert_eq!(house.go(&mut visitor, id).await.outcome().unwrap_err(), "metadata_expired");
        assert_eq!(house.change(id, json!({ "metadata": metadata })).await.1["errors"][0]["code"], "metadata_expired");
        let good = json!({ "metadata": house.provider.metadata(BOTH, "") });
        assert_eq!(house.change(id, good).await.0, 200);
        let away = house.leave(&mut visitor, id).await;
        let owner = house.signed_in(&house.ctx, Standard::Owner).await;
        let off = house.api(&owner, "PATCH", &format!("/v1/sso/connections/{id}"), &json!({ "enabled": false })).await;
        assert_eq!(off.0, 200, "{}", off.1);
        assert_eq!(house.go(&mut visitor, id).await.status, 404);
        let sent = form(&house.provider.answer(&away.told), &away.state);
        assert_eq!(house.hop(id, sent.clone()).await.status, 404);
        assert_eq!(house.enter(&visitor, id, sent).await.status, 404);
    }
}

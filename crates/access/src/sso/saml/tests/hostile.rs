//! Whoever comes with what isn't theirs.

use sealpost_saml::testing::{Provider, Told};
use sealpost_store::both_engines;
use serde_json::json;

use super::house::{BOTH, HERE, House, Visitor, form};
use crate::organisations::operator;
use crate::roles::Standard;

both_engines! {
    async fn another_browsers_sign_in_is_not_taken_over(test: TestStore) {
        let house = House::new(test).await;
        let id = house.connection(json!({})).await;
        house.invited(&house.ctx, "ada@clinic.example").await;
        let (mut ada, mut eve) = (Visitor::default(), Visitor::default());
        let away = house.leave(&mut ada, id).await;
        house.leave(&mut eve, id).await;
        let response = house.provider.answer(&away.told);
        assert_eq!(house.back(&eve, &away, &response).await.unwrap_err(), "sso_lapsed");
        assert_eq!(house.back(&Visitor::default(), &away, &response).await.unwrap_err(), "sso_lapsed");
        // Eve's own state with Ada's answer.
        let own = house.leave(&mut eve, id).await;
        let mixed = house.enter(&eve, id, form(&response, &own.state)).await.outcome();
        assert_eq!(mixed.unwrap_err(), "in_response_to_mismatch");
        house.test.clock.advance_ms(10 * 60_000);
        assert_eq!(house.back(&ada, &away, &response).await.unwrap_err(), "sso_lapsed");
        let page = house.send(
            "POST",
            &format!("/sign-in/saml/{id}"),
            &[("content-type", "application/x-www-form-urlencoded"), ("origin", HERE), ("sec-fetch-site", "same-origin"), ("accept", "text/html,*/*")],
            form(&response, &away.state),
        ).await;
        assert_eq!(page.status, 403);
        assert!(page.body.contains(&format!("href=\"/sign-in/with/{id}\"")) && page.body.contains("sso_lapsed"), "{}", page.body);
    }

    async fn one_organisations_provider_says_nothing_about_anothers_members(test: TestStore) {
        let house = House::new(test).await;
        let ours = house.connection(json!({ "newcomers": "viewer" })).await;
        let them = operator(house.store(), house.test.organisation().await.org);
        let owner = house.signed_in(&them, Standard::Owner).await;
        let other = Provider::new("https://idp.example.org/metadata");
        let theirs = house.connection_of(&owner, &other.metadata(BOTH, ""), json!({})).await;
        house.invited(&them, "bob@clinic.example").await;
        // Our provider asserts their member: to us they are nobody.
        let bob = |told: &mut Told| told.attributes = vec![("email", vec!["bob@clinic.example"])];
        assert_eq!(house.sign_in(ours, bob).await.unwrap_err(), "domain_not_verified");
        // And at their connection our provider is nobody.
        let mut visitor = Visitor::default();
        let away = house.leave(&mut visitor, theirs).await;
        let lie = house.back(&visitor, &away, &house.provider.answer(&away.told)).await;
        assert_eq!(lie.unwrap_err(), "issuer_mismatch");
        let impostor = Provider::new("https://idp.example.org/metadata");
        let lie = house.back(&visitor, &away, &impostor.answer(&away.told)).await;
        assert_eq!(lie.unwrap_err(), "signature_invalid");
        // A sign-in begun at one connection ends at no other, nor does an answer that was meant for another.
        let here = house.leave(&mut visitor, ours).await;
        let across = house.enter(&visitor, theirs, form(&house.provider.answer(&here.told), &here.state)).await;
        assert_eq!(across.outcome().unwrap_err(), "sso_lapsed");
        let mut told = here.told.clone();
        told.acs = away.told.acs.clone();
        assert_eq!(house.back(&visitor, &here, &house.provider.answer(&told)).await.unwrap_err(), "destination_mismatch");
        let mut told = here.told.clone();
        told.audience = away.told.audience.clone();
        assert_eq!(house.back(&visitor, &here, &house.provider.answer(&told)).await.unwrap_err(), "audience_mismatch");
        // Nobody there sees or changes ours.
        let path = format!("/v1/sso/connections/{ours}/saml");
        assert_eq!(house.api(&owner, "PATCH", &path, &json!({})).await.0, 404);
    }

    async fn a_provider_that_begins_by_itself_is_answered_with_a_way_to_begin(test: TestStore) {
        let house = House::new(test).await;
        let id = house.connection(json!({})).await;
        house.invited(&house.ctx, "ada@clinic.example").await;
        let mut visitor = Visitor::default();
        let away = house.leave(&mut visitor, id).await;
        let unasked = Told { request: String::new(), ..away.told.clone() };
        let response = house.provider.answer(&unasked);
        for state in ["", "https://portal.example.com/start", "<script>alert(1)</script>", "{{csrf}}", &"a".repeat(65)] {
            let page = house.hop(id, form(&response, state)).await;
            assert_eq!(page.status, 403, "{state}");
            assert!(page.body.contains("data-code=\"saml_unsolicited\""), "{}", page.body);
            assert!(page.body.contains(&format!("href=\"/sign-in/with/{id}\"")));
            assert!(!page.body.contains("SAMLResponse") && !page.body.contains("alert(1)"), "{}", page.body);
        }
        assert_eq!(house.back(&visitor, &away, &response).await.unwrap_err(), "in_response_to_mismatch");
        let problem = house.send(
            "POST",
            &format!("/sign-in/saml/{id}/acs"),
            &[("content-type", "application/x-www-form-urlencoded")],
            form(&response, ""),
        ).await;
        assert_eq!(problem.outcome().unwrap_err(), "saml_unsolicited");
    }

    async fn hostile_forms_are_refused_and_show_nothing_of_themselves(test: TestStore) {
        let house = House::new(test).await;
        let id = house.connection(json!({})).await;
        let mut visitor = Visitor::default();
        let away = house.leave(&mut visitor, id).await;
        let long = "A".repeat(400_001);
        for hostile in ["\"><script>alert(1)</script>", "PHg-", "{{csrf}}", "é", &*long] {
            let answer = house.hop(id, form(hostile, &away.state)).await;
            assert_eq!((answer.status, answer.outcome().unwrap_err()), (422, "not_base64".into()));
            assert!(!answer.body.contains("alert(1)") && !answer.body.contains("AAAA"));
            let refused = house.enter(&visitor, id, form(hostile, &away.state)).await.outcome();
            assert_eq!(refused.unwrap_err(), "form_malformed");
        }
        let larger = house.hop(id, form(&"A".repeat(600_000), &away.state)).await;
        assert_eq!(larger.outcome().unwrap_err(), "body_too_large");
        for wrong in ["", "RelayState=AAAA", "SAMLResponse=AAAA&SAMLResponse=BBBB&RelayState=AAAA", "SAMLResponse=AAAA&x=y"] {
            assert_eq!(house.hop(id, wrong.into()).await.status, 422, "{wrong}");
        }
        assert_eq!(house.back(&visitor, &away, "AAAA").await.unwrap_err(), "xml_outside_root");
        // Lines may be broken anywhere; on our page they aren't.
        let response = house.provider.answer(&away.told);
        let lines: Vec<&str> = response.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let page = house.hop(id, form(&lines.join("\r\n"), &away.state)).await;
        assert_eq!(page.hidden("SAMLResponse"), response);
        let nobody = "con_0000000000000000000000".replace("con", id.to_string().split('_').next().unwrap());
        assert_eq!(house.send("POST", &format!("/sign-in/saml/{nobody}/acs"), &[("content-type", "application/x-www-form-urlencoded")], form("AAAA", "AAAA")).await.status, 404);
    }

    async fn no_other_site_ends_a_sign_in(test: TestStore) {
        let house = House::new(test).await;
        let id = house.connection(json!({})).await;
        house.invited(&house.ctx, "ada@clinic.example").await;
        let mut visitor = Visitor::default();
        let away = house.leave(&mut visitor, id).await;
        let response = form(&house.provider.answer(&away.told), &away.state);
        let media = ("content-type", "application/x-www-form-urlencoded");
        for headers in [
            &[media][..],
            &[media, ("sec-fetch-site", "cross-site"), ("origin", "https://idp.example.com")],
            &[media, ("sec-fetch-site", "same-site")],
            &[media, ("sec-fetch-site", "same-origin"), ("origin", "null")],
            &[media, ("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")],
        ] {
            let answer = house.send("POST", &format!("/sign-in/saml/{id}"), headers, response.clone()).await;
            assert_eq!(answer.outcome().unwrap_err(), "cross_site_refused");
        }
        assert!(house.enter(&visitor, id, response).await.outcome().is_ok());
    }

    async fn metadata_that_holds_a_private_key_is_refused_and_not_kept(test: TestStore) {
        let house = House::new(test).await;
        let owner = house.signed_in(&house.ctx, Standard::Owner).await;
        let leaked = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----";
        let metadata = house.provider.metadata(BOTH, "").replace("</md:EntityDescriptor>", &format!("<x>{leaked}</x></md:EntityDescriptor>"));
        let body = json!({ "name": "Company sign-in", "metadata": metadata });
        let (status, refused) = house.api(&owner, "POST", "/v1/sso/connections/saml", &body).await;
        assert_eq!((status, &refused["code"], &refused["errors"][0]["code"]), (422, &json!("saml_metadata_refused"), &json!("metadata_private_key")));
        assert!(!refused.to_string().contains("MIGH"));
        for (metadata, code) in [("<x/>", "xml_no_namespace"), ("", "xml_syntax"), ("<!DOCTYPE x>", "xml_document_type")] {
            let body = json!({ "name": "Company sign-in", "metadata": metadata });
            let (status, refused) = house.api(&owner, "POST", "/v1/sso/connections/saml", &body).await;
            assert_eq!((status, &refused["errors"][0]["code"]), (422, &json!(code)), "{metadata}");
        }
    }
}

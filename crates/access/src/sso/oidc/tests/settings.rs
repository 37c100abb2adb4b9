//! What may be said about a provider, and who keeps its secret.

use sealpost_egress::guard::Policy;
use sealpost_seal::{SecretText, SystemRng};
use sealpost_store::both_engines;
use serde_json::json;

use super::House;
use crate::sso::oidc::settings::{Draft, Preset, Settings};

fn google() -> Draft {
    Draft { preset: Some("google".into()), client_id: Some("us".into()), ..Draft::default() }
}

fn refused(draft: &Draft) -> (String, String) {
    let refusal = draft.read(None, &Policy::strict()).unwrap_err();
    let sealpost_web::problem::Place::Pointer(at) = &refusal.errors()[0].place else { panic!("no pointer") };
    (at.clone(), refusal.errors()[0].code.to_string())
}

#[test]
fn each_preset_takes_what_it_needs() {
    let tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47";
    let read = |draft: Draft| draft.read(None, &Policy::strict()).unwrap();
    assert_eq!(read(google()).issuer(), "https://accounts.google.com");
    let microsoft = || Draft { preset: Some("microsoft".into()), ..google() };
    let kept = read(Draft { tenant: Some(tenant.to_uppercase()), ..microsoft() });
    assert_eq!(kept.preset, Preset::Microsoft { tenant: tenant.into() });
    let any = |issuer: &str| Draft { preset: Some("any".into()), issuer: Some(issuer.into()), ..google() };
    assert_eq!(read(any("https://id.example/t/")).issuer(), "https://id.example/t/");
    let domains = Some(vec!["B.example".into(), "a.example.".into(), "b.example".into()]);
    assert_eq!(read(Draft { domains, ..google() }).domains, ["a.example", "b.example"]);
    let told = |at: &str, code: &str| (at.to_owned(), code.to_owned());
    for (draft, expected) in [
        (Draft::default(), told("/preset", "field_missing")),
        (Draft { preset: Some("facebook".into()), ..google() }, told("/preset", "preset_unknown")),
        (microsoft(), told("/tenant", "field_missing")),
        (Draft { tenant: Some("common".into()), ..microsoft() }, told("/tenant", "not_a_tenant_id")),
        (Draft { tenant: Some("clinic.example".into()), ..microsoft() }, told("/tenant", "not_a_tenant_id")),
        (Draft { tenant: Some(format!("{tenant}/x")), ..microsoft() }, told("/tenant", "not_a_tenant_id")),
        (any(""), told("/issuer", "field_missing")),
        (any("http://id.example"), told("/issuer", "issuer_unsuitable")),
        (any("https://10.0.0.1"), told("/issuer", "issuer_unsuitable")),
        (any("https://localhost"), told("/issuer", "issuer_unsuitable")),
        (any("https://id.example/?x=1"), told("/issuer", "issuer_unsuitable")),
        (any("https://id.example/#x"), told("/issuer", "issuer_unsuitable")),
        (any("https://u@id.example"), told("/issuer", "issuer_unsuitable")),
        (Draft { client_id: None, ..google() }, told("/client_id", "field_missing")),
        (Draft { client_id: Some("a b".into()), ..google() }, told("/client_id", "client_id_unsuitable")),
        (Draft { client_id: Some("x".repeat(256)), ..google() }, told("/client_id", "client_id_unsuitable")),
        (Draft { domains: Some(vec!["nodots".into()]), ..google() }, told("/domains", "not_a_domain")),
        (Draft { domains: Some(vec!["co.uk".into()]), ..google() }, told("/domains", "public_suffix")),
        (
            Draft { domains: Some((0..21).map(|at| format!("d{at}.example")).collect()), ..google() },
            told("/domains", "too_many"),
        ),
        (Draft { groups_claim: Some("a b".into()), ..google() }, told("/groups_claim", "claim_unsuitable")),
        (Draft { max_age_minutes: Some(43_201), ..google() }, told("/max_age_minutes", "out_of_range")),
        (
            Draft { client_secret: Some(SecretText::new("x".repeat(2049))), ..google() },
            told("/client_secret", "too_long"),
        ),
    ] {
        assert_eq!(refused(&draft), expected);
    }
}

both_engines! {
    async fn a_secret_opens_for_whom_it_was_entered_and_is_shown_to_nobody(test: TestStore) {
        let house = House::new(&test).await;
        let other = test.organisation().await;
        let keys = house.store.keys().organisation(house.ctx.org.id).await.unwrap();
        let mut settings = google().read(None, &Policy::strict()).unwrap();
        assert!(settings.secret(house.ctx.org.id, &keys).unwrap().is_none());
        settings.keep(house.ctx.org.id, &keys, &SecretText::new("hush".into()), &SystemRng);
        assert!(settings.secret(house.ctx.org.id, &keys).unwrap().unwrap().eq_ct("hush"));
        let text = settings.to_text();
        assert!(!text.contains("hush"));
        assert_eq!(Settings::stored(&text).unwrap(), settings);
        // Whoever writes to the database can't have it sent elsewhere.
        let issuer = "https://evil.example".to_owned();
        for moved in [
            Settings { preset: Preset::Any { issuer }, ..settings.clone() },
            Settings { client_id: "them".into(), ..settings.clone() },
        ] {
            assert!(moved.secret(house.ctx.org.id, &keys).is_err());
        }
        let theirs = house.store.keys().organisation(other.org.id).await.unwrap();
        assert!(settings.secret(other.org.id, &theirs).is_err());
        assert!(Settings::stored("{}").is_err() && Settings::stored(&json!({ "x": 1 }).to_string()).is_err());
    }
}

#[tokio::test]
async fn a_secret_survives_the_turn_of_the_organisation_s_key() {
    let house = sealpost_store::testing::TestStore::sqlite().await;
    let ctx = house.organisation().await;
    let org = ctx.org.id;
    let keys = house.store.keys().organisation(org).await.unwrap();
    let mut settings = google().read(None, &Policy::strict()).unwrap();
    settings.keep(org, &keys, &SecretText::new("hush".to_owned()), &SystemRng);
    let before = settings.to_text();
    let resealed = |keys| crate::sso::oidc::resealed(&before, org, keys, &SystemRng).unwrap();
    assert!(resealed(&*keys).is_none());
    house.store.keys().turn(org, 2).await.unwrap();
    house.clock.advance_ms(40_000);
    let both = house.store.keys().organisation(org).await.unwrap();
    let after = Settings::stored(&resealed(&*both).unwrap()).unwrap();
    assert!(!after.is_outdated(&both).unwrap());
    assert_eq!(after.secret(org, &both).unwrap().unwrap().expose(), "hush");
}

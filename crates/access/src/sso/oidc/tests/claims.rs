//! What each preset believes of whom, as plain decisions.

use proptest::prelude::*;
use sealpost_seal::SecretText;
use sealpost_seal::jws::{Algorithm, Verified};
use sealpost_store::Time;
use serde_json::{Value, json};

use crate::sso::oidc::claims::{Address, Expected, Said, judge};
use crate::sso::oidc::reason::Reason;
use crate::sso::oidc::settings::{Preset, Settings};

const NOW: i64 = 1_800_000_000;
const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";

fn settings(preset: Preset, domains: &[&str]) -> Settings {
    let domains = domains.iter().map(|one| (*one).to_owned()).collect();
    Settings {
        preset,
        client_id: "us".into(),
        secret: None,
        domains,
        groups_claim: Some("groups".into()),
        max_age_minutes: None,
    }
}

fn told(settings: &Settings, more: Value) -> Result<Said, Reason> {
    let mut claims = json!({
        "iss": settings.issuer(), "sub": "s", "aud": "us", "exp": NOW + 60, "iat": NOW, "nonce": "n",
    });
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let payload = claims.to_string().into_bytes();
    let now = Time::from_unix_ms(NOW * 1000);
    let expected = Expected { settings, nonce: "n", begun_at: now, now };
    judge(&expected, &Verified { algorithm: Algorithm::Rs256, kind: None, payload }, None)
}

/// Whether the address is believed to be theirs.
fn verified(settings: &Settings, more: Value) -> Result<bool, Reason> {
    told(settings, more).map(|said| matches!(said.address, Address::Verified(_)))
}

#[test]
fn google_is_believed_about_what_it_hosts() {
    let anybody = settings(Preset::Google, &[]);
    let own = json!({ "email": "a@gmail.com", "email_verified": true });
    assert_eq!(verified(&anybody, own), Ok(true));
    let hosted = json!({ "email": "a@clinic.example", "email_verified": true, "hd": "clinic.example" });
    assert_eq!(verified(&anybody, hosted.clone()), Ok(true));
    // Somebody made an account with an address that Google doesn't host, and may have lost it since.
    let once = json!({ "email": "a@clinic.example", "email_verified": true });
    assert_eq!(verified(&anybody, once.clone()), Ok(false));
    assert_eq!(verified(&anybody, json!({ "email": "a@gmail.com" })), Ok(false));
    let ours = settings(Preset::Google, &["clinic.example"]);
    assert_eq!(verified(&ours, hosted), Ok(true));
    for elsewhere in [once, json!({ "hd": "evil.example", "email": "a@clinic.example", "email_verified": true })] {
        assert_eq!(verified(&ours, elsewhere), Err(Reason::Domain));
    }
    assert_eq!(told(&ours, json!({ "hd": ["clinic.example"] })).err(), Some(Reason::ClaimsMalformed));
}

#[test]
fn microsoft_is_believed_about_its_tenant_and_the_domains_the_organisation_names() {
    let tenant = || Preset::Microsoft { tenant: TENANT.into() };
    let (named, unnamed) = (settings(tenant(), &["clinic.example"]), settings(tenant(), &[]));
    assert_eq!(named.issuer(), format!("https://login.microsoftonline.com/{TENANT}/v2.0"));
    let of = |tid: &str, more: Value| {
        let mut all = json!({ "tid": tid, "email": "a@clinic.example" });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    assert_eq!(verified(&named, of(TENANT, json!({}))), Ok(true));
    assert_eq!(verified(&unnamed, of(TENANT, json!({}))), Ok(false));
    for says in [json!(true), json!(1), json!("1"), json!("true")] {
        assert_eq!(verified(&unnamed, of(TENANT, json!({ "xms_edov": says }))), Ok(true));
    }
    for says in [json!(false), json!(0), json!("0"), json!(null), json!(["1"]), json!(2)] {
        assert_eq!(verified(&unnamed, of(TENANT, json!({ "xms_edov": says }))), Ok(false));
    }
    // Nobody verifies addresses there: what a user of any tenant writes proves nothing.
    assert_eq!(verified(&unnamed, of(TENANT, json!({ "email_verified": true }))), Ok(false));
    assert_eq!(verified(&named, of(TENANT, json!({ "email": "a@elsewhere.example" }))), Err(Reason::Domain));
    let other = "9188040d-6c67-4c5b-b112-36a304b66dad";
    for tid in [json!(other), json!(TENANT.to_uppercase()), json!("")] {
        let answer = json!({ "tid": tid, "email": "a@clinic.example", "xms_edov": true });
        assert_eq!(verified(&named, answer), Err(Reason::Tenant));
    }
    assert_eq!(verified(&named, json!({ "email": "a@clinic.example" })), Err(Reason::Tenant));
}

#[test]
fn any_provider_is_believed_if_it_says_that_it_verified_and_the_domain_is_named() {
    let any = |domains: &[&str]| settings(Preset::Any { issuer: "https://id.example".into() }, domains);
    let address = |verified: Value| json!({ "email": "a@Clinic.example", "email_verified": verified });
    assert_eq!(verified(&any(&[]), address(json!(true))), Ok(true));
    assert_eq!(verified(&any(&["clinic.example"]), address(json!(true))), Ok(true));
    assert_eq!(verified(&any(&["other.example"]), address(json!(true))), Err(Reason::Domain));
    assert_eq!(verified(&any(&["linic.example"]), address(json!(true))), Err(Reason::Domain));
    for no in [json!(false), json!("true"), json!(1), json!(null)] {
        assert_eq!(verified(&any(&[]), address(no)), Ok(false));
    }
    assert_eq!(verified(&any(&["clinic.example"]), json!({})), Ok(false));
}

#[test]
fn groups_are_all_of_them_or_nobody_comes_in() {
    let any = settings(Preset::Any { issuer: "https://id.example".into() }, &[]);
    let groups = |more: Value| told(&any, more).map(|said| said.groups);
    assert_eq!(groups(json!({ "groups": ["a", "b"] })), Ok(vec!["a".into(), "b".into()]));
    assert_eq!(groups(json!({ "groups": "a" })), Ok(vec!["a".into()]));
    assert_eq!(groups(json!({})), Ok(Vec::new()));
    for wrong in [json!([1]), json!({ "a": true }), json!(true), json!(["x".repeat(257)]), json!(vec!["x"; 501])] {
        assert_eq!(groups(json!({ "groups": wrong })), Err(Reason::GroupsMalformed));
    }
    for elsewhere in [json!({ "_claim_names": { "groups": "src1" } }), json!({ "hasgroups": true })] {
        assert_eq!(groups(elsewhere), Err(Reason::GroupsIncomplete));
    }
    let without = Settings { groups_claim: None, ..any };
    assert_eq!(told(&without, json!({ "groups": [1] })).map(|said| said.groups), Ok(Vec::new()));
}

proptest! {
    #[test]
    fn no_claims_make_the_judge_panic_and_others_nonces_are_nobodys(payload: Vec<u8>, nonce: String) {
        let any = settings(Preset::Any { issuer: "https://id.example".into() }, &[]);
        let now = Time::from_unix_ms(NOW * 1000);
        let expected = Expected { settings: &any, nonce: "n", begun_at: now, now };
        let verified = Verified { algorithm: Algorithm::Es256, kind: None, payload };
        prop_assert!(judge(&expected, &verified, Some(&SecretText::new("t".into()))).is_err());
        if nonce != "n" {
            prop_assert_eq!(told(&any, json!({ "nonce": nonce })).err(), Some(Reason::Nonce));
        }
    }
}

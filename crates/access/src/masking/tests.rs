use proptest::prelude::*;
use sealpost_seal::Personal;
use sealpost_seal::viewer::{Field, MaskProfile, Patterns, Viewer};
use sealpost_store::testing::TestStore;
use sealpost_store::{Ctx, StoreError, both_engines};
use sealpost_web::{Permission, PermissionSet};

use super::*;
use crate::permissions::DATA_REVEAL;

fn rules(patterns: &[&str]) -> Rules {
    let rule = |pattern: &&str| Rule {
        name: RuleName::try_from("Rule".to_owned()).unwrap(),
        pattern: Pattern::try_from((*pattern).to_owned()).unwrap(),
    };
    Rules::try_from(patterns.iter().map(rule).collect::<Vec<_>>()).unwrap()
}

fn reader(patterns: &[&str]) -> Viewer {
    viewer(&Masking::Patterns(rules(patterns).into()), PermissionSet::EMPTY, MaskProfile::Full)
}

fn shown(viewer: &Viewer, text: &str) -> String {
    viewer.text(&Personal::new(text.to_owned()), Field::Payload).display().to_owned()
}

fn refused(pattern: &str) -> BadRule {
    Pattern::try_from(pattern.to_owned()).unwrap_err()
}

#[test]
fn what_is_no_safe_pattern_is_refused() {
    assert_eq!(refused(""), BadRule::Length);
    assert_eq!(refused(&"a".repeat(513)), BadRule::Length);
    for beyond_re2 in ["(?=a)b", r"(a)\1", "(?<!a)b", "(", "[z-a]"] {
        assert_eq!(refused(beyond_re2), BadRule::Syntax, "{beyond_re2}");
    }
    for nothing in ["a*", "|", "^", "a?b{0}"] {
        assert_eq!(refused(nothing), BadRule::MatchesEmpty, "{nothing}");
    }
    for large in [r"\w{1,1000}", "(((a{100}){100}){100})"] {
        assert_eq!(refused(large), BadRule::TooComplex, "{large}");
    }
    assert_eq!(refused(&format!("{}a{}", "(".repeat(200), ")".repeat(200))), BadRule::Syntax);
    assert_eq!(Rules::try_from(Vec::new()).unwrap_err(), BadRule::Count);
    let one: Vec<Rule> = rules(&["a"]).into();
    assert_eq!(Rules::try_from(vec![one[0].clone(); 33]).unwrap_err(), BadRule::Count);
    assert!(Rules::try_from(vec![one[0].clone(); 32]).is_ok());
    assert!(!format!("{:?}", rules(&["Ada Lovelace"])).contains("Ada"));
}

#[test]
fn rules_hide_what_they_match_and_leave_the_rest() {
    let viewer = reader(&[r"[A-Z]{2}\d{2}(?: ?\d{4}){2}", r"(?i)pin:? *\d{4}"]);
    let text = "Paid from NO93 8601 1117, PIN: 1234, thank you";
    assert_eq!(shown(&viewer, text), "Paid from xxxxx, xxxxx, thank you");
    assert_eq!(shown(&viewer, "nothing of it"), "nothing of it");
}

#[test]
fn the_width_of_a_mask_never_tells_how_much_it_hides() {
    let viewer = reader(&[r"\d", "ab", "bc"]);
    assert_eq!(shown(&viewer, "code 1234 5"), "code xxxxx xxxxx");
    assert_eq!(shown(&viewer, "-abc-"), "-xxxxx-");
}

#[test]
fn no_spelling_leads_past_a_rule() {
    let viewer = reader(&[r"\b[0-9]{4}\b", "Zoë", "(?i)secret"]);
    for (text, seen) in [
        ("code １２３４!", "code xxxxx!"),
        ("code 12\u{200b}34!", "code xxxxx!"),
        ("code 1\u{ad}2\u{2060}34!", "code xxxxx!"),
        ("𝟏𝟐𝟑𝟒", "xxxxx"),
        ("for Zoe\u{308}.", "for xxxxx."),
        ("ＳＥＣＲＥＴ", "xxxxx"),
        ("sec\u{fe0f}ret", "xxxxx"),
        ("naïve 12", "naïve 12"),
    ] {
        assert_eq!(shown(&viewer, text), seen, "{text:?}");
    }
}

#[test]
fn a_text_with_more_matches_than_anybody_expects_is_hidden_from_there_on() {
    let hostile = rules(&["a|b|ab.*z"]);
    let text = "ab".repeat(100_000);
    let hidden = hostile.hidden_in(&text);
    assert!(hidden.len() == 1 && hidden[0] == (0..text.len()));
    let often = format!("{}the end", "a, ".repeat(200));
    assert!(!shown(&reader(&["a"]), &often).contains("end"));
}

#[test]
fn destinations_and_people_stay_masked_whatever_the_rules() {
    let viewer = reader(&["nothing of the kind"]);
    for field in [Field::Phone, Field::Email, Field::Name, Field::Other] {
        let seen = viewer.text(&Personal::new("marker".into()), field);
        assert!(seen.is_masked() && seen.display() == "xxxxx", "{field:?}");
    }
}

#[test]
fn where_nothing_is_masked_only_whoever_may_reveal_sees() {
    let value = Personal::new("+4791234567".to_owned());
    let seen = |masking: &Masking, permissions: &[Permission], profile| {
        let viewer = viewer(masking, PermissionSet::of(permissions), profile);
        viewer.text(&value, Field::Phone).display().to_owned()
    };
    for (profile, masked) in [(MaskProfile::Full, "xxxxx"), (MaskProfile::Last4, "•••••4567")] {
        assert_eq!(seen(&Masking::Off, &[], profile), masked);
        assert_eq!(seen(&Masking::Off, &[DATA_REVEAL], profile), "+4791234567");
        assert_eq!(seen(&Masking::Default, &[DATA_REVEAL], profile), masked);
    }
}

#[test]
fn rules_leave_a_mask_profile_in_force() {
    let masking = Masking::Patterns(rules(&["secret"]).into());
    let viewer = viewer(&masking, PermissionSet::EMPTY, MaskProfile::Last4);
    assert_eq!(viewer.text(&Personal::new("+4791234567".to_owned()), Field::Phone).display(), "•••••4567");
    assert_eq!(shown(&viewer, "secret: +4791234567"), "xxxxx: •••••4567");
}

proptest! {
    #[test]
    fn what_a_rule_matches_is_never_shown(before in "\\PC{0,20}", secret in "[0-9]{6}", after in "\\PC{0,20}") {
        let text = format!("{before}{secret}{after}");
        let seen = shown(&reader(&["[0-9]{6}"]), &text);
        prop_assert!(!seen.contains(&secret));
    }

    #[test]
    fn hidden_ranges_are_in_order_apart_and_on_characters(text in "\\PC{0,40}", pattern in "[a-z0-9]{1,2}|\\PC") {
        let Ok(pattern) = Pattern::try_from(regex::escape(&pattern)) else { return Ok(()) };
        let name = RuleName::try_from("Rule".to_owned()).unwrap();
        let rules = Rules::try_from(vec![Rule { name, pattern }]).unwrap();
        let mut end = None;
        for range in rules.hidden_in(&text) {
            prop_assert!(end.is_none_or(|end| end < range.start) && range.start < range.end);
            prop_assert!(text.get(range.clone()).is_some());
            end = Some(range.end);
        }
    }
}

async fn decide(house: &TestStore, ctx: &Ctx, version: u32, policy: Policy) -> bool {
    let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
    let put = house.store.maintain::<_, StoreError>(ctx, move |tx| put_into_force(tx, &keys, version, &policy));
    put.await.unwrap()
}

both_engines! {
    async fn a_policy_is_kept_sealed_and_in_force_at_once_for_both_environments(house: TestStore) {
        let (ctx, others) = (house.organisation().await, house.organisation().await);
        let policies = Policies::new(house.store.clone());
        assert_eq!(*policies.of(ctx.org.id).await.unwrap(), Policy::default());
        let policy = Policy {
            masking: Masking::Patterns(rules(&["marker-quagga"]).into()),
            test: Some(Masking::Default),
            reveals: DailyReveals::new(7).unwrap(),
        };
        assert!(decide(&house, &ctx, 1, policy.clone()).await);
        assert_eq!(*policies.of(ctx.org.id).await.unwrap(), policy);
        assert_eq!(*policies.of(others.org.id).await.unwrap(), Policy::default());
        assert!(!decide(&house, &ctx, 1, Policy::default()).await, "a version is decided once");
        assert!(decide(&house, &ctx, 2, Policy { masking: Masking::Off, ..Policy::default() }).await);
        assert_eq!(policies.of(ctx.org.id).await.unwrap().masking, Masking::Off);
        let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
        let stands = house.store.read(&ctx, move |tx| standing(tx, &keys)).await.unwrap();
        assert_eq!((stands.version, stands.since), (2, Some(ctx.now())));
        let kept = house.store.read::<_, StoreError>(&ctx, |tx| {
            let sql = sealpost_store::org_sql!("select rules from masking_policy where org = $1 and version = 1");
            tx.optional(sql, &[], |row| row.get::<Vec<u8>>("rules"))
        }).await.unwrap().unwrap();
        assert!(!kept.windows(6).any(|window| window == b"quagga"));
    }
}

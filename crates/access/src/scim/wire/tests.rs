//! Filters, changes in part and projections, as tables and as properties.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::filter::Compare;
use super::*;

fn object(value: Value) -> Object {
    let Value::Object(object) = value else { panic!("no object") };
    object
}

fn ann() -> Object {
    object(json!({
        "id": "mem_1", "userName": "Ann@Example.com", "externalId": "00U1", "active": true, "displayName": "Ann \"A\" Example",
        "name": { "givenName": "Ann", "familyName": "Example" },
        "emails": [
            { "type": "work", "value": "ann@example.com", "primary": true },
            { "type": "home", "value": "ann@home.example" },
        ],
        "meta": { "created": "2026-01-02T00:00:00Z" },
        ENTERPRISE: { "department": "Ward 7", "manager": { "value": "26118915" } },
    }))
}

fn admits(filter: &str) -> bool {
    Filter::parse(filter).unwrap_or_else(|_| panic!("{filter}")).admits(&ann())
}

#[test]
fn a_filter_lets_through_what_it_says() {
    for filter in [
        r#"userName eq "ann@example.com""#,
        r#"USERNAME EQ "ANN@EXAMPLE.COM""#,
        r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ann""#,
        r#"externalId eq "00U1""#,
        r#"emails eq "ann@home.example""#,
        r#"emails.value ew "home.example""#,
        r#"emails[type eq "work" and value co "@example"]"#,
        r#"emails[type eq "work" and not (value co "home")] and active eq true"#,
        r#"name.familyName co "XAMP""#,
        r#"displayName eq "Ann \"A\" Example""#,
        "title pr or active pr",
        "not (title pr)",
        r#"title ne "Nurse""#,
        r#"meta.created gt "2026-01-01T00:00:00Z" and meta.created le "2026-01-02T00:00:00Z""#,
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "ward 7""#,
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr",
        r#"active eq "True""#,
        "active eq True",
        "title eq null",
        r#"(userName eq "x" or userName sw "a") and active eq true"#,
        // `and` binds tighter than `or`.
        r#"userName sw "a" or userName sw "b" and active eq false"#,
    ] {
        assert!(admits(filter), "{filter}");
    }
    for filter in [
        r#"userName eq "bob@example.com""#,
        r#"externalId eq "00u1""#,
        r#"emails[type eq "home" and value co "@example"]"#,
        r#"emails.value ne "ann@example.com""#,
        "title pr",
        "active eq false",
        r#"userName gt "z""#,
        r#"unheard.of eq "x""#,
        r#"name eq "Ann""#,
    ] {
        assert!(!admits(filter), "{filter}");
    }
}

#[test]
fn what_is_no_filter_is_refused_and_costs_no_more_than_it_is_long() {
    let deep = format!("{}userName pr{}", "(".repeat(2_000), ")".repeat(2_000));
    let nots = format!("{}title pr{}", "not (".repeat(300), ")".repeat(300));
    let wide = vec!["title pr"; 100].join(" or ");
    let long = format!("userName eq \"{}\"", "x".repeat(4_000));
    for bad in [
        "",
        " ",
        "userName",
        "userName eq",
        "userName eq x",
        "userName eq {}",
        "userName eq [1]",
        "userName is \"x\"",
        "eq \"x\"",
        "userName eq \"x",
        "userName eq \"x\" and",
        "(userName pr",
        "userName pr)",
        "not userName pr",
        "emails[type eq \"work\"",
        "emails[emails[type pr]]",
        "user Name pr",
        "1name pr",
        "active gt true",
        "active co true",
        "a..b pr",
        "userName pr\0",
        "\u{0}",
        "userName eq \"\\u12\"",
        "[",
        "]",
        "[]",
        ":",
        "urn: pr",
        &deep,
        &nots,
        &wide,
        &long,
    ] {
        assert_eq!(Filter::parse(bad).err(), Some(Bad::Filter), "{bad:.60}");
    }
    // As deep as anybody goes.
    assert!(Filter::parse(&format!("{}title pr{}", "(".repeat(15), ")".repeat(15))).is_ok());
}

#[test]
fn a_filter_tells_by_what_its_users_are_found() {
    for (filter, known) in [
        (r#"userName eq "a""#, Some(Known::UserName("a"))),
        (r#"active eq true and externalId eq "a""#, Some(Known::ExternalId("a"))),
        (r#"emails[type eq "work" and value eq "a"]"#, Some(Known::Email("a"))),
        (r#"emails.value eq "a""#, Some(Known::Email("a"))),
        (r#"id eq "a""#, Some(Known::Id("a"))),
        (r#"userName eq "a" or active eq true"#, None),
        (r#"not (userName eq "a")"#, None),
        (r#"userName sw "a""#, None),
        (r#"userName ne "a""#, None),
    ] {
        assert_eq!(Filter::parse(filter).unwrap().known(), known, "{filter}");
    }
}

/// What a request of operations makes of Ann.
fn patched(operations: Value) -> Result<Object, Bad> {
    let mut resource = ann();
    let operations = Operations::parse(&json!({ "Operations": operations }))?;
    apply(&mut resource, &operations).map(|()| resource)
}

#[test]
fn operations_do_what_the_standard_and_the_directories_mean() {
    const DEPARTMENT: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";
    for (operations, at, becomes) in [
        // RFC 7644 §3.5.2.
        (json!([{ "op": "add", "path": "title", "value": "Nurse" }]), "/title", json!("Nurse")),
        (json!([{ "op": "replace", "path": "name.givenName", "value": "Anna" }]), "/name/givenName", json!("Anna")),
        (
            json!([{ "op": "replace", "path": "name", "value": { "givenName": "Anna" } }]),
            "/name/familyName",
            json!("Example"),
        ),
        (json!([{ "op": "remove", "path": "displayName" }]), "/displayName", Value::Null),
        (json!([{ "op": "remove", "path": "emails[type eq \"home\"]" }]), "/emails/1", Value::Null),
        (json!([{ "op": "remove", "path": "emails[type eq \"work\"].primary" }]), "/emails/0/primary", Value::Null),
        (
            json!([{ "op": "add", "path": "emails", "value": [{ "value": "c@x.example" }] }]),
            "/emails/2/value",
            json!("c@x.example"),
        ),
        (
            json!([{ "op": "replace", "path": "emails", "value": [{ "value": "c@x.example" }] }]),
            "/emails/0/value",
            json!("c@x.example"),
        ),
        (json!([{ "op": "add", "value": { "nickName": "An" } }]), "/nickName", json!("An")),
        (
            json!([{ "op": "add", "path": "emails", "value": [{ "value": "ann@home.example", "type": "other" }] }]),
            "/emails/2",
            Value::Null,
        ),
        // Okta: a replacement without a path.
        (json!([{ "op": "replace", "value": { "active": false } }]), "/active", json!(false)),
        (json!([{ "op": "replace", "value": { "id": "mem_2", "displayName": "A" } }]), "/id", json!("mem_1")),
        // Entra: capitals, texts for truth, paths as names, elements that are made.
        (json!([{ "op": "Replace", "path": "active", "value": "False" }]), "/active", json!("False")),
        (
            json!([{ "op": "Add", "path": "phoneNumbers[type eq \"work\"].value", "value": "1" }]),
            "/phoneNumbers/0",
            json!({ "type": "work", "value": "1" }),
        ),
        (
            json!([{ "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "new@example.com" }]),
            "/emails/0/value",
            json!("new@example.com"),
        ),
        (
            json!([{ "op": "Add", "value": { "name.givenName": "Anna", DEPARTMENT: "Ward 8" } }]),
            "/name/givenName",
            json!("Anna"),
        ),
        (
            json!([{ "op": "Replace", "path": DEPARTMENT, "value": "Ward 8" }]),
            &format!("/{}/department", ENTERPRISE),
            json!("Ward 8"),
        ),
        (
            json!([{ "op": "Remove", "path": "emails", "value": [{ "value": "ann@home.example" }] }]),
            "/emails/1",
            Value::Null,
        ),
        (json!([{ "op": "Add", "path": "USERNAME", "value": "b" }]), "/userName", json!("b")),
        // One after the other.
        (
            json!([{ "op": "remove", "path": "emails" }, { "op": "add", "path": "emails", "value": { "value": "z@x.example" } }]),
            "/emails/value",
            json!("z@x.example"),
        ),
    ] {
        let made = Value::Object(patched(operations.clone()).unwrap_or_else(|bad| panic!("{operations}: {bad:?}")));
        assert_eq!(made.pointer(at).cloned().unwrap_or_default(), becomes, "{operations}: {made}");
    }
}

#[test]
fn what_cant_be_done_is_said_and_nothing_else_happens() {
    let many: Vec<_> = (0..201).map(|_| json!({ "op": "add", "path": "title", "value": "x" })).collect();
    let long = "a.".repeat(1_000);
    for (operations, bad) in [
        (json!([]), Bad::Syntax),
        (json!("x"), Bad::Syntax),
        (json!([1]), Bad::Syntax),
        (json!([{ "op": "move", "path": "title", "value": "x" }]), Bad::Syntax),
        (json!([{ "path": "title", "value": "x" }]), Bad::Syntax),
        (json!([{ "op": "add", "path": "title" }]), Bad::Syntax),
        (json!([{ "op": "replace", "value": "x" }]), Bad::Syntax),
        (json!([{ "op": "remove" }]), Bad::NoTarget),
        (json!([{ "op": "remove", "path": "" }]), Bad::NoTarget),
        (json!([{ "op": "replace", "path": "emails[type eq \"fax\"].value", "value": "x" }]), Bad::NoTarget),
        (json!([{ "op": "add", "path": "emails[type sw \"fax\"].value", "value": "x" }]), Bad::NoTarget),
        (json!([{ "op": "replace", "path": "id", "value": "x" }]), Bad::Mutability),
        (json!([{ "op": "add", "path": "groups", "value": [] }]), Bad::Mutability),
        (json!([{ "op": "replace", "path": "meta.created", "value": "x" }]), Bad::Mutability),
        (json!([{ "op": "add", "path": 1, "value": "x" }]), Bad::Path),
        (json!([{ "op": "add", "path": "a b", "value": "x" }]), Bad::Path),
        (json!([{ "op": "add", "path": "a\0", "value": "x" }]), Bad::Path),
        (json!([{ "op": "add", "path": "emails[type eq \"work\"].", "value": "x" }]), Bad::Path),
        (json!([{ "op": "add", "path": "emails[type eq \"work\"", "value": "x" }]), Bad::Filter),
        (json!([{ "op": "add", "path": "userName.x", "value": "x" }]), Bad::Path),
        (json!([{ "op": "add", "path": "userName[x pr]", "value": "x" }]), Bad::Path),
        (json!([{ "op": "add", "path": long, "value": "x" }]), Bad::Path),
        (json!(many), Bad::TooMany),
    ] {
        assert_eq!(patched(operations.clone()).err(), Some(bad), "{operations:.80}");
    }
}

#[test]
fn an_answer_shows_what_is_asked_for_and_always_the_id() {
    let shown = |only: Option<&str>, without: Option<&str>| Projection::parse(only, without).unwrap().of(ann());
    let only = shown(Some("userName, emails.type,name.givenName,unheardOf"), None);
    assert_eq!(
        Value::Object(only),
        json!({
            "id": "mem_1", "userName": "Ann@Example.com", "name": { "givenName": "Ann" },
            "emails": [{ "type": "work" }, { "type": "home" }],
        })
    );
    let without =
        shown(None, Some("EMAILS,name.givenName,meta,id,urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"));
    assert_eq!(
        Value::Object(without),
        json!({
            "id": "mem_1", "userName": "Ann@Example.com", "externalId": "00U1", "active": true,
            "displayName": "Ann \"A\" Example", "name": { "familyName": "Example" },
        })
    );
    assert_eq!(Projection::parse(Some("a"), Some("b")), Err(Bad::Syntax));
    assert_eq!(Projection::parse(Some(&"a,".repeat(100)), None), Err(Bad::TooMany));
    assert_eq!(Projection::parse(Some("a b"), None), Err(Bad::Path));
}

/// A filter as text that says what a tree says.
fn said(filter: &Filter) -> String {
    match filter {
        Filter::And(one, other) => format!("({}) and ({})", said(one), said(other)),
        Filter::Or(one, other) => format!("({}) or ({})", said(one), said(other)),
        Filter::Not(filter) => format!("not ({})", said(filter)),
        Filter::Present(path) => format!("{path} pr"),
        Filter::Some(path, filter) => format!("{path}[{}]", said(filter)),
        Filter::Test(path, compare, value) => {
            let word = match compare {
                Compare::Equal => "eq",
                Compare::NotEqual => "ne",
                Compare::Contains => "co",
                Compare::StartsWith => "sw",
                Compare::EndsWith => "ew",
                Compare::Greater => "gt",
                Compare::GreaterOrEqual => "ge",
                Compare::Less => "lt",
                Compare::LessOrEqual => "le",
            };
            format!("{path} {word} {value}")
        }
    }
}

fn path() -> BoxedStrategy<AttrPath> {
    let names = prop_oneof![Just("userName"), Just("emails"), Just("name"), Just("active"), Just("unheardOf")];
    let subs = proptest::option::of(prop_oneof![Just("value"), Just("type"), Just("familyName")]);
    let schemas = proptest::option::weighted(0.2, Just(ENTERPRISE.to_owned()));
    (schemas, names, subs)
        .prop_map(|(schema, name, sub)| AttrPath { schema, name: Some(name.to_owned()), sub: sub.map(str::to_owned) })
        .boxed()
}

fn term() -> BoxedStrategy<Filter> {
    let compare = prop_oneof![
        Just(Compare::Equal),
        Just(Compare::NotEqual),
        Just(Compare::Contains),
        Just(Compare::StartsWith),
        Just(Compare::EndsWith),
        Just(Compare::Greater),
        Just(Compare::GreaterOrEqual),
        Just(Compare::Less),
        Just(Compare::LessOrEqual),
    ];
    let text = "[ -~é\\t\"\\\\]{0,12}".prop_map(Value::from);
    prop_oneof![
        path().prop_map(Filter::Present),
        (path(), compare, text).prop_map(|(path, compare, value)| Filter::Test(path, compare, value)),
        (path(), any::<bool>()).prop_map(|(path, flag)| Filter::Test(path, Compare::Equal, flag.into())),
        (path(), any::<i32>()).prop_map(|(path, number)| Filter::Test(path, Compare::Less, number.into())),
    ]
    .boxed()
}

fn filter() -> BoxedStrategy<Filter> {
    term()
        .prop_recursive(3, 16, 2, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone()).prop_map(|(one, other)| Filter::And(Box::new(one), Box::new(other))),
                (inner.clone(), inner.clone()).prop_map(|(one, other)| Filter::Or(Box::new(one), Box::new(other))),
                inner.prop_map(|filter| Filter::Not(Box::new(filter))),
                (path(), term()).prop_map(|(path, filter)| Filter::Some(path, Box::new(filter))),
            ]
        })
        .boxed()
}

proptest! {
    #[test]
    fn a_filter_is_read_as_it_was_written(filter in filter()) {
        let text = said(&filter);
        prop_assert_eq!(Filter::parse(&text), Ok(filter), "{}", text);
    }

    #[test]
    fn not_lets_through_exactly_what_is_kept_back(filter in filter()) {
        let admits = filter.admits(&ann());
        prop_assert_ne!(Filter::Not(Box::new(filter)).admits(&ann()), admits);
    }

    #[test]
    fn whoever_is_let_through_is_found_by_what_is_known(filter in filter()) {
        if filter.admits(&ann()) {
            match filter.known() {
                Some(Known::UserName(text)) => prop_assert!(text.eq_ignore_ascii_case("ann@example.com")),
                Some(Known::Email(text)) => prop_assert!(text.to_lowercase().starts_with("ann@")),
                Some(Known::Id(text)) => prop_assert_eq!(text, "mem_1"),
                Some(Known::ExternalId(text)) => prop_assert_eq!(text, "00U1"),
                None => {}
            }
        }
    }

    #[test]
    fn no_text_breaks_the_reader(text in "\\PC{0,200}") {
        let _ = Filter::parse(&text);
        let _ = AttrPath::parse(&text);
        let _ = patched(json!([{ "op": "add", "path": text, "value": "x" }]));
    }

    #[test]
    fn texts_made_of_what_filters_are_made_of_break_nothing(
        words in proptest::collection::vec(prop_oneof![
            Just("("), Just(")"), Just("["), Just("]"), Just("not"), Just("and"), Just("or"), Just("pr"), Just("eq"), Just("emails"),
            Just("\"x\""), Just("."), Just("urn:"), Just("true"), Just(" "), Just("\\"), Just("\""),
        ], 0..40),
    ) {
        let text = words.concat();
        let spaced = words.join(" ");
        for text in [text, spaced] {
            if let Ok(filter) = Filter::parse(&text) {
                prop_assert_eq!(Filter::parse(&said(&filter)), Ok(filter));
            }
            let _ = patched(json!([{ "op": "remove", "path": text }]));
        }
    }

    #[test]
    fn what_is_removed_and_added_again_is_as_before(at in 0_usize..2) {
        let before = ann();
        let element = before["emails"][at].clone();
        let kind = element["type"].as_str().unwrap().to_owned();
        let after = patched(json!([
            { "op": "remove", "path": format!("emails[type eq \"{kind}\"]") },
            { "op": "add", "path": "emails", "value": [element] },
        ])).unwrap();
        let sorted = |object: &Object| {
            let mut all: Vec<String> = object["emails"].as_array().unwrap().iter().map(Value::to_string).collect();
            all.sort();
            all
        };
        prop_assert_eq!(sorted(&after), sorted(&before));
    }
}

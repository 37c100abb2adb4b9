//! What templates promise: a sandbox nothing gets out of, and versions that never change.

use std::path::Path;

use proptest::prelude::*;
use sealpost_seal::{Personal, Purpose};
use sealpost_store::{StoreError, both_engines};
use serde_json::{Map, Value, json};

use super::*;
use crate::channels::ChannelKind;
use crate::label::Label;

fn text_only(source: &str) -> Content {
    Content { subject: None, text: source.to_owned(), html: None }
}

fn email(subject: &str, text: &str, html: &str) -> Content {
    Content { subject: Some(subject.to_owned()), text: text.to_owned(), html: Some(html.to_owned()) }
}

fn data(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn mail(text: &str) -> Compiled {
    let content = Content { subject: Some("x".into()), text: text.to_owned(), html: None };
    Compiled::new(ChannelKind::Email, &content).unwrap()
}

fn filled(text: &str, value: Value) -> Result<String, RenderError> {
    mail(text).render(&data(value)).map(|rendered| clear(&rendered.text).to_owned())
}

fn clear(part: &Personal<String>) -> &str {
    part.expose(Purpose::Guard)
}

#[test]
fn a_version_is_filled_with_data_part_by_part() {
    let content = email("Code {{ code }}", "Hi {{ name|default('you') }}: {{ code }}", "<b>{{ name }}</b> {{ code }}");
    let compiled = Compiled::new(ChannelKind::Email, &content).unwrap();
    assert_eq!(compiled.variables().collect::<Vec<_>>(), ["code", "name"]);
    let rendered = compiled.render(&data(json!({ "code": "417-233", "name": "Ada <b>" }))).unwrap();
    assert_eq!(clear(rendered.subject.as_ref().unwrap()), "Code 417-233");
    assert_eq!(clear(&rendered.text), "Hi Ada <b>: 417-233", "text is no HTML");
    assert_eq!(clear(rendered.html.as_ref().unwrap()), "<b>Ada &lt;b&gt;</b> 417-233");
}

#[test]
fn filters_format_what_they_are_given() {
    let values = json!({ "items": ["a", "b", 3], "name": " Ada ", "none": null });
    for (source, expected) in [
        ("{{ items|join(', ') }}", "a, b, 3"),
        ("{{ items|first }}{{ items|last }}{{ items|length }}", "a33"),
        ("{{ name|trim|upper }}{{ name|trim|lower }}", "ADAada"),
        ("{{ 'abcdef'|truncate(4) }}", "abc…"),
        ("{{ missing|default('x') }}{{ none|default('y') }}", "xy"),
        ("{% if missing is not defined %}z{% endif %}", "z"),
        ("{% for item in items %}{{ loop.index }}{{ item }}{% endfor %}", "1a2b33"),
    ] {
        assert_eq!(filled(source, values.clone()).as_deref(), Ok(expected), "{source}");
    }
}

#[test]
fn what_is_missing_is_named_and_what_is_there_is_not() {
    let refused = filled("line\n{{ name }} {{ code }}", json!({ "code": "secret" }));
    assert_eq!(refused, Err(RenderError::Undefined { part: Part::Text, line: 2, missing: vec!["name".into()] }));
    assert!(
        matches!(filled("{{ a.b }}", json!({ "a": {} })), Err(RenderError::Undefined { missing, .. }) if missing.is_empty())
    );
}

#[test]
fn loops_in_loops_run_out_of_fuel() {
    let many: Vec<u32> = (0..1000).collect();
    let source = "{% for a in x %}{% for b in x %}{% for c in x %}{% endfor %}{% endfor %}{% endfor %}";
    assert_eq!(filled(source, json!({ "x": many })), Err(RenderError::Work(Part::Text)));
}

#[test]
fn filters_pay_for_the_bytes_they_move() {
    let (long, many): (String, Vec<u32>) = ("x".repeat(100_000), (0..1000).collect());
    let source = "{% for a in x %}{% if long|upper|length == 0 %}{% endif %}{% endfor %}";
    assert_eq!(filled(source, json!({ "x": many, "long": long })), Err(RenderError::Work(Part::Text)));
    let source = "{% if x|join(long)|length == 0 %}{% endif %}";
    assert_eq!(filled(source, json!({ "x": many, "long": long })), Err(RenderError::Work(Part::Text)));
}

#[test]
fn output_and_data_end_somewhere() {
    let (row, many): (String, Vec<u32>) = ("x".repeat(1000), (0..300).collect());
    let source = "{% for a in x %}{{ row }}{% endfor %}";
    assert_eq!(filled(source, json!({ "x": many, "row": row })), Err(RenderError::Length(Part::Text)));
    assert_eq!(filled("{{ x }}", json!({ "x": "x".repeat(200_000) })), Err(RenderError::Data));
    let deep = (0..40).fold(json!("x"), |inner, _| json!([inner]));
    assert_eq!(filled("{{ x }}", json!({ "x": deep })), Err(RenderError::Data));
    assert_eq!(filled("{{ x }}", json!({ "x": vec![0; 20_000] })), Err(RenderError::Data));
    let sms = Compiled::new(ChannelKind::Sms, &text_only("{{ x }}")).unwrap();
    let refused = sms.render(&data(json!({ "x": "ä".repeat(1531) }))).err();
    assert_eq!(refused, Some(RenderError::Length(Part::Text)));
    assert_eq!(filled("{{ x }}", json!({ "x": " " })), Err(RenderError::Length(Part::Text)));
}

#[test]
fn a_subject_has_no_second_line_and_a_body_no_control_characters() {
    let compiled = Compiled::new(ChannelKind::Email, &email("Hi {{ x }}", "{{ x }}", "{{ x }}")).unwrap();
    for bad in ["a\r\nBcc: eve@example.com", "a\nb", "a\rb", "a\0b", "invoice\u{202e}fdp.exe", "a\u{2028}b", "a\tb"] {
        let refused = compiled.render(&data(json!({ "x": bad }))).err();
        assert_eq!(refused, Some(RenderError::Characters(Part::Subject)), "{bad:?}");
    }
    assert_eq!(filled("{{ x }}", json!({ "x": "a\u{1b}[2J" })), Err(RenderError::Characters(Part::Text)));
    assert_eq!(filled("{{ x }}", json!({ "x": "a\r\n\tb" })).as_deref(), Ok("a\r\n\tb"));
}

#[test]
fn the_channel_decides_the_parts_and_no_part_holds_a_card_number() {
    let refused = |channel, content: &Content| Compiled::new(channel, content).err().unwrap();
    assert_eq!(refused(ChannelKind::Email, &text_only("x")), ContentError::Missing(Part::Subject));
    assert_eq!(refused(ChannelKind::Sms, &email("x", "x", "x")), ContentError::Unexpected(Part::Subject));
    assert_eq!(refused(ChannelKind::Sms, &text_only("")), ContentError::Length(Part::Text));
    assert_eq!(refused(ChannelKind::Sms, &text_only(&"x".repeat(70_000))), ContentError::Length(Part::Text));
    assert_eq!(refused(ChannelKind::Sms, &text_only("4111 1111 1111 1111")), ContentError::CardNumber(Part::Text));
    assert_eq!(refused(ChannelKind::Sms, &text_only("a\n{{ b")), ContentError::Syntax { part: Part::Text, line: 2 });
    assert_eq!(
        refused(ChannelKind::Sms, &text_only("{{ a|nothing_like_it }} {% if %}")).to_string(),
        "a part is not a template"
    );
}

#[test]
fn a_card_number_made_of_harmless_halves_is_seen_in_the_result() {
    let rendered = mail("{{ a }} 1111 1111").render(&data(json!({ "a": "4111 1111" }))).unwrap();
    assert!(rendered.has_card_number());
}

/// What a browser would make of escaped text, as far as our escapes go.
fn unescaped(html: &str) -> String {
    let pairs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#x2f;", "/"), ("&amp;", "&")];
    pairs.iter().fold(html.to_owned(), |text, (escape, plain)| text.replace(escape, plain))
}

fn escapes_and_returns(text: &str) {
    let compiled = Compiled::new(ChannelKind::Email, &email("x", "x", "<p title=\"{{ x }}\">{{ x }}</p>")).unwrap();
    match compiled.render(&data(json!({ "x": text }))) {
        Ok(rendered) => {
            let html = clear(rendered.html.as_ref().unwrap());
            let inner = html.strip_prefix("<p title=\"").unwrap().strip_suffix("</p>").unwrap();
            let (attribute, body) = inner.split_once("\">").unwrap();
            for place in [attribute, body] {
                assert!(!place.contains(['<', '>', '"', '\'']), "{place:?}");
                assert_eq!(unescaped(place), text);
            }
        }
        Err(refused) => assert_eq!(refused, RenderError::Characters(Part::Html), "{text:?}"),
    }
}

/// The vectors stand beside the project, not in it. `None` without them, which is a failure in CI and a loud skip elsewhere.
#[expect(clippy::disallowed_methods, reason = "whether it runs in CI is the test's own configuration")]
#[expect(clippy::print_stderr, reason = "a test that can't run says so loudly")]
fn naughty_strings() -> Option<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors/naughty-strings/blns.json");
    match std::fs::read(&path) {
        Ok(bytes) => Some(serde_json::from_slice(&bytes).unwrap()),
        Err(error) => {
            let in_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
            assert!(!in_ci, "{}: {error}", path.display());
            eprintln!("SKIPPED, VECTORS ABSENT: {}: {error}", path.display());
            None
        }
    }
}

#[test]
fn no_naughty_string_breaks_out_of_its_place() {
    let Some(strings) = naughty_strings() else { return };
    assert!(strings.len() > 500);
    strings.iter().for_each(|text| escapes_and_returns(text));
}

proptest! {
    #[test]
    fn no_text_breaks_out_of_its_place(text in "\\PC{0,80}|[<>\"'/&;#x0-9a-f ]{0,40}") {
        escapes_and_returns(&text);
    }

    #[test]
    fn no_source_makes_the_compiler_or_the_engine_panic(source in "(\\{\\{|\\}\\}|\\{%|%\\}|if|for|in|end|\\||\\.|\\(|\\)|\\[|\\]|[a-c ]|'|~|1){0,60}") {
        if let Ok(compiled) = Compiled::new(ChannelKind::Sms, &text_only(&source)) {
            let _ = compiled.render(&data(json!({ "a": [1, "x", { "b": 2 }], "b": "y" })));
        }
    }

    #[test]
    fn any_data_is_rendered_or_refused(text in "\\PC{0,40}", number: f64, whole: i64, flag: bool) {
        let values = json!({ "t": text, "n": number, "w": whole, "f": flag, "l": [text.clone(), null], "m": { "k": text.clone() } });
        let _ = filled("{{ t|upper }}{{ n }}{{ w }}{{ f }}{{ l|join('-') }}{{ m }}{% for k in m %}{{ k }}{% endfor %}", values);
    }
}

fn new(name: &str) -> NewTemplate {
    NewTemplate { name: Label::parse(name).unwrap(), channel: ChannelKind::Sms, content: text_only("one {{ x }}") }
}

both_engines! {
    async fn versions_are_numbered_and_never_change(house: TestStore) {
        let ctx = house.organisation().await;
        let templates = Templates::new(house.store.clone());
        let (template, first) = templates.create(&ctx, new("login")).await.unwrap();
        let second = templates.publish(&ctx, template.id, text_only("two {{ x }}")).await.unwrap();
        assert_eq!((first.version, second.version), (1, 2));
        assert_eq!(templates.find(&ctx, template.id).await.unwrap().version, 2);
        let versions = templates.versions(&ctx, template.id).await.unwrap();
        assert_eq!(versions.iter().map(|v| (v.version, v.content.text.as_str())).collect::<Vec<_>>(), [(2, "two {{ x }}"), (1, "one {{ x }}")]);
        for (version, expected) in [(1, "one y"), (2, "two y")] {
            let rendered = templates.render(&ctx, template.id, version, &data(json!({ "x": "y" }))).await.unwrap();
            assert_eq!(clear(&rendered.text), expected);
        }
        let missing = templates.render(&ctx, template.id, 3, &Map::new()).await;
        assert!(matches!(missing, Err(TemplateRefusal::NotFound)));
    }

    async fn a_name_belongs_to_one_template_and_a_foreign_template_to_nobody_here(house: TestStore) {
        let (ours, theirs) = (house.organisation().await, house.organisation().await);
        let templates = Templates::new(house.store.clone());
        let (template, _) = templates.create(&ours, new("login")).await.unwrap();
        assert!(matches!(templates.create(&ours, new("login")).await, Err(TemplateRefusal::NameTaken)));
        templates.render(&ours, template.id, 1, &data(json!({ "x": "y" }))).await.unwrap();
        assert!(matches!(templates.find(&theirs, template.id).await, Err(TemplateRefusal::NotFound)));
        assert!(matches!(templates.publish(&theirs, template.id, text_only("x")).await, Err(TemplateRefusal::NotFound)));
        assert!(matches!(templates.compiled(&theirs, template.id, 1).await, Err(TemplateRefusal::NotFound)), "nor from the cache");
        templates.create(&theirs, new("login")).await.unwrap();
    }

    async fn no_leaf_no_template(house: TestStore) {
        let ctx = house.organisation().await;
        let templates = Templates::new(house.store.clone());
        let (template, _) = templates.create(&ctx, new("login")).await.unwrap();
        house.break_ledger(true);
        let unrecorded = |refusal: TemplateRefusal| matches!(refusal, TemplateRefusal::Store(StoreError::Unrecorded));
        assert!(templates.create(&ctx, new("other")).await.is_err_and(unrecorded));
        assert!(templates.publish(&ctx, template.id, text_only("two")).await.is_err_and(unrecorded));
        house.break_ledger(false);
        assert_eq!(templates.list(&ctx, None, 10).await.unwrap().len(), 1);
        assert_eq!(templates.versions(&ctx, template.id).await.unwrap().len(), 1);
    }

    async fn a_card_number_is_never_rendered(house: TestStore) {
        let ctx = house.organisation().await;
        let templates = Templates::new(house.store.clone());
        let (template, _) = templates.create(&ctx, new("login")).await.unwrap();
        let refused = templates.render(&ctx, template.id, 1, &data(json!({ "x": "4111111111111111" }))).await;
        assert!(matches!(refused, Err(TemplateRefusal::CardNumber)));
    }
}

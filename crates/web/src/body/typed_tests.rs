use serde::Deserialize;

use super::super::{Document, Payload, typed};
use crate::problem::Place;

#[derive(Deserialize, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
struct Send {
    to: To,
    #[serde(default)]
    parts: Vec<Part>,
    retries: Option<u8>,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
struct To {
    phone: Phone,
}

#[derive(Debug, PartialEq)]
struct Phone(String);

impl<'de> Deserialize<'de> for Phone {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.starts_with('+') { Ok(Self(text)) } else { Err(serde::de::Error::custom("not_e164")) }
    }
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Part {
    Break,
    Text(String),
    Image { url: String },
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Tagged {
    Plain { text: String },
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, (String, String)> {
    let payload = Payload::Json(Document::parse(text.to_owned().into()).unwrap());
    typed(&payload).map_err(|refusal| {
        let wrong = refusal.errors()[0].clone();
        let Place::Pointer(pointer) = wrong.place else { panic!("not a pointer") };
        (pointer, wrong.code.into_owned())
    })
}

fn wrong(text: &str) -> (String, String) {
    read::<Send>(text).unwrap_err()
}

#[test]
fn a_body_is_read_into_its_type() {
    let send: Send = read(
        r#"{"to":{"phone":"+1"},"parts":["break",{"text":"a\n\ud83d\ude00"},{"image":{"url":"u"}}],"retries":2.0}"#,
    )
    .unwrap();
    let parts = vec![Part::Break, Part::Text("a\n😀".into()), Part::Image { url: "u".into() }];
    assert_eq!(send, Send { to: To { phone: Phone("+1".into()) }, parts, retries: Some(2) });
    assert_eq!(read::<Tagged>(r#"{"kind":"plain","text":"x"}"#).unwrap(), Tagged::Plain { text: "x".into() });
}

#[test]
fn what_is_wrong_is_pointed_at_and_never_repeated() {
    for (text, pointer, code) in [
        (r#"{"to":{"phone":"12345"}}"#, "/to/phone", "not_e164"),
        (r#"{"to":{"phone":"+1","fax":"secret"}}"#, "/to/fax", "field_unknown"),
        (r#"{"to":{}}"#, "/to/phone", "field_missing"),
        (r#"{"to":{"phone":"+1"},"a/b~":1}"#, "/a~1b~0", "field_unknown"),
        (r#"{"to":{"phone":"+1"},"retries":256}"#, "/retries", "field_invalid"),
        (r#"{"to":{"phone":"+1"},"retries":"2"}"#, "/retries", "field_invalid"),
        (r#"{"to":{"phone":"+1"},"retries":1.5}"#, "/retries", "field_invalid"),
        (r#"{"to":{"phone":"+1"},"parts":["break","fast"]}"#, "/parts/1", "field_invalid"),
        (r#"{"to":{"phone":"+1"},"parts":[{"image":{"url":1}}]}"#, "/parts/0/image/url", "field_invalid"),
        (r#"{"to":null}"#, "/to", "field_invalid"),
        ("[]", "", "field_invalid"),
    ] {
        assert_eq!(wrong(text), (pointer.into(), code.into()), "{text}");
    }
    assert_eq!(read::<Tagged>(r#"{"kind":"plain"}"#).unwrap_err(), ("/text".into(), "field_missing".into()));
}

#[test]
fn a_list_is_not_taken_for_an_object() {
    // serde's derived structs would accept it.
    assert_eq!(wrong(r#"{"to":["+1"]}"#), ("/to".into(), "field_invalid".into()));
    assert_eq!(wrong(r#"[{"phone":"+1"}]"#), (String::new(), "field_invalid".into()));
}

//! As what a body leaves: JSON, or a form for receivers that read nothing else.

use bytes::Bytes;
use serde_json::Value;
use url::form_urlencoded::Serializer;

use crate::endpoints::call::JSON;

/// What a form is (WHATWG URL §5, `application/x-www-form-urlencoded`).
pub(in crate::endpoints) const FORM: &str = "application/x-www-form-urlencoded";

/// As what a body leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::endpoints) enum BodyForm {
    /// As it is.
    #[default]
    Json,
    /// As a form.
    Form,
}

impl BodyForm {
    /// The word it is stored and shown as.
    pub(in crate::endpoints) const fn word(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Form => "form",
        }
    }

    /// The one of this word.
    pub(super) fn read(word: &str) -> Option<Self> {
        [Self::Json, Self::Form].into_iter().find(|form| form.word() == word)
    }

    /// A body as it leaves, and what it is then. What isn't JSON, such as ciphertext, leaves as it is; nothing if it should be and isn't.
    pub(in crate::endpoints) fn apply(self, body: Bytes, media_type: &'static str) -> Option<(Bytes, &'static str)> {
        match self {
            Self::Form if media_type == JSON => {
                let value = serde_json::from_slice(&body).ok()?;
                Some((encoded(&value).into(), FORM))
            }
            Self::Json | Self::Form => Some((body, media_type)),
        }
    }
}

/// The form of a JSON object, in its order: `data[list][0]=…`, as PHP, Rack and `qs` read them. A form knows texts only: numbers and
/// truths are written as in JSON, and nothing, an empty list and an empty object are the empty text.
fn encoded(value: &Value) -> String {
    let mut form = Serializer::new(String::new());
    match value {
        Value::Object(all) => all.iter().for_each(|(name, value)| fields(&escaped(name), value, &mut form)),
        other => fields("value", other, &mut form),
    }
    form.finish()
}

fn fields(name: &str, value: &Value, form: &mut Serializer<'_, String>) {
    match value {
        Value::Object(all) if !all.is_empty() => {
            all.iter().for_each(|(part, value)| fields(&format!("{name}[{}]", escaped(part)), value, form));
        }
        Value::Array(all) if !all.is_empty() => {
            all.iter().enumerate().for_each(|(at, value)| fields(&format!("{name}[{at}]"), value, form));
        }
        Value::String(text) => drop(form.append_pair(name, text)),
        Value::Null | Value::Object(_) | Value::Array(_) => drop(form.append_pair(name, "")),
        Value::Bool(_) | Value::Number(_) => drop(form.append_pair(name, &value.to_string())),
    }
}

/// A name in which no bracket is one of ours, so that no name of a field can pass for the place of another.
fn escaped(name: &str) -> String {
    name.replace('%', "%25").replace('[', "%5B").replace(']', "%5D")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn pairs(value: &Value) -> Vec<(String, String)> {
        url::form_urlencoded::parse(encoded(value).as_bytes()).into_owned().collect()
    }

    #[test]
    fn a_notice_is_a_form_in_its_own_order() {
        let notice = json!({
            "id": "evt_1", "type": "message.delivered",
            "data": { "message_id": "msg_1", "list": [true, { "n": 1.5 }, []], "none": null, "text": "é & = +\n" },
        });
        assert_eq!(
            encoded(&notice),
            "id=evt_1&type=message.delivered&data%5Bmessage_id%5D=msg_1&data%5Blist%5D%5B0%5D=true&data%5Blist%5D%5B1%5D%5Bn%5D=1.5\
             &data%5Blist%5D%5B2%5D=&data%5Bnone%5D=&data%5Btext%5D=%C3%A9+%26+%3D+%2B%0A"
        );
    }

    #[test]
    fn what_is_no_json_leaves_as_it_is() {
        let token = Bytes::from_static(b"eyJ..x");
        assert_eq!(BodyForm::Form.apply(token.clone(), "application/jose"), Some((token, "application/jose")));
        assert_eq!(BodyForm::Form.apply(Bytes::from_static(b"{"), JSON), None);
        let (body, is) = BodyForm::Json.apply(Bytes::from_static(b"{"), JSON).unwrap();
        assert_eq!((&body[..], is), (&b"{"[..], JSON));
    }

    fn tree() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i64>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            Just(Value::Null),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec(("[a-b\\[\\]%0-1]{0,4}", inner), 0..4)
                    .prop_map(|all| Value::Object(all.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn no_name_passes_for_another_and_no_text_is_changed(value in tree()) {
            let value = json!({ "data": value });
            let pairs = pairs(&value);
            let names: HashSet<_> = pairs.iter().map(|(name, _)| name).collect();
            prop_assert_eq!(names.len(), pairs.len());
            let mut texts = Vec::new();
            leaves(&value, &mut texts);
            prop_assert_eq!(pairs.into_iter().map(|(_, text)| text).collect::<Vec<_>>(), texts);
        }
    }

    fn leaves(value: &Value, texts: &mut Vec<String>) {
        match value {
            Value::Object(all) if !all.is_empty() => all.values().for_each(|value| leaves(value, texts)),
            Value::Array(all) if !all.is_empty() => all.iter().for_each(|value| leaves(value, texts)),
            Value::String(text) => texts.push(text.clone()),
            Value::Bool(_) | Value::Number(_) => texts.push(value.to_string()),
            _ => texts.push(String::new()),
        }
    }
}

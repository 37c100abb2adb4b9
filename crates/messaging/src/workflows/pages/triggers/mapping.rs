//! How what runs are started with is written in a form: a line for each field, `plan = /data/plan` or `by = "crm"`.

use std::collections::BTreeMap;

use sealpost_web::Refusal;
use sealpost_web::shell::parts::{Field, Kind};

use crate::workflows::codes::TRIGGER_INVALID;
use crate::workflows::definition::{Given, Path};
use crate::workflows::triggers::Mapping;

/// Lines that are seen while they are written.
const LINES: u8 = 4;

/// The field of a form that says it.
pub(super) fn field(value: Option<&str>) -> Field {
    Field::new("data", "Runs are started with")
        .kind(Kind::Lines(LINES, true))
        .value(value.unwrap_or_default())
        .placeholder("plan = /data/plan")
        .hint("A line for each: plan = /data/plan for a field of what came, by = \"crm\" for a value. Left empty, all of what came.")
}

/// What these lines say.
pub(super) fn read(text: &str) -> Result<Mapping, Refusal> {
    let wrong = |code: &'static str| Refusal::of(&TRIGGER_INVALID).at("/data", code);
    let mut data = BTreeMap::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (name, given) = line.split_once('=').ok_or_else(|| wrong("line_without_equals_sign"))?;
        let (name, given) = (name.trim(), given.trim());
        let given = match Path::parse(given) {
            Some(path) => Given::Field(path),
            None => Given::Value(serde_json::from_str(given).map_err(|_| wrong("neither_field_nor_value"))?),
        };
        if name.is_empty() {
            return Err(wrong("name_missing"));
        }
        if data.insert(name.to_owned(), given).is_some() {
            return Err(wrong("name_taken"));
        }
    }
    Ok((!data.is_empty()).then_some(data))
}

/// A line for each field; none if runs are started with all of what came.
pub(super) fn written(data: &Mapping) -> Vec<String> {
    let given = |given: &Given| match given {
        Given::Field(path) => path.as_str().to_owned(),
        Given::Value(value) => value.to_string(),
    };
    data.iter().flatten().map(|(name, what)| format!("{name} = {}", given(what))).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_and_values_are_told_apart() {
        let read = read("plan = /data/plan\n\n  by=\"crm\"\nsince = 3").unwrap();
        let says = json!({ "plan": { "field": "/data/plan" }, "by": { "value": "crm" }, "since": { "value": 3 } });
        assert_eq!(serde_json::to_value(&read).unwrap(), says);
        assert_eq!(written(&read), ["by = \"crm\"", "plan = /data/plan", "since = 3"]);
    }

    #[test]
    fn nothing_said_is_all_of_what_came() {
        assert_eq!(read(" \n").unwrap(), None);
        assert!(written(&None).is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_said_by_a_code_and_never_repeated() {
        for (text, code) in [
            ("marker-okapi", "line_without_equals_sign"),
            ("plan = marker-okapi", "neither_field_nor_value"),
            ("plan = /elsewhere/marker-okapi", "neither_field_nor_value"),
            (" = /data/marker-okapi", "name_missing"),
            ("a = 1\na = \"marker-okapi\"", "name_taken"),
        ] {
            let refusal = read(text).unwrap_err();
            assert_eq!((&*refusal.errors()[0].code, refusal.explanation()), (code, None), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn what_is_written_is_read_again(
            fields in prop::collection::btree_map("[a-z_]{1,12}", "/data/[a-z]{1,12}", 0..6),
            values in prop::collection::btree_map("[A-Z]{1,12}", "\\PC{0,12}", 1..6),
        ) {
            let fields = fields.into_iter().map(|(name, path)| (name, Given::Field(Path::parse(&path).unwrap())));
            let values = values.into_iter().map(|(name, value)| (name, Given::Value(json!(value))));
            let data: Mapping = Some(fields.chain(values).collect());
            prop_assert_eq!(read(&written(&data).join("\n")).unwrap(), data);
        }

        #[test]
        fn no_lines_make_the_reader_panic(text: String) {
            let _ = read(&text);
        }
    }
}

//! Forms, as browsers send them (`application/x-www-form-urlencoded`; WHATWG URL §5): read as strictly as everything else.

use hyper::body::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::browser::CSRF_FIELD;
use crate::idempotency::key;
use crate::problem::{BODY_INVALID, Refusal};
use crate::query::{self, Problem};

/// The media type of forms.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// The fields of a form.
#[derive(Default)]
pub(crate) struct Form {
    pairs: Vec<(String, String)>,
    csrf: Option<String>,
    /// What makes the request done once, however often it is sent.
    idempotency_key: Option<String>,
}

impl Form {
    /// Reads a form. A field that was left empty isn't there; `name[]` may be there more than once.
    pub(crate) fn parse(bytes: &Bytes) -> Result<Self, Refusal> {
        let text = std::str::from_utf8(bytes).map_err(|_| refusal(&Problem::of("", "field_invalid")))?;
        Self::of(
            query::pairs(text)
                .map_err(|problem| refusal(&problem))?
                .into_iter()
                // Lines end in one way, whatever browsers make of them on their way (HTML Living Standard §4.10.21.8).
                .map(|(name, value)| (name.into_owned(), value.replace("\r\n", "\n"))),
        )
    }

    fn of(pairs: impl Iterator<Item = (String, String)>) -> Result<Self, Refusal> {
        let mut form = Self::default();
        for (name, value) in pairs.filter(|(_, value)| !value.is_empty()) {
            let (name, is_list) = name.strip_suffix("[]").map_or((name.clone(), false), |name| (name.to_owned(), true));
            match form.pairs.iter_mut().find(|(earlier, _)| *earlier == name) {
                Some((_, all)) if is_list => {
                    all.push(',');
                    all.push_str(&value);
                }
                Some(_) => return Err(refusal(&Problem::of(&name, "field_duplicate"))),
                None => match form.own(&name) {
                    Some(Some(_)) => return Err(refusal(&Problem::of(&name, "field_duplicate"))),
                    Some(own) => *own = Some(value),
                    None => form.pairs.push((name, value)),
                },
            }
        }
        Ok(form)
    }

    /// Where a field goes that is ours and not the route's.
    fn own(&mut self, name: &str) -> Option<&mut Option<String>> {
        match name {
            CSRF_FIELD => Some(&mut self.csrf),
            key::FIELD => Some(&mut self.idempotency_key),
            _ => None,
        }
    }

    /// The form an example of a route stands for.
    pub(crate) fn of_example(example: &Value) -> Result<Self, Refusal> {
        let fields = example.as_object().into_iter().flatten();
        Self::of(fields.flat_map(|(name, value)| match value {
            Value::Array(values) => values.iter().map(|value| (format!("{name}[]"), plain(value))).collect::<Vec<_>>(),
            value => vec![(name.clone(), plain(value))],
        }))
    }

    /// The token that tells that it is one of ours.
    pub(crate) fn csrf(&self) -> Option<&str> {
        self.csrf.as_deref()
    }

    /// What the client calls the request.
    pub(crate) fn idempotency_key(&self) -> Option<&str> {
        self.idempotency_key.as_deref()
    }

    /// What the fields are to a handler.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        let pairs = self.pairs.iter().map(|(name, value)| (&**name, &**value));
        query::typed(pairs).map_err(|problem| refusal(&problem))
    }

    /// The fields, in their order; the token is no part of what is asked for.
    pub(crate) fn write_canonical(&self, out: &mut Vec<u8>) {
        for part in self.pairs.iter().flat_map(|(name, value)| [name, value]) {
            out.extend_from_slice(&(part.len() as u32).to_be_bytes());
            out.extend_from_slice(part.as_bytes());
        }
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn refusal(problem: &Problem) -> Refusal {
    let pointer = match &*problem.name {
        "" => String::new(),
        name => format!("/{}", name.replace('~', "~0").replace('/', "~1")),
    };
    Refusal::of(&BODY_INVALID).at(pointer, problem.code.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize, Debug, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Role {
        name: String,
        minutes: Option<u16>,
        #[serde(default)]
        permissions: Vec<String>,
    }

    fn read(text: &'static str) -> Result<Role, (String, String)> {
        let wrong = |refusal: Refusal| {
            let wrong = refusal.errors()[0].clone();
            let crate::problem::Place::Pointer(pointer) = wrong.place else { panic!("not a pointer") };
            (pointer, wrong.code.into_owned())
        };
        Form::parse(&Bytes::from_static(text.as_bytes())).map_err(wrong)?.read().map_err(wrong)
    }

    #[test]
    fn fields_become_what_their_types_want_and_the_token_is_none_of_them() {
        let role = read("name=Night+shift&minutes=&permissions%5B%5D=a%3Ab&permissions[]=c%3Ad&_csrf=x").unwrap();
        assert_eq!(
            role,
            Role { name: "Night shift".into(), minutes: None, permissions: vec!["a:b".into(), "c:d".into()] }
        );
        let form = Form::parse(&Bytes::from_static(b"_csrf=abc&name=x")).unwrap();
        assert_eq!(form.csrf(), Some("abc"));
    }

    #[test]
    fn what_is_wrong_is_named_without_its_value() {
        for (text, pointer, code) in [
            ("name=x&minutes=many", "/minutes", "field_invalid"),
            ("name=x&name=y", "/name", "field_duplicate"),
            ("name=x&_csrf=1&_csrf=2", "/_csrf", "field_duplicate"),
            ("name=x&colour=red", "/colour", "field_unknown"),
            ("name=", "/name", "field_missing"),
            ("name=%ff", "/name", "field_invalid"),
        ] {
            assert_eq!(read(text), Err((pointer.into(), code.into())), "{text}");
        }
    }

    #[test]
    fn a_token_makes_no_other_request() {
        let canonical = |text: &'static [u8]| {
            let mut out = Vec::new();
            Form::parse(&Bytes::from_static(text)).unwrap().write_canonical(&mut out);
            out
        };
        assert_eq!(canonical(b"_csrf=1&name=x"), canonical(b"name=x&_csrf=2"));
        assert_ne!(canonical(b"a=bc"), canonical(b"ab=c"));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
            let _ = Form::parse(&bytes.into());
        }
    }
}

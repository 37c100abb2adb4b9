//! Headers as people type them: a line each, `X-Tenant: clinic`, and `Authorization: Bearer {secret:shop-token}` where a stored secret
//! stands at the end.

use sealpost_access::secrets::SecretRef;

use super::model::{Header, Value};
use super::service::GivenHeader;

const OPENS: &str = "{secret:";

/// The headers of these lines; `Err` says which line, counted from 0, is none.
pub(super) fn read(text: &str) -> Result<Vec<GivenHeader>, usize> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.enumerate().map(|(at, line)| header(line).ok_or(at)).collect()
}

fn header(line: &str) -> Option<GivenHeader> {
    let (name, value) = line.split_once(':')?;
    let (name, value) = (name.trim().to_owned(), value.trim());
    let Some(start) = value.find(OPENS) else {
        return Some(GivenHeader { name, value: value.to_owned(), secret: None });
    };
    let (prefix, named) = value.split_at_checked(start)?;
    let named = named.strip_prefix(OPENS)?.strip_suffix('}')?;
    Some(GivenHeader { name, value: prefix.to_owned(), secret: Some(SecretRef::parse(named)?) })
}

/// The same, as it is shown.
pub(super) fn write(headers: &[Header]) -> String {
    let line = |header: &Header| match &header.value {
        Value::Text(text) => format!("{}: {}", header.name.as_str(), text.as_str()),
        Value::Stored { prefix, secret } => {
            format!("{}: {}{OPENS}{secret}}}", header.name.as_str(), prefix.as_str())
        }
    };
    headers.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::rules::{HeaderName, HeaderText};
    use super::*;
    use proptest::prelude::*;
    use sealpost_store::SecretId;

    #[test]
    fn a_line_is_a_header_with_a_text_or_a_secret() {
        let read = read("X-Tenant: clinic:north\n\nAuthorization: Bearer {secret:shop-token}\n").unwrap();
        let [tenant, auth] = &read[..] else { panic!("two") };
        assert_eq!((tenant.name.as_str(), tenant.value.as_str()), ("X-Tenant", "clinic:north"));
        assert!(tenant.secret.is_none());
        assert_eq!((auth.name.as_str(), auth.value.as_str()), ("Authorization", "Bearer "));
        assert_eq!(auth.secret, SecretRef::parse("shop-token"));
        for bad in ["no colon", "a: {secret:Bad}", "a: {secret:x", "a: {secret:x} more"] {
            assert_eq!(super::read(bad).err(), Some(0), "{bad}");
        }
    }

    #[test]
    fn what_is_shown_is_read_back() {
        let header = |name: &str, value| Header { name: HeaderName::parse(name).unwrap(), value };
        let headers = [
            header("x-tenant", Value::Text(HeaderText::value("a b").unwrap())),
            header(
                "authorization",
                Value::Stored { prefix: HeaderText::prefix("Bearer ").unwrap(), secret: SecretId::from_bytes([1; 16]) },
            ),
        ];
        let back = read(&write(&headers)).unwrap();
        assert_eq!((back[0].value.as_str(), back[1].value.as_str()), ("a b", "Bearer "));
        assert_eq!(back[1].secret, Some(SecretRef::Id(SecretId::from_bytes([1; 16]))));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text: String) {
            let _ = read(&text);
        }
    }
}

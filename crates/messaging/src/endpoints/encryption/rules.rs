//! What becomes of a body, as plain functions.

use bytes::Bytes;
use sealpost_seal::payload::NotEncryptable;
use serde_json::{Map, Value};

use super::fields::{Fields, Member};

/// A notice with some of its fields encrypted.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Partly {
    /// The notice.
    pub(super) body: Bytes,
    /// How many fields are encrypted.
    pub(super) fields: u32,
    /// How many aren't there.
    pub(super) skipped: u32,
}

/// The notice with these fields of its `data` replaced by what `seal` makes of their JSON; what isn't there is skipped.
pub(super) fn partly(
    notice: &[u8],
    fields: &Fields,
    mut seal: impl FnMut(&str, &[u8]) -> Result<String, NotEncryptable>,
) -> Result<Partly, NotEncryptable> {
    let mut notice: Value = serde_json::from_slice(notice).map_err(|_| NotEncryptable)?;
    let data = notice.get_mut("data").ok_or(NotEncryptable)?;
    let (mut sealed, mut skipped) = (0, 0);
    for pointer in fields.iter() {
        let Some(value) = data.pointer_mut(pointer.as_str()) else {
            skipped += 1;
            continue;
        };
        let clear = serde_json::to_vec(value).map_err(|_| NotEncryptable)?;
        *value = Value::String(seal(pointer.as_str(), &clear)?);
        sealed += 1;
    }
    let body = serde_json::to_vec(&notice).map_err(|_| NotEncryptable)?.into();
    Ok(Partly { body, fields: sealed, skipped })
}

/// An object that has ciphertext under this name.
pub(super) fn wrapped(member: &Member, ciphertext: String) -> Bytes {
    let object = Map::from_iter([(member.as_str().to_owned(), Value::String(ciphertext))]);
    Value::Object(object).to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTICE: &[u8] = br#"{"id":"evt_1","type":"message.delivered","data":{"message_id":"msg_1","n":1,"list":[{"a":null},true],"a/b":{"x":"y"}}}"#;

    fn seal(pointer: &str, clear: &[u8]) -> Result<String, NotEncryptable> {
        Ok(format!("{pointer}<{}>", String::from_utf8_lossy(clear)))
    }

    #[test]
    fn fields_are_encrypted_where_they_stand_and_the_rest_stays() {
        let fields = Fields::parse(&["/message_id", "/list/0", "/a~1b", "/nowhere", "/list/7", "/n/deeper"]).unwrap();
        let partly = partly(NOTICE, &fields, seal).unwrap();
        assert_eq!((partly.fields, partly.skipped), (3, 3));
        assert_eq!(
            partly.body,
            r#"{"id":"evt_1","type":"message.delivered","data":{"message_id":"/message_id<\"msg_1\">","n":1,"list":["/list/0<{\"a\":null}>",true],"a/b":"/a~1b<{\"x\":\"y\"}>"}}"#
        );
    }

    #[test]
    fn all_of_data_is_a_field() {
        let partly = partly(br#"{"id":"evt_1","data":{"a":1}}"#, &Fields::parse(&[""]).unwrap(), seal).unwrap();
        assert_eq!(partly.body, r#"{"id":"evt_1","data":"<{\"a\":1}>"}"#);
    }

    #[test]
    fn what_is_no_notice_is_not_sent_in_clear() {
        for body in [&b""[..], b"[]", b"{}", b"text"] {
            assert_eq!(partly(body, &Fields::parse(&["/a"]).unwrap(), seal), Err(NotEncryptable));
        }
        let refuses = |_: &str, _: &[u8]| Err(NotEncryptable);
        assert_eq!(partly(NOTICE, &Fields::parse(&["/n"]).unwrap(), refuses), Err(NotEncryptable));
    }
}

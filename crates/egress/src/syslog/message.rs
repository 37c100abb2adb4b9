//! One message (RFC 5424 §6).

/// What kind of program speaks: the numbers of RFC 5424 §6.2.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Facility {
    /// "Log audit".
    Audit = 13,
}

/// How grave it is: the numbers of RFC 5424 §6.2.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Severity {
    /// Something that should not be.
    Error = 3,
    /// Something to look at.
    Warning = 4,
    /// Normal and worth knowing.
    Notice = 5,
    /// For the record.
    Informational = 6,
}

/// A message without structured data.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// What kind of program speaks.
    pub facility: Facility,
    /// How grave it is.
    pub severity: Severity,
    /// When, in RFC 3339 with at most six digits of a second.
    pub timestamp: &'a str,
    /// Which machine speaks: 1 to 255 visible ASCII characters.
    pub hostname: &'a str,
    /// Which program: at most 48.
    pub app_name: &'a str,
    /// What kind of message: at most 32.
    pub msgid: &'a str,
    /// What it says, in ASCII or UTF-8 without a byte order mark ("MSG-ANY").
    pub body: &'a str,
}

impl Message<'_> {
    /// Appends the message with its length before it (octet counting, RFC 5425 §4.3).
    pub(super) fn write_frame(&self, out: &mut Vec<u8>) {
        let message = self.text();
        out.extend_from_slice(message.len().to_string().as_bytes());
        out.push(b' ');
        out.extend_from_slice(message.as_bytes());
    }

    fn text(&self) -> String {
        let priority = self.facility as u8 * 8 + self.severity as u8;
        let (timestamp, host) = (field(self.timestamp, 32), field(self.hostname, 255));
        let (app, id) = (field(self.app_name, 48), field(self.msgid, 32));
        format!("<{priority}>1 {timestamp} {host} {app} - {id} - {}", self.body)
    }
}

/// A header's field, or the nil value for what would not be one.
fn field(text: &str, most: usize) -> &str {
    let fits = (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { text } else { "-" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: Message<'static> = Message {
        facility: Facility::Audit,
        severity: Severity::Warning,
        timestamp: "2026-01-15T09:30:00.000Z",
        hostname: "messages.example.com",
        app_name: "sealpost",
        msgid: "key.revoke",
        body: "{\"seq\":1}",
    };

    #[test]
    fn a_message_reads_as_rfc_5424_has_it_and_its_length_stands_before_it() {
        let text = "<108>1 2026-01-15T09:30:00.000Z messages.example.com sealpost - key.revoke - {\"seq\":1}";
        let mut frame = Vec::new();
        MESSAGE.write_frame(&mut frame);
        assert_eq!(frame, format!("{} {text}", text.len()).into_bytes());
    }

    #[test]
    fn what_is_no_field_of_a_header_becomes_the_nil_value() {
        for hostname in ["", "two words", "line\nend", "straße", &"x".repeat(256)] {
            let text = Message { hostname, ..MESSAGE }.text();
            assert!(text.starts_with("<108>1 2026-01-15T09:30:00.000Z - sealpost "), "{text}");
        }
    }
}

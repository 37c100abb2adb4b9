//! RFC 9116.

use crate::app::SecurityTxt;

/// The file's text: `Contact` in order of preference, then `Expires`, then `Policy`.
pub(super) fn text(of: &SecurityTxt) -> String {
    let mut out = String::new();
    for contact in &of.contact {
        line(&mut out, "Contact", contact);
    }
    line(&mut out, "Expires", &of.expires);
    if let Some(policy) = &of.policy {
        line(&mut out, "Policy", policy);
    }
    out
}

fn line(out: &mut String, name: &str, value: &str) {
    out.push_str(name);
    out.push_str(": ");
    out.extend(value.chars().filter(|c| !c.is_control()));
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_can_not_add_a_line() {
        let of = SecurityTxt {
            contact: vec!["mailto:security@example.org".into(), "https://example.org/\r\nPolicy: evil".into()],
            expires: "2027-01-01T00:00:00Z".into(),
            policy: None,
        };
        assert_eq!(
            text(&of),
            "Contact: mailto:security@example.org\r\nContact: https://example.org/Policy: evil\r\nExpires: 2027-01-01T00:00:00Z\r\n"
        );
    }
}

use super::*;

fn draft() -> Draft {
    Draft {
        from: Mailbox {
            name: Some(HeaderText::new("Sealpost, Demo").unwrap()),
            address: "news@mail.example.com".parse().unwrap(),
        },
        to: Mailbox::from("jane@example.org".parse::<Address>().unwrap()),
        reply_to: None,
        return_path: Some("bounce+7@mail.example.com".parse().unwrap()),
        subject: HeaderText::new("Grüße aus Köln").unwrap(),
        date: 1_700_000_000,
        message_id: MessageId::new("0192.7@mail.example.com").unwrap(),
        text: "Hallo\n.\n--=_sealpost_alternative_=\nFrom here\u{20ac}".to_owned(),
        html: Some("<p>Hallo</p>".to_owned()),
        unsubscribe: Some(Unsubscribe::one_click("https://example.com/u/abc?t=1").unwrap()),
    }
}

fn built(draft: Draft) -> String {
    let mail = draft.build(&[]).unwrap();
    String::from_utf8(mail.as_bytes().to_vec()).unwrap()
}

#[test]
fn a_message_says_what_its_draft_says() {
    let mail = built(draft());
    for line in [
        "From: =?utf-8?b?U2VhbHBvc3QsIERlbW8=?= <news@mail.example.com>",
        "To: jane@example.org",
        "Date: Tue, 14 Nov 2023 22:13:20 +0000",
        "Message-ID: <0192.7@mail.example.com>",
        "MIME-Version: 1.0",
        "Auto-Submitted: auto-generated",
        "List-Unsubscribe: <https://example.com/u/abc?t=1>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "Content-Transfer-Encoding: quoted-printable",
        "<p>Hallo</p>",
    ] {
        assert!(mail.lines().any(|have| have == line), "{line}\n{mail}");
    }
    assert!(mail.contains("Subject: =?utf-8?"), "{mail}");
}

#[test]
fn the_same_draft_gives_the_same_bytes() {
    assert_eq!(built(draft()), built(draft()));
}

#[test]
fn a_message_is_ascii_with_crlf_and_short_lines() {
    let mut long = draft();
    long.text = "ü".repeat(5000) + "\r bare \n lines \r\n";
    long.subject = HeaderText::new("wörter ".repeat(100)).unwrap();
    let mail = built(long);
    assert!(mail.is_ascii());
    assert!(!mail.replace("\r\n", "").contains(['\r', '\n']));
    assert!(mail.split("\r\n").all(|line| line.len() <= 998));
}

#[test]
fn a_body_can_not_end_its_part() {
    let mail = built(draft());
    let delimiters = mail.lines().filter(|line| line.starts_with("--=_sealpost_alternative_="));
    assert_eq!(delimiters.count(), 3, "{mail}");
}

#[test]
fn the_envelope_is_apart_from_the_header() {
    let mail = draft().build(&[]).unwrap();
    assert_eq!(mail.sender().as_path(), "bounce+7@mail.example.com");
    assert_eq!(mail.recipient().as_path(), "jane@example.org");
    assert!(!String::from_utf8_lossy(mail.as_bytes()).contains("bounce+7"));
}

#[test]
fn dates_beyond_the_format_are_refused() {
    let draft = Draft { date: u64::MAX, ..draft() };
    assert_eq!(draft.build(&[]).unwrap_err(), MailError::Date);
}

#[test]
fn header_injection_has_no_way_in() {
    for text in
        ["a\r\nBcc: eve@example.com", "a\nb", "a\rb", "a\0b", "a\u{85}b", "a\u{2028}b", "invoice\u{202e}fdp.exe"]
    {
        assert_eq!(HeaderText::new(text), Err(TextError::Character), "{text:?}");
    }
    for id in ["", "a", "a@b@c", "a b@c", "a@b>\r\nX: y", "<a@b>", "a@[1.2.3.4]"] {
        assert_eq!(MessageId::new(id), Err(TextError::MessageId), "{id:?}");
    }
    for url in ["http://example.com/", "https://u:p@example.com/", "mailto:a@b.c", "x", ""] {
        assert_eq!(Unsubscribe::one_click(url), Err(TextError::Url), "{url:?}");
    }
    let url = Unsubscribe::one_click("https://example.com/a>,<mailto:x@y\r\nX: y").unwrap();
    let mail = built(Draft { unsubscribe: Some(url), ..draft() });
    let field = mail.lines().find(|line| line.starts_with("List-Unsubscribe:")).unwrap();
    assert_eq!(field.matches(['<', '>']).count(), 2, "{field}");
    assert!(!mail.lines().any(|line| line.starts_with("X:")));
}

#[test]
fn addresses_are_plain_or_refused() {
    for good in ["a@example.com", "a.b+c@sub.example.com", "o'neil@example.co", "x@bücher.example"] {
        assert!(good.parse::<Address>().is_ok(), "{good}");
    }
    let punycode: Address = "x@bücher.example".parse().unwrap();
    assert_eq!(punycode.domain(), "xn--bcher-kva.example");
    for bad in [
        "",
        "a",
        "@example.com",
        "a@",
        "a@localhost",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "a@2130706433",
        "a b@example.com",
        "\"a b\"@example.com",
        "a@example.com\r\nRCPT TO:<b@example.com>",
        "a\r\n@example.com",
        "a>@example.com",
        "a..b@example.com",
        ".a@example.com",
        "a@example.com.",
        "ü@example.com",
        "a@exa mple.com",
        "a@b@example.com",
        "a@ex\0ample.com",
    ] {
        assert!(bad.parse::<Address>().is_err(), "{bad:?}");
    }
    assert!(format!("{}@example.com", "a".repeat(65)).parse::<Address>().is_err());
}

#[test]
fn nothing_personal_is_printed() {
    let printed = format!("{:?} {:?}", draft(), draft().build(&[]).unwrap());
    for personal in ["jane", "Köln"] {
        assert!(!printed.contains(personal), "{printed}");
    }
}

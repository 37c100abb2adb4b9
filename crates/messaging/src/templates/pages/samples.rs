//! The pages of templates: an empty list, many, the editor of a text message and of a letter from right to left, and what is wrong.

use sealpost_store::TemplateId;
use sealpost_web::Refusal;
use sealpost_web::shell::Refused;
use sealpost_web::shell::parts::{Ident, Pager, When};
use sealpost_web::shell::testing::{NOW, keep};

use crate::templates::codes::TEMPLATE_INVALID;

use super::edit::{EditPage, Form, Known};
use super::list::{ListPage, Row, empty};
use super::preview::filled;
use crate::channels::ChannelKind;
use crate::templates::Content;
use crate::versions::{self, By, Elsewhere, Standing, rows};

fn form(channel: ChannelKind, subject: Option<&str>, text: &str, html: Option<&str>, data: &str) -> Form {
    let mut form = Form { channel: Some(channel), text: Some(text.into()), data: Some(data.into()), ..Form::default() };
    form.subject = subject.map(str::to_owned);
    form.html = html.map(str::to_owned);
    form
}

fn editor(form: Form, known: bool, wrong: Option<Refused>) -> EditPage {
    let version = |number: u32| versions::Known {
        number,
        was_in_force: number < 3,
        digest: Content { subject: None, text: number.to_string(), html: None }.digest(ChannelKind::Sms),
        made: When::new(NOW.plus_ms(-86_400_000 * i64::from(9 - number)), NOW),
        by: if number > 1 { By::sample("mem_01kf3b2y5xfh0r4c9v7t8m6e1s") } else { By::default() },
    };
    let standing = Standing { newest: 3, in_force: Some(2), promotions: 2 };
    let (rows, page) = (rows(&standing, [3, 2, 1].map(version).into(), "/x", true), "/x".to_owned());
    let digest = version(1).digest;
    EditPage {
        title: if known { "visit-reminder".into() } else { "New template".into() },
        list: "/app/test/templates".into(),
        known: known.then(|| Known {
            id: Ident::new(TemplateId::from_bytes([1; 16])),
            shown: 2,
            newest: 3,
            page,
            versions: rows,
            elsewhere: Elsewhere::new("live", Some((Some("/x".into()), Some((7, digest)))), &[(1, digest)]),
            go_live: Some("/x".into()),
        }),
        channel: form.channel.unwrap_or(ChannelKind::Sms),
        preview: filled(&form),
        form,
        action: "/x".into(),
        try_out: "/x".into(),
        csrf: "sample".into(),
        once: "sample".into(),
        may_write: true,
        wrong,
    }
}

#[test]
fn templates_are_listed_and_edited() {
    let row = |number: u32| Row {
        href: "/x".into(),
        name: format!("template-{number}"),
        channel: "SMS",
        in_force: (number != 4).then_some(number),
        created: When::new(NOW, NOW),
    };
    let list =
        |rows| ListPage { new: Some("/x".into()), rows, pager: Pager::default(), empty: empty(Some("/x".into())) };
    keep("templates-empty", "Templates", "/templates", &list(vec![]));
    keep("templates-many", "Templates", "/templates", &list((1..9).map(row).collect()));
    let keep = |name: &str, page: &EditPage| keep(name, "Template", "/templates/{id}", page);
    let sms = form(ChannelKind::Sms, None, "{{ code }} is your code.", None, r#"{"code":"417-233"}"#);
    keep("template-new", &editor(sms, false, None));
    let letter = form(
        ChannelKind::Email,
        Some("موعدك يوم {{ day }}"),
        "عزيزي {{ name }}،\n\nنتطلع إلى رؤيتك يوم {{ day }}.",
        Some("<p>{{ name }}</p>"),
        r#"{"name":"أدا","day":"الخميس"}"#,
    );
    keep("template-letter", &editor(letter, true, None));
    let broken = form(ChannelKind::Sms, None, "{{ code", None, "{}");
    keep(
        "template-wrong",
        &editor(broken, true, Some(Refused::of(&Refusal::of(&TEMPLATE_INVALID).at("/text", "syntax_error")))),
    );
    let missing = form(ChannelKind::Sms, None, "{{ code }}", None, "{}");
    keep("template-missing", &editor(missing, true, None));
}

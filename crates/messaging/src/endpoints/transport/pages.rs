//! What stands about the transport on an endpoint's page.

use askama::Template;
use askama::filters::HtmlSafe;
use sealpost_egress::tls::MinTls;
use sealpost_store::Store;
use sealpost_web::Endpoint as Route;

use super::api::fingerprint;
use super::body::BodyForm;
use super::form;
use super::model::{Transport, Value};
use crate::endpoints::Endpoints;

pub(in crate::endpoints) fn routes(house: &Store, endpoints: &Endpoints) -> Vec<Route> {
    vec![form::ask(house), form::change(house, endpoints)]
}

/// The panel.
#[derive(Clone, Debug, Template)]
#[template(path = "endpoints/transport/panel.html")]
pub(in crate::endpoints) struct Panel {
    retries: String,
    rate: Option<u16>,
    is_old_tls: bool,
    is_form: bool,
    headers: Vec<(String, String, bool)>,
    certificate: Option<String>,
    authorities: Option<&'static str>,
    edit: Option<String>,
}

impl HtmlSafe for Panel {}

impl Panel {
    /// How it is called; `edit` leads whoever may to where that is changed.
    pub(in crate::endpoints) fn of(transport: &Transport, edit: Option<String>) -> Self {
        let header = |header: &super::model::Header| {
            let (value, secret) = match &header.value {
                Value::Text(text) => (text.as_str().to_owned(), false),
                Value::Stored { prefix, .. } => (prefix.as_str().to_owned(), true),
            };
            (header.name.as_str().to_owned(), value, secret)
        };
        Self {
            retries: match transport.retries.as_ref().map(super::rules::Schedule::waits) {
                None => "the standard schedule".to_owned(),
                Some([]) => "never again".to_owned(),
                Some(waits) => format!("after {}", waits.iter().map(|wait| said(*wait)).collect::<Vec<_>>().join(", ")),
            },
            rate: transport.rate.map(|rate| rate.calls()),
            is_old_tls: transport.min_tls == MinTls::V1_2,
            is_form: transport.body == BodyForm::Form,
            headers: transport.headers.iter().map(header).collect(),
            certificate: transport.certificate.as_ref().and_then(|one| fingerprint(&one.chain)),
            authorities: transport.authorities.as_ref().map(|own| match own.only {
                true => "its own authorities, and no public ones",
                false => "public authorities and its own",
            }),
            edit,
        }
    }

    /// A panel with everything on it, for pictures.
    #[cfg(test)]
    pub(in crate::endpoints) fn sample(edit: Option<String>) -> Self {
        Self {
            retries: "after 5 s, 1 min, 10 min, 1 h".into(),
            rate: Some(20),
            is_old_tls: true,
            is_form: true,
            headers: vec![
                ("x-tenant".into(), "clinic".into(), false),
                ("authorization".into(), "Bearer ".into(), true),
            ],
            certificate: Some("7f".repeat(32)),
            authorities: Some("its own authorities, and no public ones"),
            edit,
        }
    }
}

/// A wait as people say it.
fn said(seconds: u32) -> String {
    match seconds {
        day if day % 86_400 == 0 => format!("{} d", day / 86_400),
        hour if hour % 3_600 == 0 => format!("{} h", hour / 3_600),
        minute if minute % 60 == 0 => format!("{} min", minute / 60),
        _ => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_said_in_their_largest_whole_unit() {
        for (seconds, says) in [(5, "5 s"), (60, "1 min"), (90, "90 s"), (7_200, "2 h"), (86_400, "1 d")] {
            assert_eq!(said(seconds), says);
        }
    }
}

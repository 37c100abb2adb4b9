//! What the forms of channels have in common: the fields, and what they say.

use schemars::JsonSchema;
use sealpost_access::secrets::{Credential, SecretRef, may_refer};
use sealpost_seal::SecretText;
use sealpost_web::problem::{Place, Wrong};
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind};
use sealpost_web::{Caller, Failure, Refusal};
use serde::Deserialize;

use crate::channels::codes::CHANNEL_INVALID;
use crate::channels::dkim::{DkimKind, NewDkim};
use crate::channels::model::{Channel, EmailChanges, EmailSettings, NewEmail, Protection};
use crate::patch::Change;

/// A channel as a form has it; a field that is left empty is none.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ChannelForm")]
pub(super) struct Form {
    pub(super) name: Option<String>,
    pub(super) host: Option<String>,
    pub(super) port: Option<String>,
    pub(super) security: Option<Protection>,
    pub(super) username: Option<String>,
    /// Left empty, it stays as it is.
    #[schemars(with = "Option<String>")]
    pub(super) password: Option<SecretText>,
    /// The name or id of a stored secret that is the password.
    pub(super) secret: Option<String>,
    pub(super) from_address: Option<String>,
    pub(super) from_name: Option<String>,
    pub(super) reply_to: Option<String>,
    pub(super) helo: Option<String>,
    pub(super) unsubscribe_base: Option<String>,
    /// The signing domain; nothing is signed if it is left empty.
    pub(super) dkim_domain: Option<String>,
    pub(super) dkim_selector: Option<String>,
    /// Which kind of key is made, where one is.
    pub(super) dkim_algorithm: Option<DkimKind>,
    /// The number of the policy that was looked at.
    pub(super) expected_version: Option<u32>,
}

/// What stands in a field, if anything does.
fn said(text: Option<&String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn wrong(place: &str, code: &'static str) -> Refusal {
    Refusal::of(&CHANNEL_INVALID).at(format!("/{place}"), code)
}

impl Form {
    /// As the channel stands. Its password is in no form.
    pub(super) fn of(channel: &Channel) -> Self {
        let EmailSettings { host, port, security, username, from_address, from_name, reply_to, helo, dkim, .. } =
            channel.email.clone();
        Self {
            host: Some(host),
            port: Some(port.to_string()),
            security: Some(security),
            username,
            from_address: Some(from_address),
            from_name,
            reply_to,
            helo: Some(helo),
            unsubscribe_base: channel.email.unsubscribe_base.clone(),
            dkim_domain: dkim.as_ref().map(|dkim| dkim.domain.clone()),
            dkim_selector: dkim.as_ref().map(|dkim| dkim.selector.clone()),
            dkim_algorithm: dkim.map(|dkim| dkim.algorithm),
            expected_version: Some(channel.version),
            ..Self::default()
        }
    }

    /// The password that is typed or named; nothing, if neither is.
    fn credential(&self, caller: &Caller) -> Result<Option<Credential>, Refusal> {
        let typed = self.password.as_ref().filter(|value| !value.expose().is_empty());
        match (typed, said(self.secret.as_ref())) {
            (Some(_), Some(_)) => Err(wrong("secret", "only_one_of_both")),
            (Some(typed), None) => Ok(Some(Credential::Value(SecretText::new(typed.expose().to_owned())))),
            (None, Some(named)) => {
                may_refer(caller)?;
                let named = SecretRef::parse(&named).ok_or_else(|| wrong("secret", "secret_unknown"))?;
                Ok(Some(Credential::Stored(named)))
            }
            (None, None) => Ok(None),
        }
    }

    fn port(&self) -> Result<u16, Refusal> {
        let port = said(self.port.as_ref()).ok_or_else(|| wrong("port", "field_missing"))?;
        port.parse().map_err(|_| wrong("port", "out_of_range"))
    }

    fn dkim(&self) -> Option<NewDkim> {
        let domain = said(self.dkim_domain.as_ref())?;
        let selector = said(self.dkim_selector.as_ref()).unwrap_or_default();
        Some(NewDkim { domain, selector, algorithm: self.dkim_algorithm, private_key: None })
    }

    /// The sender that this makes.
    pub(super) fn new_email(&self, caller: &Caller) -> Result<NewEmail, Refusal> {
        let of = |text: &Option<String>| said(text.as_ref()).unwrap_or_default();
        Ok(NewEmail {
            host: of(&self.host),
            port: self.port()?,
            security: self.security.unwrap_or(Protection::ImplicitTls),
            username: said(self.username.as_ref()),
            password: self.credential(caller)?,
            from_address: of(&self.from_address),
            from_name: said(self.from_name.as_ref()),
            reply_to: said(self.reply_to.as_ref()),
            helo: of(&self.helo),
            dkim: self.dkim(),
            unsubscribe_base: said(self.unsubscribe_base.as_ref()),
        })
    }

    /// What this changes about a sender. Without an account there the password goes, too; a key is made where another place or kind of key
    /// is said.
    pub(super) fn changes(&self, standing: &EmailSettings, caller: &Caller) -> Result<EmailChanges, Refusal> {
        let set = |text: &Option<String>| said(text.as_ref()).map_or(Change::Clear, Change::Set);
        let username = said(self.username.as_ref());
        let password = match (self.credential(caller)?, &username) {
            (Some(given), _) => Change::Set(given),
            (None, Some(_)) => Change::Keep,
            (None, None) => Change::Clear,
        };
        let of = |text: &Option<String>| Some(said(text.as_ref()).unwrap_or_default());
        Ok(EmailChanges {
            host: of(&self.host),
            port: Some(self.port()?),
            security: self.security,
            username: username.map_or(Change::Clear, Change::Set),
            password,
            from_address: of(&self.from_address),
            from_name: set(&self.from_name),
            reply_to: set(&self.reply_to),
            helo: of(&self.helo),
            dkim: self.changed_dkim(standing),
            unsubscribe_base: set(&self.unsubscribe_base),
        })
    }

    fn changed_dkim(&self, standing: &EmailSettings) -> Change<NewDkim> {
        let Some(wanted) = self.dkim() else {
            return if standing.dkim.is_some() { Change::Clear } else { Change::Keep };
        };
        let is_same = standing.dkim.as_ref().is_some_and(|dkim| {
            dkim.domain.eq_ignore_ascii_case(&wanted.domain)
                && dkim.selector.eq_ignore_ascii_case(&wanted.selector)
                && wanted.algorithm.is_none_or(|kind| kind == dkim.algorithm)
        });
        if is_same { Change::Keep } else { Change::Set(wanted) }
    }

    /// The fields that say how it sends.
    pub(super) fn fields(&self, ask: Ask, caller: &Caller, password_hint: &'static str) -> Ask {
        let of = |value: &Option<String>| value.clone().unwrap_or_default();
        let protections = [Protection::ImplicitTls, Protection::Starttls, Protection::PlainLoopback];
        let protections = protections.map(|one| Choice::new(one.word(), one.words())).into();
        let kinds = [DkimKind::Rsa, DkimKind::Ed25519].map(|one| Choice::new(one.as_str(), one.words())).into();
        let ask = ask
            .field(Field::new("host", "Relay").value(of(&self.host)).placeholder("smtp.example.com").required())
            .field(
                Field::new("port", "Port")
                    .kind(Kind::Typed("number"))
                    .value(self.port.clone().unwrap_or_else(|| "465".into()))
                    .required(),
            )
            .field(
                Field::new("security", "Protected by")
                    .kind(Kind::Choice(protections))
                    .value(self.security.unwrap_or(Protection::ImplicitTls).word()),
            )
            .field(Field::new("username", "Account there").value(of(&self.username)).hint("Left empty, there is none."))
            .field(Field::new("password", "Password").kind(Kind::Typed("password")).hint(password_hint));
        // Only whoever manages secrets may name one.
        let ask = match may_refer(caller) {
            Ok(()) => ask.field(
                Field::new("secret", "Stored secret as password")
                    .value(of(&self.secret))
                    .placeholder("mail-password")
                    .hint("Its name in Secrets, instead of a password."),
            ),
            Err(_) => ask,
        };
        ask.field(
            Field::new("from_address", "From")
                .kind(Kind::Typed("email"))
                .value(of(&self.from_address))
                .placeholder("news@mail.example.com")
                .required(),
        )
        .field(Field::new("from_name", "Name beside it").value(of(&self.from_name)))
        .field(
            Field::new("reply_to", "Answers go to")
                .kind(Kind::Typed("email"))
                .value(of(&self.reply_to))
                .hint("Left empty, to who writes."),
        )
        .field(
            Field::new("helo", "Calls itself")
                .value(of(&self.helo))
                .placeholder("mail.example.com")
                .hint("The name that this server gives itself to the relay.")
                .required(),
        )
        .field(
            Field::new("dkim_domain", "Signs by DKIM for")
                .value(of(&self.dkim_domain))
                .placeholder("mail.example.com")
                .hint("Left empty, nothing is signed here."),
        )
        .field(
            Field::new("dkim_selector", "Selector")
                .value(of(&self.dkim_selector))
                .placeholder("s1")
                .hint("With another, a new key is made: publish its record then."),
        )
        .field(
            Field::new("dkim_algorithm", "Key")
                .kind(Kind::Choice(kinds))
                .value(self.dkim_algorithm.unwrap_or(DkimKind::Rsa).as_str()),
        )
        .field(
            Field::new("unsubscribe_base", "Unsubscribe links lead to")
                .kind(Kind::Typed("url"))
                .value(of(&self.unsubscribe_base))
                .hint("Left empty, to this server."),
        )
    }
}

/// The same refusal beside the fields of a form: `/email/host` is `host`, `/email/dkim/domain` is `dkim_domain`.
pub(super) fn beside_fields(failure: Failure) -> Failure {
    let Failure::Refused(refusal) = failure else { return failure };
    let is_about_settings = refusal.errors().iter().any(|wrong| pointer(wrong).starts_with(EMAIL));
    if !is_about_settings {
        return Failure::Refused(refusal);
    }
    let anew = refusal.errors().iter().fold(Refusal::of(refusal.code()), |anew, wrong| {
        let place = match pointer(wrong).trim_start_matches(EMAIL) {
            "password/secret" => "secret".to_owned(),
            "dkim" => "dkim_domain".to_owned(),
            place => place.replace('/', "_"),
        };
        anew.at(format!("/{place}"), wrong.code.clone())
    });
    Failure::Refused(anew)
}

/// Where the settings stand in a body.
const EMAIL: &str = "/email/";

fn pointer(wrong: &Wrong) -> &str {
    match &wrong.place {
        Place::Pointer(place) => place,
        Place::Parameter(_) | Place::Header(_) => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_stands_beside_its_field() {
        let places = |place: &str| {
            let refusal = Refusal::of(&CHANNEL_INVALID).at(place, "not_a_host");
            let Failure::Refused(refusal) = beside_fields(refusal.into()) else { panic!("a refusal") };
            pointer(&refusal.errors()[0]).to_owned()
        };
        for (place, field) in [
            ("/email/host", "/host"),
            ("/email/dkim/domain", "/dkim_domain"),
            ("/email/password/secret", "/secret"),
            ("/name", "/name"),
        ] {
            assert_eq!(places(place), field);
        }
    }

    #[test]
    fn a_form_sent_as_it_came_changes_nothing_about_the_signature() {
        let settings: EmailSettings = serde_json::from_value(serde_json::json!({
            "host": "smtp.example.com", "port": 465, "security": "implicit_tls", "username": null, "password": null,
            "from_address": "news@mail.example.com", "from_name": null, "reply_to": null, "helo": "mail.example.com",
            "unsubscribe_base": null, "dkim": { "domain": "mail.example.com", "selector": "s1", "algorithm": "ed25519",
                "public": "M", "key": "sec_01kf3b2y5xfh0r4c9v7t8m6e1t" },
        }))
        .unwrap();
        let form = |domain: &str, selector: &str, algorithm| Form {
            dkim_domain: Some(domain.into()),
            dkim_selector: Some(selector.into()),
            dkim_algorithm: Some(algorithm),
            ..Form::default()
        };
        assert!(form("mail.example.com", "S1 ", DkimKind::Ed25519).changed_dkim(&settings).is_keep());
        assert!(matches!(form(" ", "s1", DkimKind::Ed25519).changed_dkim(&settings), Change::Clear));
        for other in [form("mail.example.com", "s2", DkimKind::Ed25519), form("mail.example.com", "s1", DkimKind::Rsa)]
        {
            assert!(other.changed_dkim(&settings).set().is_some());
        }
    }
}

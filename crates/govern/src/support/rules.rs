//! What may be granted, decided without any I/O.

use sealpost_access::permissions::*;
use sealpost_seal::Purpose;
use sealpost_seal::normal::Email;
use sealpost_store::{Environment, MemberId};
use sealpost_web::{PermissionSet, Refusal};
use serde::{Deserialize, Serialize};

use super::codes::SUPPORT_SCOPE;
use super::model::is_read_only;
use crate::approvals::Line;
use crate::audit::TypedId;

/// The longest it lasts: a day.
pub(super) const LONGEST_MINUTES: u16 = 24 * 60;
/// How long it lasts, unless said otherwise.
pub(super) const MINUTES: u16 = 60;
/// Objects it names at most.
const MOST_OBJECTS: usize = 50;
/// The longest name of a ticket, in characters.
const TICKET: usize = 100;

/// What is granted, unless said otherwise: to look at what is sent, and by what.
pub(super) const DEFAULT: PermissionSet = PermissionSet::of(&[
    MESSAGES_READ,
    CONTACTS_READ,
    TEMPLATES_READ,
    EVENTS_READ,
    CHANNELS_READ,
    ENDPOINTS_READ,
    OUTBOX_READ,
    SUPPRESSIONS_READ,
    MASKING_READ,
    STORAGE_READ,
]);

/// What may be granted at all. Whatever isn't here may not: to see anybody in clear, to take anything along, to read the ledger that
/// holds the helper to account, to hand out access, or to lead data out of the house (senders, endpoints, keys). A permission that is new
/// is not here until somebody has thought about it.
pub(super) const GRANTABLE: PermissionSet = PermissionSet::of(&[
    MESSAGES_SEND,
    MESSAGES_READ,
    MESSAGES_CANCEL,
    MASKING_READ,
    SECURITY_READ,
    CONTACTS_READ,
    CONTACTS_WRITE,
    ERASURES_READ,
    TEMPLATES_READ,
    TEMPLATES_WRITE,
    EVENTS_READ,
    EVENTS_WRITE,
    CHANNELS_READ,
    ENDPOINTS_READ,
    KEYS_READ,
    OUTBOX_READ,
    SUPPRESSIONS_READ,
    SUPPRESSIONS_WRITE,
    NETWORKS_READ,
    STORAGE_READ,
]);

/// Support access as somebody wants it, in one form only: what an approval pins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    pub(super) email: Option<String>,
    pub(super) member_id: Option<MemberId>,
    #[serde(default)]
    pub(super) host: bool,
    pub(super) ticket: Option<String>,
    pub(super) environment: Environment,
    pub(super) permissions: PermissionNames,
    #[serde(default)]
    pub(super) objects: Vec<TypedId>,
    pub(super) minutes: u16,
    #[serde(default)]
    pub(super) show_last4: bool,
}

impl Wanted {
    /// The same, if it may be granted.
    pub(super) fn checked(mut self) -> Result<Self, Refusal> {
        let wrong = |at: &'static str, code: &'static str| Refusal::of(&SUPPORT_SCOPE).at(at, code);
        let named = [self.email.is_some(), self.member_id.is_some(), self.host];
        if named.iter().filter(|is| **is).count() != 1 {
            return Err(wrong("/email", "one_grantee"));
        }
        if let Some(email) = &self.email {
            let email = Email::parse(email).map_err(|_| wrong("/email", "not_an_email"))?;
            self.email = Some(email.delivery_form().expose(Purpose::Seal).clone());
        }
        if self.ticket.as_ref().is_some_and(|ticket| !is_ticket(ticket)) {
            return Err(wrong("/ticket", "text_unsuitable"));
        }
        if self.permissions.0.is_empty() {
            return Err(wrong("/permissions", "field_missing"));
        }
        if !self.permissions.0.is_subset(GRANTABLE) {
            return Err(wrong("/permissions", "not_grantable"));
        }
        if self.objects.len() > MOST_OBJECTS {
            return Err(wrong("/objects", "too_many"));
        }
        if !(1..=LONGEST_MINUTES).contains(&self.minutes) {
            return Err(wrong("/minutes", "out_of_range"));
        }
        Ok(self)
    }

    /// What others agree to, in words.
    pub(super) fn lines(&self) -> Vec<Line> {
        let names: Vec<_> = self.permissions.0.iter(ALL).map(|permission| permission.title()).collect();
        let objects: Vec<_> = self.objects.iter().map(ToString::to_string).collect();
        let sees = if self.show_last4 {
            "The last four digits of phone numbers; everything else is hidden"
        } else {
            "Nothing that is personal: everything is hidden"
        };
        let does = if is_read_only(self.permissions.0) { "Looks, and changes nothing" } else { "Changes things, too" };
        let mut lines = vec![
            Line::new("Who is let in", None, self.whom()),
            Line::new("For how long", None, format!("{} minutes, from the last vote", self.minutes)),
            Line::new("Where", None, self.environment.to_string()),
            Line::new("Does", None, does.to_owned()),
            Line::new("May", None, names.join(", ")),
            Line::new("Reaches", None, if objects.is_empty() { "All objects".to_owned() } else { objects.join(", ") }),
            Line::new("Sees", None, sees.to_owned()),
        ];
        lines.extend(self.ticket.clone().map(|ticket| Line::new("Ticket", None, ticket)));
        lines
    }

    fn whom(&self) -> String {
        match (&self.email, self.member_id) {
            (Some(email), _) => email.clone(),
            (None, Some(member)) => member.to_string(),
            (None, None) => "Whoever has a shell on the host".to_owned(),
        }
    }
}

fn is_ticket(text: &str) -> bool {
    !text.trim().is_empty() && !text.chars().any(char::is_control) && text.chars().count() <= TICKET
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> Wanted {
        Wanted {
            email: Some("sam@help.example".into()),
            member_id: None,
            host: false,
            ticket: Some("HELP-7".into()),
            environment: Environment::Live,
            permissions: PermissionNames(DEFAULT),
            objects: vec![],
            minutes: MINUTES,
            show_last4: false,
        }
    }

    #[test]
    fn the_default_only_looks_and_nothing_that_shows_or_leads_out_may_be_granted() {
        assert!(is_read_only(DEFAULT) && DEFAULT.is_subset(GRANTABLE));
        for never in [
            DATA_REVEAL,
            CONTACTS_MATCH,
            CONTACTS_EXPORT,
            CONTACTS_ERASE,
            LEDGER_READ,
            EVIDENCE_READ,
            MASKING_WRITE,
            SECURITY_MANAGE,
            APPROVALS_VOTE,
            APPROVALS_MANAGE,
            CHANNELS_MANAGE,
            ENDPOINTS_MANAGE,
            KEYS_MANAGE,
            SECRETS_MANAGE,
            MEMBERS_MANAGE,
            ROLES_MANAGE,
            SESSIONS_MANAGE,
            NETWORKS_MANAGE,
            SSO_MANAGE,
            STORAGE_MANAGE,
            SCIM_MANAGE,
            SUPPORT_READ,
            SUPPORT_MANAGE,
        ] {
            let permissions = PermissionNames(PermissionSet::of(&[MESSAGES_READ, never]));
            assert!(Wanted { permissions, ..wanted() }.checked().is_err(), "{}", never.name());
        }
    }

    #[test]
    fn exactly_one_is_let_in_for_a_day_at_most() {
        let id: TypedId = "con_00000000000000000000000000".parse().unwrap();
        assert!(wanted().checked().is_ok());
        for bad in [
            Wanted { email: None, ..wanted() },
            Wanted { host: true, ..wanted() },
            Wanted { email: Some("nobody".into()), ..wanted() },
            Wanted { minutes: 0, ..wanted() },
            Wanted { minutes: LONGEST_MINUTES + 1, ..wanted() },
            Wanted { ticket: Some(" ".into()), ..wanted() },
            Wanted { ticket: Some("a\nb".into()), ..wanted() },
            Wanted { permissions: PermissionNames(PermissionSet::EMPTY), ..wanted() },
            Wanted { objects: vec![id; MOST_OBJECTS + 1], ..wanted() },
        ] {
            assert_eq!(bad.checked().err().map(|refusal| refusal.code().code), Some("support_scope"));
        }
    }

    #[test]
    fn whoever_agrees_reads_what_goes_beyond_looking() {
        let permissions = PermissionNames(PermissionSet::of(&[CONTACTS_READ, CONTACTS_WRITE]));
        let lines = Wanted { permissions, show_last4: true, ..wanted() }.lines();
        let after = |what: &str| lines.iter().find(|line| line.what == what).unwrap().after.clone().unwrap();
        assert_eq!(after("Does"), "Changes things, too");
        assert!(after("Sees").starts_with("The last four digits"));
        assert!(wanted().lines().iter().any(|line| line.after.as_deref() == Some("Looks, and changes nothing")));
    }
}

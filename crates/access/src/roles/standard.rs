//! The roles that are ours.

use sealpost_seal::viewer::MaskProfile;
use sealpost_web::{Permission, PermissionSet};

use super::model::{Role, RoleRef, SessionLimits, Visibility};
use crate::api_keys::Cidrs;
use crate::permissions::*;

/// A role that every organisation has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standard {
    /// May do everything, and is the only one who makes and unmakes owners. An organisation has at least one.
    Owner,
    /// May do everything but that.
    SuperAdmin,
    /// Runs the organisation; sees nobody in clear.
    Admin,
    /// Builds on the API.
    Developer,
    /// Answers people.
    Agent,
    /// Reads what was done, and how things are set.
    Auditor,
    /// Reads what is sent.
    Viewer,
}

const DEVELOPER: PermissionSet = PermissionSet::of(&[
    MESSAGES_SEND,
    MESSAGES_READ,
    MESSAGES_CANCEL,
    MASKING_READ,
    STORAGE_READ,
    CONTACTS_READ,
    CONTACTS_WRITE,
    TEMPLATES_READ,
    TEMPLATES_WRITE,
    EVENTS_READ,
    EVENTS_WRITE,
    ROUTES_READ,
    ROUTES_WRITE,
    WORKFLOWS_READ,
    WORKFLOWS_WRITE,
    WORKFLOWS_RUN,
    CHANNELS_READ,
    CHANNELS_MANAGE,
    ENDPOINTS_READ,
    ENDPOINTS_MANAGE,
    KEYS_READ,
    KEYS_MANAGE,
    OUTBOX_READ,
    SUPPRESSIONS_READ,
    SUPPRESSIONS_WRITE,
    APPROVALS_ASK,
]);
const AGENT: PermissionSet = PermissionSet::of(&[
    MESSAGES_SEND,
    MESSAGES_READ,
    MESSAGES_CANCEL,
    CONTACTS_READ,
    CONTACTS_MATCH,
    CONTACTS_WRITE,
    TEMPLATES_READ,
    EVENTS_READ,
    ROUTES_READ,
    WORKFLOWS_READ,
    WORKFLOWS_RUN,
    CHANNELS_READ,
    SUPPRESSIONS_READ,
    SUPPRESSIONS_WRITE,
]);
const AUDITOR: PermissionSet = PermissionSet::of(&[
    MESSAGES_READ,
    MASKING_READ,
    CONTACTS_READ,
    TEMPLATES_READ,
    EVENTS_READ,
    ROUTES_READ,
    WORKFLOWS_READ,
    CHANNELS_READ,
    ENDPOINTS_READ,
    KEYS_READ,
    LEDGER_READ,
    OUTBOX_READ,
    SUPPRESSIONS_READ,
    MEMBERS_READ,
    NETWORKS_READ,
    SSO_READ,
    ERASURES_READ,
    STORAGE_READ,
    EVIDENCE_READ,
    SECURITY_READ,
    APPROVALS_READ,
    DOWNLOADS_READ,
    SUPPORT_READ,
]);
const VIEWER: PermissionSet = PermissionSet::of(&[
    MESSAGES_READ,
    CONTACTS_READ,
    TEMPLATES_READ,
    EVENTS_READ,
    ROUTES_READ,
    WORKFLOWS_READ,
    CHANNELS_READ,
    ENDPOINTS_READ,
    OUTBOX_READ,
]);
/// What an administrator may not: show people in clear or hand out what is held about them, read the evidence, decide what is
/// masked, how security is set, what takes an approval, from where whom is admitted and by which services members sign in, make roles,
/// keep secrets, let directories in, and how long payloads are stored.
const NOT_ADMIN: [Permission; 12] = [
    DATA_REVEAL,
    MASKING_WRITE,
    SECURITY_MANAGE,
    ROLES_MANAGE,
    NETWORKS_MANAGE,
    SSO_MANAGE,
    SECRETS_MANAGE,
    SCIM_MANAGE,
    STORAGE_MANAGE,
    CONTACTS_EXPORT,
    EVIDENCE_READ,
    APPROVALS_MANAGE,
];

impl Standard {
    /// All of them, the mightiest first.
    pub const ALL: [Self; 7] =
        [Self::Owner, Self::SuperAdmin, Self::Admin, Self::Developer, Self::Agent, Self::Auditor, Self::Viewer];

    /// Its word, as it is stored and sent.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::SuperAdmin => "super_admin",
            Self::Admin => "admin",
            Self::Developer => "developer",
            Self::Agent => "agent",
            Self::Auditor => "auditor",
            Self::Viewer => "viewer",
        }
    }

    /// The role of this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// What a member of it may.
    pub fn role(self) -> Role {
        let (name, permissions, visibility, masks) = match self {
            Self::Owner => ("Owner", EVERYTHING, Visibility::All, MaskProfile::None),
            Self::SuperAdmin => ("Super admin", EVERYTHING, Visibility::All, MaskProfile::None),
            Self::Admin => {
                ("Admin", EVERYTHING.without(PermissionSet::of(&NOT_ADMIN)), Visibility::All, MaskProfile::Last4)
            }
            Self::Developer => ("Developer", DEVELOPER, Visibility::All, MaskProfile::Full),
            Self::Agent => ("Agent", AGENT, Visibility::Team, MaskProfile::Last4),
            Self::Auditor => ("Auditor", AUDITOR, Visibility::All, MaskProfile::Full),
            Self::Viewer => ("Viewer", VIEWER, Visibility::All, MaskProfile::Full),
        };
        Role {
            reference: RoleRef::Standard(self),
            name: name.to_owned(),
            permissions,
            visibility,
            channels: None,
            masks,
            require_step_up: false,
            cidrs: Cidrs::default(),
            limits: SessionLimits::LONGEST,
            reveals: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use sealpost_seal::viewer::Viewer;

    use super::*;

    #[test]
    fn every_role_of_ours_is_named_by_its_word() {
        for standard in Standard::ALL {
            assert_eq!(standard.word().parse(), Ok(RoleRef::Standard(standard)));
            assert_eq!(RoleRef::Standard(standard).to_string(), standard.word());
        }
        assert!("Owner".parse::<RoleRef>().is_err() && "".parse::<RoleRef>().is_err());
    }

    #[test]
    fn only_owners_and_super_admins_may_show_anybody_in_clear_or_keep_secrets() {
        for standard in Standard::ALL {
            let mighty = matches!(standard, Standard::Owner | Standard::SuperAdmin);
            assert_eq!(standard.role().permissions.contains(DATA_REVEAL), mighty, "{standard:?}");
            assert_eq!(standard.role().permissions.contains(CONTACTS_EXPORT), mighty, "{standard:?}");
            assert_eq!(standard.role().permissions.contains(SECRETS_MANAGE), mighty, "{standard:?}");
            assert_eq!(standard.role().permissions == EVERYTHING, mighty, "{standard:?}");
        }
    }

    #[test]
    fn whoever_may_search_by_last_digits_sees_them() {
        for role in Standard::ALL.map(Standard::role) {
            let sees = Viewer::with_profile(role.masks).sees_last4();
            assert_eq!(role.permissions.contains(CONTACTS_MATCH), sees, "{}", role.name);
        }
    }

    #[test]
    fn an_auditor_and_a_viewer_change_nothing() {
        for standard in [Standard::Auditor, Standard::Viewer] {
            let permissions = standard.role().permissions;
            assert!(permissions.iter(ALL).all(|permission| permission.name().ends_with(":read")), "{standard:?}");
        }
    }
}

//! What a caller may do: one closed vocabulary, `resource:verb`, for keys, roles and routes.
//!
//! A name is part of the API: it is stored with keys and written into configuration. Names are added, never renamed.

use sealpost_web::{Permission, PermissionSet};

sealpost_web::permissions! {
    MESSAGES_SEND = "messages:send" "Send messages";
    MESSAGES_READ = "messages:read" "Read messages and their timelines, masked";
    MESSAGES_CANCEL = "messages:cancel" "Cancel messages that have not left";
    DATA_REVEAL = "data:reveal" "See personal data in clear, with a reason, on the record";
    MASKING_READ = "masking:read" "Read and preview what is masked";
    MASKING_WRITE = "masking:write" "Change what is masked";
    SECURITY_READ = "security:read" "Read the security settings";
    SECURITY_MANAGE = "security:manage" "Change the security settings";
    APPROVALS_READ = "approvals:read" "Read what waits for an approval, and what was decided";
    APPROVALS_ASK = "approvals:ask" "Ask others for changes that only members make";
    APPROVALS_VOTE = "approvals:vote" "Approve and reject, and put into force or cancel what was asked for";
    APPROVALS_MANAGE = "approvals:manage" "Decide what takes an approval, and act in an emergency";
    CONTACTS_READ = "contacts:read" "Read and search contacts, masked";
    CONTACTS_MATCH = "contacts:match" "Find contacts by the last four digits of a phone number";
    CONTACTS_WRITE = "contacts:write" "Create and change contacts";
    CONTACTS_ERASE = "contacts:erase" "Erase people, for good";
    CONTACTS_EXPORT = "contacts:export" "Export everything held about a person, with a reason, on the record";
    DOWNLOADS_REQUEST = "downloads:request" "Ask for files of many rows, and fetch them once they are granted";
    DOWNLOADS_READ = "downloads:read" "Read who asked for which files, and what became of them";
    ERASURES_READ = "erasures:read" "Read erasures and their certificates";
    TEMPLATES_READ = "templates:read" "Read and preview templates";
    TEMPLATES_WRITE = "templates:write" "Create templates and new versions of them";
    EVENTS_READ = "events:read" "Read event definitions";
    EVENTS_WRITE = "events:write" "Create event definitions and new versions of them";
    ROUTES_READ = "routes:read" "Read routes, and try what they would do";
    ROUTES_WRITE = "routes:write" "Create routes and versions of them, and put versions into force";
    CHANNELS_READ = "channels:read" "Read the settings of senders";
    CHANNELS_MANAGE = "channels:manage" "Create and change senders";
    ENDPOINTS_READ = "endpoints:read" "Read endpoints and their delivery attempts";
    ENDPOINTS_MANAGE = "endpoints:manage" "Create, change, test and ping endpoints";
    KEYS_READ = "keys:read" "Read API keys, never their text";
    KEYS_MANAGE = "keys:manage" "Create, rotate and revoke API keys";
    SECRETS_MANAGE = "secrets:manage" "Store, replace and remove secrets, never read them";
    LEDGER_READ = "ledger:read" "Read the audit ledger, its checkpoints and proofs";
    EVIDENCE_READ = "evidence:read" "Read the record of processing, the controls and packs of evidence, ledger included";
    OUTBOX_READ = "outbox:read" "Read what the test environment would have sent, masked";
    SUPPRESSIONS_READ = "suppressions:read" "Read the suppression list, masked";
    SUPPRESSIONS_WRITE = "suppressions:write" "Suppress addresses and lift suppressions";
    MEMBERS_READ = "members:read" "Read members, their roles, teams and invitations";
    MEMBERS_MANAGE = "members:manage" "Invite, change and remove members, and set up teams";
    ROLES_MANAGE = "roles:manage" "Create and change roles";
    SESSIONS_MANAGE = "sessions:manage" "See where members are signed in, and sign them out";
    NETWORKS_READ = "networks:read" "Read from where whom is admitted";
    NETWORKS_MANAGE = "networks:manage" "Decide from where whom is admitted";
    SSO_READ = "sso:read" "Read by which services members sign in";
    SSO_MANAGE = "sso:manage" "Decide by which services members sign in";
    STORAGE_READ = "storage:read" "Read how long payloads are stored, and what is held";
    STORAGE_MANAGE = "storage:manage" "Decide how long payloads are stored, hold and purge them";
    WORKFLOWS_READ = "workflows:read" "Read workflows and their runs, masked";
    WORKFLOWS_WRITE = "workflows:write" "Create workflows and new versions of them, and put one in force";
    WORKFLOWS_RUN = "workflows:run" "Start, signal, cancel and retry runs of workflows";
    SUPPORT_READ = "support:read" "Read who was granted support access, and what they looked at";
    SUPPORT_MANAGE = "support:manage" "Ask for support access, and end it";
    SCIM_MANAGE = "scim:manage" "Let directories provision members, and say which group gives which role";
}

/// All of them: what an operator on the host may grant.
pub const EVERYTHING: PermissionSet = PermissionSet::of(ALL);

/// What a publishable key may hold at most. Whoever views a page has its key, so nothing here may read anything of anybody's,
/// send, or change: for now that leaves nothing, and a publishable key only says which organisation a page belongs to.
pub const PUBLISHABLE: PermissionSet = PermissionSet::EMPTY;

/// The names of a set, as they are stored: separated by spaces, in the vocabulary's order.
pub(crate) fn to_text(set: PermissionSet) -> String {
    let names: Vec<_> = set.iter(ALL).map(Permission::name).collect();
    names.join(" ")
}

/// The set of stored names. A name this version doesn't know grants nothing.
pub(crate) fn from_text(names: &str) -> PermissionSet {
    let mut set = PermissionSet::EMPTY;
    names.split(' ').filter_map(find).for_each(|permission| set.insert(permission));
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_set_is_read_back_and_unknown_names_grant_nothing() {
        let set = PermissionSet::of(&[KEYS_READ, MESSAGES_SEND]);
        assert_eq!(to_text(set), "messages:send keys:read");
        assert_eq!(from_text("messages:send keys:read"), set);
        assert_eq!(from_text("messages:send future:thing"), PermissionSet::of(&[MESSAGES_SEND]));
        assert_eq!(from_text(&to_text(PermissionSet::EMPTY)), PermissionSet::EMPTY);
        assert_eq!(from_text(&to_text(EVERYTHING)), EVERYTHING);
    }

    #[test]
    fn names_are_resource_and_verb_and_titles_are_sentences_without_a_stop() {
        for permission in ALL {
            let (resource, verb) = permission.name().split_once(':').unwrap();
            assert!([resource, verb].iter().all(|part| part.bytes().all(|b| b.is_ascii_lowercase())));
            assert!(permission.title().starts_with(char::is_uppercase) && !permission.title().ends_with('.'));
        }
    }

    #[test]
    fn a_publishable_key_may_not_read_send_change_or_reveal() {
        assert!(PUBLISHABLE.iter(ALL).all(|permission| permission.name().ends_with(":start")));
    }
}

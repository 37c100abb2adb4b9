//! What every column of the database holds.
//!
//! A column that is added by a migration has to be added here, too, or a test fails: nobody can hold something about people that the
//! record of processing doesn't know.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A kind of data about people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Category {
    /// Who somebody is and how they are reached.
    Identity,
    /// What was written to them.
    Content,
    /// What happened to what was written to them.
    Traffic,
    /// What they want.
    Wishes,
    /// Who works for the organisation.
    Staff,
    /// How staff sign in, and from where.
    SignIn,
    /// What staff and programs did.
    Acts,
    /// What staff wrote in fields of their own.
    Notes,
}

impl Category {
    const ALL: [Self; 8] = [
        Self::Identity,
        Self::Content,
        Self::Traffic,
        Self::Wishes,
        Self::Staff,
        Self::SignIn,
        Self::Acts,
        Self::Notes,
    ];

    const fn word(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Content => "content",
            Self::Traffic => "traffic",
            Self::Wishes => "wishes",
            Self::Staff => "staff",
            Self::SignIn => "sign_in",
            Self::Acts => "acts",
            Self::Notes => "notes",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Identity => "Names, addresses and ids of people who are written to",
            Self::Content => "What was written to them: data, text, address",
            Self::Traffic => "What happened to it: states, attempts, times",
            Self::Wishes => "Who wants not to be written to",
            Self::Staff => "Names and addresses of members of the staff",
            Self::SignIn => "How members sign in: keys, sessions, networks by keyed name",
            Self::Acts => "What members and programs did: ids, codes, times, reasons",
            Self::Notes => "Names and descriptions that members gave to things",
        }
    }

    const fn subjects(self) -> &'static str {
        match self {
            Self::Identity | Self::Content | Self::Traffic | Self::Wishes => "people who are written to",
            Self::Staff | Self::SignIn | Self::Acts | Self::Notes => "members of the staff",
        }
    }
}

/// How a column holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// Sealed under the person's own key: destroying that makes it noise.
    OwnKey,
    /// Sealed under a key of the organisation.
    OrganisationKey,
    /// Sealed under a key of a file's own, which is destroyed with it.
    FileKey,
    /// Sealed under a key that is in a link alone: whoever keeps it can't open it.
    LinkKey,
    /// As a keyed hash: it can be compared, and not read.
    Hashed,
    /// As it is: codes, times, words that name nobody by themselves.
    Plain,
}

impl How {
    const fn says(self) -> &'static str {
        match self {
            Self::OwnKey => "sealed under the person's own key",
            Self::OrganisationKey => "sealed under a key of the organisation",
            Self::FileKey => "sealed under a key of the file's own, which is destroyed with it",
            Self::LinkKey => "sealed under a key that only a link has",
            Self::Hashed => "keyed hash",
            Self::Plain => "plain",
        }
    }
}

/// Columns of a table that hold data about people.
type About = (&'static [&'static str], How, Category);

/// A table: what of it is about people, and what is not.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) about: &'static [About],
    /// Ids, versions, times and settings that are about nobody. `org`, `env` and `id` are in every table and not named here.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "what is about nobody has to be said, and nobody asks but the test")
    )]
    pub(super) others: &'static [&'static str],
}

const fn table(name: &'static str, about: &'static [About], others: &'static [&'static str]) -> Table {
    Table { name, about, others }
}

use Category::{Acts, Content, Identity, Notes, SignIn, Staff, Traffic, Wishes};
use How::{FileKey, Hashed, LinkKey, OrganisationKey, OwnKey, Plain};

/// Every table of the data, in the order of the migrations.
pub(super) const TABLES: &[Table] = &[
    table("organisation", &[(&["name"], Plain, Notes)], &["created_at"]),
    table("credential", &[(&["mac"], Hashed, SignIn)], &["kind", "target"]),
    table(
        "api_key",
        &[
            (&["name"], Plain, Notes),
            (&["mac", "last_used_network"], Hashed, SignIn),
            (&["last4", "last_used_at", "uses"], Plain, SignIn),
        ],
        &[
            "kind",
            "scopes",
            "cidrs",
            "created_at",
            "expires_at",
            "revoked_at",
            "successor",
            "reminded",
            "mask_profile",
            "made_by",
        ],
    ),
    table("api_key_use", &[(&["uses"], Plain, Acts)], &["api_key", "day"]),
    table("api_key_network", &[(&["network"], Hashed, SignIn)], &["api_key", "last_day"]),
    // Credentials are of machines; what a secret is called may name somebody.
    table(
        "secret",
        &[(&["sealed"], OrganisationKey, SignIn), (&["fingerprint"], Hashed, SignIn)],
        &["purpose", "version", "encoding", "imported", "created_at", "expires_at"],
    ),
    table(
        "masking_policy",
        &[(&["rules", "test_rules"], OrganisationKey, Notes)],
        &["version", "mode", "test_mode", "reveals_per_day", "created_at"],
    ),
    table("reveal_use", &[(&["actor", "day", "looks", "lately", "warned_at"], Plain, Acts)], &[]),
    table(
        "contact",
        &[(&["external_id", "name", "email", "phone"], OwnKey, Identity), (&["locale"], Plain, Identity)],
        &["slot", "created_at", "updated_at", "erased_at", "merged_into", "merged_at"],
    ),
    table("contact_index", &[(&["value"], Hashed, Identity)], &["kind", "epoch", "contact"]),
    table(
        "suppression",
        &[(&["value"], Hashed, Wishes), (&["reason"], Plain, Wishes)],
        &["channel", "created_at", "expires_at"],
    ),
    table("template", &[(&["name"], Plain, Notes)], &["channel", "version", "in_force", "promotions", "created_at"]),
    table("template_version", &[(&["content"], Plain, Notes)], &["template", "version", "created_at", "released_at"]),
    table("event", &[(&["name"], Plain, Notes)], &["version", "in_force", "promotions", "created_at"]),
    table(
        "event_version",
        &[],
        &["event", "version", "class", "template", "template_version", "channel", "route", "created_at", "released_at"],
    ),
    table("route", &[(&["name"], Plain, Notes)], &["kind", "version", "live_version", "promotions", "created_at"]),
    table("route_version", &[], &["route", "version", "content", "created_at", "released_at"]),
    table("route_attempt", &[(&["attempt", "channel", "outcome"], Plain, Traffic)], &["message", "round", "step"]),
    table(
        "channel",
        &[(&["name", "settings"], Plain, Notes)],
        &["kind", "version", "admitted", "created_at", "updated_at", "last_used_at"],
    ),
    table(
        "message",
        &[
            (&["recipient", "payload", "opening"], OwnKey, Content),
            (&["digest", "commitment"], Hashed, Content),
            (&["unsubscribes"], Hashed, Wishes),
            (
                &[
                    "contact",
                    "event",
                    "class",
                    "state",
                    "reason",
                    "decision",
                    "provider_id",
                    "attempts",
                    "created_at",
                    "updated_at",
                ],
                Plain,
                Traffic,
            ),
        ],
        &[
            "event_version",
            "template",
            "template_version",
            "channel",
            "sender",
            "route",
            "route_version",
            "slot",
            "callbacks",
            "send_before",
            "storage",
            "gone",
            "leaf",
        ],
    ),
    table("message_step", &[(&["kind", "at", "attempt", "detail"], Plain, Traffic)], &["message", "step"]),
    table("sandbox", &[], &["message", "channel", "created_at"]),
    table(
        "endpoint",
        &[(&["name", "url", "description"], Plain, Notes)],
        &[
            "events",
            "profiles",
            "is_default",
            "state",
            "state_detail",
            "secret",
            "secret_stored",
            "signing",
            "version",
            "admitted",
            "agreed_port",
            "created_at",
            "updated_at",
        ],
    ),
    table("endpoint_proof", &[], &["endpoint", "way", "nonce", "proved_at", "tried_at", "warned_at"]),
    table(
        "endpoint_transport",
        &[(&["headers", "chain", "authorities"], Plain, Notes)],
        &["endpoint", "min_tls", "retries", "rate", "chain_key", "authorities_only", "updated_at", "body"],
    ),
    table("endpoint_pace", &[], &["endpoint", "full_us", "probed_at"]),
    table("endpoint_place", &[], &["endpoint", "waiting", "due_at"]),
    table(
        "portal_link",
        &[(&["mac"], Hashed, SignIn)],
        &["endpoint", "created_at", "expires_at", "revoked_at", "opened_at", "hours"],
    ),
    table("endpoint_profile", &[(&["definition"], Plain, Notes)], &["endpoint", "profile", "secret", "secret_stored"]),
    table("endpoint_rotation", &[], &["endpoint", "profile", "secret", "begun_at", "proven_at"]),
    table(
        "endpoint_encryption",
        &[],
        &["endpoint", "method", "fields", "shape", "member", "secret", "version", "form", "public_key", "updated_at"],
    ),
    table(
        "delivery",
        &[(&["body", "message"], Plain, Traffic)],
        &["endpoint", "notice", "kind", "state", "attempts", "next_at", "created_at", "updated_at"],
    ),
    table(
        "attempt",
        &[(&["outcome", "status", "latency_ms"], Plain, Traffic)],
        &["delivery", "number", "started_at", "finished_at"],
    ),
    table("notice", &[(&["data"], Plain, Acts)], &["kind", "created_at"]),
    table(
        "idempotency",
        &[(&["body"], OrganisationKey, Content), (&["mac", "fingerprint"], Hashed, Content)],
        &["status", "expires_at"],
    ),
    table("outbox", &[], &["kind", "target", "due_at", "leased_until", "fence", "claims"]),
    table("ledger_head", &[], &["frontier", "size", "signed"]),
    table("ledger_leaf", &[(&["leaf"], Plain, Acts), (&["content"], OrganisationKey, Acts)], &["seq", "hash"]),
    table("ledger_node", &[], &["level", "position", "hash"]),
    table("ledger_checkpoint", &[], &["size", "signed_at", "note"]),
    table("ledger_stream", &[], &["stream", "next"]),
    table("lease", &[], &["name", "holder", "held_until"]),
    table("contact_last4", &[(&["bucket"], Hashed, Identity)], &["epoch", "contact"]),
    table(
        "member",
        &[(&["email", "name"], OwnKey, Staff), (&["role", "state"], Plain, Staff)],
        &["slot", "created_at", "updated_at"],
    ),
    table("member_index", &[(&["value"], Hashed, Staff)], &["epoch", "member"]),
    table("member_identity", &[(&["subject"], Hashed, SignIn)], &["connection", "member", "created_at"]),
    table(
        "role",
        &[(&["name"], Plain, Notes)],
        &[
            "permissions",
            "visibility",
            "channels",
            "masks",
            "require_step_up",
            "cidrs",
            "idle_minutes",
            "absolute_minutes",
            "reveals_per_day",
            "created_at",
            "updated_at",
        ],
    ),
    table("team", &[(&["name"], Plain, Notes)], &["created_at", "updated_at"]),
    table("team_member", &[(&["member"], Plain, Staff)], &["team"]),
    table(
        "passkey",
        &[(
            &["credential_id", "public_key", "counter", "backup_eligible", "backed_up", "agent", "used_at"],
            Plain,
            SignIn,
        )],
        &["member", "created_at"],
    ),
    table("spent_challenge", &[], &["challenge", "expires_at"]),
    table("recovery_code", &[(&["mac"], Hashed, SignIn)], &["member", "created_at"]),
    table(
        "member_session",
        &[
            (&["mac", "network"], Hashed, SignIn),
            (&["method", "agent", "seen_at", "proved_at", "ended_at", "ended_by"], Plain, SignIn),
        ],
        &["member", "passkey", "created_at", "connection"],
    ),
    table(
        "sign_in_link",
        &[(&["mac"], Hashed, SignIn), (&["purpose", "used_at"], Plain, SignIn)],
        &["member", "created_at", "expires_at"],
    ),
    table("undelivered", &[(&["state"], Plain, Traffic)], &["message"]),
    table("activity", &[], &["slot", "action", "actor", "result", "count"]),
    table("activity_age", &[], &["slot", "action", "bucket", "count"]),
    table("network_policy", &[], &["version", "dashboard", "admin", "api_keys", "reverts_at", "created_at"]),
    table(
        "sso_connection",
        &[(&["name", "settings"], Plain, Notes)],
        &[
            "kind",
            "enabled",
            "newcomers",
            "group_roles",
            "version",
            "refused_at",
            "refused_why",
            "created_at",
            "updated_at",
            "credential_at",
            "used_at",
        ],
    ),
    table("sso_domain", &[(&["domain"], Plain, Notes)], &["connection", "proof", "verified_at", "created_at"]),
    table("sso_policy", &[], &["required", "updated_at"]),
    table("sso_spent", &[(&["what"], Hashed, SignIn)], &["until"]),
    table(
        "scim_token",
        &[(&["name"], Plain, Notes), (&["mac"], Hashed, SignIn), (&["last4", "last_used_at"], Plain, SignIn)],
        &["role", "created_at", "revoked_at"],
    ),
    table(
        "scim_user",
        &[(&["profile"], OwnKey, Staff), (&["user_name", "external"], Hashed, Staff)],
        &["member", "updated_at"],
    ),
    table("scim_group", &[(&["external"], Plain, Notes)], &["team", "updated_at"]),
    table("scim_role_map", &[], &["team", "role", "created_at"]),
    table(
        "secret_card",
        &[(&["name", "description"], Plain, Notes)],
        &["remind_days", "reminded", "created_at", "updated_at"],
    ),
    table(
        "secret_change",
        &[(&["actor_kind", "actor", "at"], Plain, Acts), (&["network"], Hashed, SignIn)],
        &["secret", "seq", "kind", "version"],
    ),
    table(
        "erasure",
        &[(&["contact", "reason", "begun_at", "done_at"], Plain, Wishes)],
        &[
            "slot",
            "leaf_from",
            "leaf",
            "fields",
            "indexes",
            "cancelled",
            "messages",
            "sandboxed",
            "suppressions",
            "kept_until",
            "reapplied",
            "final_at",
            "merged",
        ],
    ),
    table("ledger_retention", &[], &["version", "days", "created_at"]),
    table("storage_policy", &[], &["version", "rules", "created_at"]),
    table("volatile_message", &[], &["message", "holder", "created_at"]),
    table("volatile_holder", &[], &["holder", "alive_until"]),
    table(
        "legal_hold",
        &[(&["reason"], OrganisationKey, Notes)],
        &["contact", "items", "created_at", "lifted_at", "settled_at"],
    ),
    table("legal_hold_item", &[], &["item", "hold", "contact", "lifted"]),
    table("storage_purge", &[], &["class", "through", "reached", "shredded", "created_at", "done_at"]),
    table("storage_mark", &[], &["class", "through"]),
    table("storage_turn", &[], &["turn"]),
    table("key_turn", &[], &["version", "begun_at", "rewrapped_at", "done_at"]),
    table("root_key", &[], &["key_id", "since", "custody"]),
    table("erasure_policy", &[], &["version", "suppression_days", "created_at"]),
    table(
        "handover",
        &[(&["mac"], Hashed, SignIn), (&["sealed"], LinkKey, SignIn)],
        &["secret", "version", "created_at", "expires_at", "opened_at", "again_at", "revoked_at"],
    ),
    table("approval_policy", &[], &["version", "rules", "created_at"]),
    table(
        "approval",
        &[(&["content"], OrganisationKey, Acts), (&["asker"], Plain, Acts)],
        &[
            "module",
            "target",
            "digest",
            "live_version",
            "policy_version",
            "state",
            "created_at",
            "changed_at",
            "expires_at",
            "told_at",
            "emergency",
            "followed_up_at",
        ],
    ),
    table(
        "approval_vote",
        &[(&["comment"], OrganisationKey, Acts), (&["voter", "says"], Plain, Acts), (&["signature"], Plain, SignIn)],
        &["approval", "digest", "created_at"],
    ),
    table("approval_tied", &[(&["member"], Plain, Acts)], &["approval"]),
    table("version_author", &[(&["actor_kind", "actor", "person"], Plain, Acts)], &["target", "version"]),
    table(
        "revision",
        &[(&["content"], OrganisationKey, Acts), (&["actor_kind", "actor"], Plain, Acts)],
        &["module", "target", "number", "digest", "approval", "created_at"],
    ),
    table("download_policy", &[], &["version", "rules", "created_at"]),
    table(
        "download",
        &[(&["wanted"], FileKey, Acts), (&["actor", "fetch_by"], Plain, Acts)],
        &[
            "source",
            "format",
            "shows",
            "personal",
            "estimate",
            "actor_kind",
            "slot",
            "digest",
            "approval",
            "state",
            "why",
            "sight",
            "run",
            "held_by",
            "held_until",
            "lines",
            "bytes",
            "chunks",
            "sha256",
            "created_at",
            "updated_at",
            "expires_at",
            "fetches",
            "fetch_until",
            "fetch_held_until",
            "shredded_at",
        ],
    ),
    table("download_chunk", &[(&["sealed"], FileKey, Identity)], &["download", "run", "seq"]),
    table("download_use", &[(&["who"], Plain, Acts)], &["day", "files", "lines"]),
    table(
        "support_grant",
        &[
            (&["content"], OrganisationKey, Acts),
            (&["member", "granted_by"], Plain, Acts),
            (&["link_mac", "session_mac"], Hashed, SignIn),
        ],
        &[
            "grantee",
            "permissions",
            "objects",
            "last4",
            "created_at",
            "until",
            "link_used_at",
            "ended_at",
            "ended_by",
            "summary",
        ],
    ),
    table("contact_alike", &[(&["value"], Hashed, Identity)], &["kind", "epoch", "contact"]),
    table("contact_pair", &[], &["one", "other", "because", "created_at", "dismissed_at"]),
    table("storage_count", &[], &["class", "day", "messages"]),
    table("storage_counted", &[], &["whole_at", "counted_at"]),
    table("workflow", &[(&["name"], Plain, Notes)], &["version", "live_version", "promotions", "created_at"]),
    table(
        "workflow_version",
        &[(&["definition"], Plain, Notes)],
        &["workflow", "version", "class", "created_at", "released_at"],
    ),
    table(
        "workflow_run",
        &[
            (&["payload", "answers"], OwnKey, Content),
            (&["contact", "workflow", "class", "node", "state", "reason", "created_at", "updated_at"], Plain, Traffic),
        ],
        &["version", "storage", "gone", "slot", "wakes_at"],
    ),
    table(
        "workflow_step",
        &[(&["kind", "state", "attempt", "detail", "status", "started_at", "updated_at"], Plain, Traffic)],
        &["run", "node", "message"],
    ),
    table("workflow_signal", &[(&["payload"], OwnKey, Content), (&["name", "created_at"], Plain, Traffic)], &["run"]),
    table("workflow_reply", &[(&["mac"], Hashed, Traffic)], &["answer", "created_at"]),
    table("workflow_trigger", &[(&["event", "definition"], Plain, Notes)], &["workflow", "secret", "created_at"]),
    table("workflow_arrival", &[(&["mac"], Hashed, Traffic)], &["via", "run", "created_at"]),
    table("volatile_run", &[], &["run", "holder", "created_at"]),
];

/// What is held of one category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DataCategory")]
pub struct Held {
    /// `identity`, `content`, `traffic`, `wishes`, `staff`, `sign_in`, `acts` or `notes`.
    pub category: String,
    /// What that is.
    pub title: String,
    /// About whom.
    pub subjects: String,
    /// Where, and how it is protected there.
    pub places: Vec<Place>,
}

/// Where something is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DataPlace")]
pub struct Place {
    /// The table.
    pub table: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// How it is protected.
    pub protection: String,
}

/// Everything that is held about people, by category.
pub(super) fn held() -> Vec<Held> {
    let of = |category: Category| Held {
        category: category.word().into(),
        title: category.title().into(),
        subjects: category.subjects().into(),
        places: places(category),
    };
    Category::ALL.into_iter().map(of).collect()
}

fn places(category: Category) -> Vec<Place> {
    let all = TABLES.iter().flat_map(|table| table.about.iter().map(move |about| (table.name, about)));
    all.filter(|(_, (_, _, of))| *of == category)
        .map(|(table, (columns, how, _))| Place {
            table: table.into(),
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            protection: how.says().into(),
        })
        .collect()
}

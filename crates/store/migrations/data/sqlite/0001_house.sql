-- Ids are 16 bytes, times Unix milliseconds, enums short text, sealed columns bytes.
-- Indexes beside the key begin with what tells rows apart: beginning with the organisation they would serve to read all it has.
-- Every table but `credential`'s look-up names its organisation first; see docs/decisions/0002-storage-door.md.

create table organisation (
    org blob not null primary key,
    name text not null,
    created_at integer not null
) strict, without rowid;

-- Whose credential is this? Found before the organisation is known, by the keyed hash of the token.
create table credential (
    org blob not null,
    env text not null,
    kind text not null,
    mac blob not null,
    target blob not null,
    primary key (kind, mac)
) strict, without rowid;

create table api_key (
    org blob not null,
    env text not null,
    id blob not null,
    kind text not null,
    name text not null,
    last4 text not null,
    mac blob not null,
    scopes text not null,
    cidrs text not null,
    created_at integer not null,
    expires_at integer not null,
    revoked_at integer,
    successor blob,
    last_used_at integer,
    last_used_network blob,
    uses integer not null default 0,
    reminded integer,
    primary key (org, env, id)
) strict, without rowid;

-- How often a key was used on a day, counted from 1970-01-01.
create table api_key_use (
    org blob not null,
    env text not null,
    api_key blob not null,
    day integer not null,
    uses integer not null,
    primary key (org, env, api_key, day)
) strict, without rowid;

-- Networks a key is known from, by keyed hash.
create table api_key_network (
    org blob not null,
    env text not null,
    api_key blob not null,
    network blob not null,
    last_day integer not null,
    primary key (org, env, api_key, network)
) strict, without rowid;

create table secret (
    org blob not null,
    env text not null,
    id blob not null,
    purpose text not null,
    version integer not null,
    encoding text not null,
    imported integer not null,
    sealed blob not null,
    created_at integer not null,
    expires_at integer,
    primary key (org, env, id, version)
) strict, without rowid;

-- What the organisation masks, in both environments: every version there was. Rules are sealed: a pattern may name somebody.
create table masking_policy (
    org blob not null,
    version integer not null,
    mode text not null,
    rules blob,
    reveals_per_day integer not null,
    created_at integer not null,
    primary key (org, version)
) strict, without rowid;

-- Who looked at clear data how often on their last day, when lately, and when a burst of looks was last told.
create table reveal_use (
    org blob not null,
    env text not null,
    actor blob not null,
    day integer not null,
    looks integer not null,
    lately blob not null,
    warned_at integer,
    primary key (org, env, actor)
) strict, without rowid;

create table contact (
    org blob not null,
    env text not null,
    id blob not null,
    slot blob not null,
    external_id blob,
    name blob,
    email blob,
    phone blob,
    locale text,
    created_at integer not null,
    updated_at integer not null,
    primary key (org, env, id)
) strict, without rowid;

-- Equality only: keyed hashes of normalised addresses, by epoch, so that old keys can be destroyed.
create table contact_index (
    org blob not null,
    env text not null,
    kind text not null,
    epoch integer not null,
    value blob not null,
    contact blob not null,
    primary key (org, env, kind, epoch, value)
) strict, without rowid;
create index contact_index_contact on contact_index (contact, org, env);

create table suppression (
    org blob not null,
    env text not null,
    channel text not null,
    value blob not null,
    id blob not null,
    reason text not null,
    created_at integer not null,
    primary key (org, env, channel, value)
) strict, without rowid;
create unique index suppression_id on suppression (org, env, id);

create table template (
    org blob not null,
    env text not null,
    id blob not null,
    name text not null,
    channel text not null,
    version integer not null,
    created_at integer not null,
    primary key (org, env, id)
) strict, without rowid;
create unique index template_name on template (org, env, name);

create table template_version (
    org blob not null,
    env text not null,
    template blob not null,
    version integer not null,
    content text not null,
    created_at integer not null,
    primary key (org, env, template, version)
) strict, without rowid;

create table event (
    org blob not null,
    env text not null,
    id blob not null,
    name text not null,
    version integer not null,
    created_at integer not null,
    primary key (org, env, id)
) strict, without rowid;
create unique index event_name on event (org, env, name);

create table event_version (
    org blob not null,
    env text not null,
    event blob not null,
    version integer not null,
    class text not null,
    template blob not null,
    template_version integer,
    channel blob,
    created_at integer not null,
    primary key (org, env, event, version)
) strict, without rowid;

create table channel (
    org blob not null,
    env text not null,
    id blob not null,
    kind text not null,
    name text not null,
    settings text not null,
    created_at integer not null,
    updated_at integer not null,
    primary key (org, env, id)
) strict, without rowid;
create unique index channel_name on channel (org, env, name);

create table message (
    org blob not null,
    env text not null,
    id blob not null,
    contact blob not null,
    event blob not null,
    event_version integer not null,
    template blob not null,
    template_version integer not null,
    channel text not null,
    sender blob,
    class text not null,
    state text not null,
    reason text,
    slot blob not null,
    recipient blob not null,
    payload blob,
    decision text not null,
    callbacks text,
    provider_id text,
    attempts integer not null,
    send_before integer,
    created_at integer not null,
    updated_at integer not null,
    primary key (org, env, id)
) strict, without rowid;
create index message_contact on message (contact, org, env, id);

create table message_step (
    org blob not null,
    env text not null,
    message blob not null,
    step integer not null,
    kind text not null,
    at integer not null,
    attempt integer not null,
    detail text,
    primary key (org, env, message, step)
) strict, without rowid;

-- The sandbox outbox: messages of the test environment that would have left. Their content stays where it is, sealed.
create table sandbox (
    org blob not null,
    env text not null,
    message blob not null,
    channel text not null,
    created_at integer not null,
    primary key (org, env, message)
) strict, without rowid;

create table endpoint (
    org blob not null,
    env text not null,
    id blob not null,
    name text not null,
    url text not null,
    description text not null,
    events text not null,
    profiles text not null,
    state text not null,
    state_detail text not null,
    secret blob not null,
    signing blob not null,
    created_at integer not null,
    updated_at integer not null,
    primary key (org, env, id)
) strict, without rowid;
create unique index endpoint_name on endpoint (org, env, name);

create table delivery (
    org blob not null,
    env text not null,
    id blob not null,
    endpoint blob not null,
    notice blob not null,
    kind text not null,
    message blob,
    body blob not null,
    state text not null,
    attempts integer not null,
    next_at integer,
    created_at integer not null,
    updated_at integer not null,
    primary key (org, env, id)
) strict, without rowid;
create index delivery_endpoint on delivery (endpoint, org, env, id);
create index delivery_message on delivery (message, org, env);

create table attempt (
    org blob not null,
    env text not null,
    delivery blob not null,
    number integer not null,
    started_at integer not null,
    finished_at integer,
    outcome text not null,
    status integer,
    latency_ms integer,
    primary key (org, env, delivery, number)
) strict, without rowid;

-- What an organisation is to hear of, until it has become deliveries: ids and coarse facts, nothing personal.
create table notice (
    org blob not null,
    env text not null,
    id blob not null,
    kind text not null,
    data text not null,
    created_at integer not null,
    primary key (org, env, id)
) strict, without rowid;

create table idempotency (
    org blob not null,
    env text not null,
    mac blob not null,
    fingerprint blob not null,
    status integer not null,
    body blob not null,
    expires_at integer not null,
    primary key (org, env, mac)
) strict, without rowid;
create index idempotency_expiry on idempotency (expires_at);

create table outbox (
    org blob not null,
    env text not null,
    id blob not null,
    kind text not null,
    target blob not null,
    due_at integer not null,
    leased_until integer not null,
    fence integer not null,
    claims integer not null,
    primary key (org, env, id)
) strict, without rowid;
create index outbox_lease on outbox (leased_until);
create index outbox_target on outbox (target, org, env);

create table ledger_head (
    org blob not null primary key,
    frontier blob not null,
    size integer not null,
    signed integer not null
) strict, without rowid;

create table ledger_leaf (
    org blob not null,
    seq integer not null,
    leaf blob not null,
    hash blob not null,
    content blob,
    primary key (org, seq)
) strict, without rowid;

-- Roots of complete subtrees of 256^n leaves, so that a proof reads hundreds of rows, not millions.
create table ledger_node (
    org blob not null,
    level integer not null,
    position integer not null,
    hash blob not null,
    primary key (org, level, position)
) strict, without rowid;

create table ledger_checkpoint (
    org blob not null,
    size integer not null,
    signed_at integer not null,
    note text not null,
    primary key (org, size)
) strict, without rowid;

-- How far a stream of the ledger to somebody outside has come: every leaf before `next` is delivered.
create table ledger_stream (
    org blob not null,
    stream text not null,
    next integer not null,
    primary key (org, stream)
) strict, without rowid;

-- Which node does what only one may do. Belongs to the installation: `org` is nought.
create table lease (
    org blob not null,
    name text not null,
    holder blob not null,
    held_until integer not null,
    primary key (org, name)
) strict, without rowid;

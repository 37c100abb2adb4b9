-- Ids are 16 bytes, times Unix milliseconds, enums short text, sealed columns bytes.
-- Indexes beside the key begin with what tells rows apart: beginning with the organisation they would serve to read all it has.
-- Every table but `credential`'s look-up names its organisation first; see docs/decisions/0002-storage-door.md.

create table organisation (
    org uuid not null primary key,
    name text not null,
    created_at bigint not null
);

-- Whose credential is this? Found before the organisation is known, by the keyed hash of the token.
create table credential (
    org uuid not null,
    env text not null,
    kind text not null,
    mac bytea not null,
    target uuid not null,
    primary key (kind, mac)
);

create table api_key (
    org uuid not null,
    env text not null,
    id uuid not null,
    kind text not null,
    name text not null,
    last4 text not null,
    mac bytea not null,
    scopes text not null,
    cidrs text not null,
    created_at bigint not null,
    expires_at bigint not null,
    revoked_at bigint,
    successor uuid,
    last_used_at bigint,
    last_used_network bytea,
    uses bigint not null default 0,
    reminded bigint,
    primary key (org, env, id)
);

-- How often a key was used on a day, counted from 1970-01-01.
create table api_key_use (
    org uuid not null,
    env text not null,
    api_key uuid not null,
    day bigint not null,
    uses bigint not null,
    primary key (org, env, api_key, day)
);

-- Networks a key is known from, by keyed hash.
create table api_key_network (
    org uuid not null,
    env text not null,
    api_key uuid not null,
    network bytea not null,
    last_day bigint not null,
    primary key (org, env, api_key, network)
);

create table secret (
    org uuid not null,
    env text not null,
    id uuid not null,
    purpose text not null,
    version bigint not null,
    encoding text not null,
    imported bigint not null,
    sealed bytea not null,
    created_at bigint not null,
    expires_at bigint,
    primary key (org, env, id, version)
);

-- What the organisation masks, in both environments: every version there was. Rules are sealed: a pattern may name somebody.
create table masking_policy (
    org uuid not null,
    version bigint not null,
    mode text not null,
    rules bytea,
    reveals_per_day bigint not null,
    created_at bigint not null,
    primary key (org, version)
);

-- Who looked at clear data how often on their last day, when lately, and when a burst of looks was last told.
create table reveal_use (
    org uuid not null,
    env text not null,
    actor bytea not null,
    day bigint not null,
    looks bigint not null,
    lately bytea not null,
    warned_at bigint,
    primary key (org, env, actor)
);

create table contact (
    org uuid not null,
    env text not null,
    id uuid not null,
    slot uuid not null,
    external_id bytea,
    name bytea,
    email bytea,
    phone bytea,
    locale text,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (org, env, id)
) partition by hash (org);
do $$ begin
    for i in 0..7 loop
        execute format('create table %I partition of contact for values with (modulus 8, remainder %s)', 'contact_' || i, i);
    end loop;
end $$;

-- Equality only: keyed hashes of normalised addresses, by epoch, so that old keys can be destroyed.
create table contact_index (
    org uuid not null,
    env text not null,
    kind text not null,
    epoch bigint not null,
    value bytea not null,
    contact uuid not null,
    primary key (org, env, kind, epoch, value)
) partition by hash (org);
do $$ begin
    for i in 0..7 loop
        execute format('create table %I partition of contact_index for values with (modulus 8, remainder %s)', 'contact_index_' || i, i);
    end loop;
end $$;
create index contact_index_contact on contact_index (contact, org, env);

create table suppression (
    org uuid not null,
    env text not null,
    channel text not null,
    value bytea not null,
    id uuid not null,
    reason text not null,
    created_at bigint not null,
    primary key (org, env, channel, value)
);
create unique index suppression_id on suppression (org, env, id);

create table template (
    org uuid not null,
    env text not null,
    id uuid not null,
    name text not null,
    channel text not null,
    version bigint not null,
    created_at bigint not null,
    primary key (org, env, id)
);
create unique index template_name on template (org, env, name);

create table template_version (
    org uuid not null,
    env text not null,
    template uuid not null,
    version bigint not null,
    content text not null,
    created_at bigint not null,
    primary key (org, env, template, version)
);

create table event (
    org uuid not null,
    env text not null,
    id uuid not null,
    name text not null,
    version bigint not null,
    created_at bigint not null,
    primary key (org, env, id)
);
create unique index event_name on event (org, env, name);

create table event_version (
    org uuid not null,
    env text not null,
    event uuid not null,
    version bigint not null,
    class text not null,
    template uuid not null,
    template_version bigint,
    channel uuid,
    created_at bigint not null,
    primary key (org, env, event, version)
);

create table channel (
    org uuid not null,
    env text not null,
    id uuid not null,
    kind text not null,
    name text not null,
    settings text not null,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (org, env, id)
);
create unique index channel_name on channel (org, env, name);

create table message (
    org uuid not null,
    env text not null,
    id uuid not null,
    contact uuid not null,
    event uuid not null,
    event_version bigint not null,
    template uuid not null,
    template_version bigint not null,
    channel text not null,
    sender uuid,
    class text not null,
    state text not null,
    reason text,
    slot uuid not null,
    recipient bytea not null,
    payload bytea,
    decision text not null,
    callbacks text,
    provider_id text,
    attempts bigint not null,
    send_before bigint,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (org, env, id)
) partition by hash (org);
do $$ begin
    for i in 0..7 loop
        execute format('create table %I partition of message for values with (modulus 8, remainder %s)', 'message_' || i, i);
    end loop;
end $$;
create index message_contact on message (contact, org, env, id);

create table message_step (
    org uuid not null,
    env text not null,
    message uuid not null,
    step bigint not null,
    kind text not null,
    at bigint not null,
    attempt bigint not null,
    detail text,
    primary key (org, env, message, step)
) partition by hash (org);
do $$ begin
    for i in 0..7 loop
        execute format('create table %I partition of message_step for values with (modulus 8, remainder %s)', 'message_step_' || i, i);
    end loop;
end $$;

-- The sandbox outbox: messages of the test environment that would have left. Their content stays where it is, sealed.
create table sandbox (
    org uuid not null,
    env text not null,
    message uuid not null,
    channel text not null,
    created_at bigint not null,
    primary key (org, env, message)
) partition by hash (org);
do $$ begin
    for i in 0..7 loop
        execute format('create table %I partition of sandbox for values with (modulus 8, remainder %s)', 'sandbox_' || i, i);
    end loop;
end $$;

create table endpoint (
    org uuid not null,
    env text not null,
    id uuid not null,
    name text not null,
    url text not null,
    description text not null,
    events text not null,
    profiles text not null,
    state text not null,
    state_detail text not null,
    secret uuid not null,
    signing uuid not null,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (org, env, id)
);
create unique index endpoint_name on endpoint (org, env, name);

create table delivery (
    org uuid not null,
    env text not null,
    id uuid not null,
    endpoint uuid not null,
    notice uuid not null,
    kind text not null,
    message uuid,
    body bytea not null,
    state text not null,
    attempts bigint not null,
    next_at bigint,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (org, env, id)
) partition by hash (org);
do $$ begin
    for i in 0..7 loop
        execute format('create table %I partition of delivery for values with (modulus 8, remainder %s)', 'delivery_' || i, i);
    end loop;
end $$;
create index delivery_endpoint on delivery (endpoint, org, env, id);
create index delivery_message on delivery (message, org, env);

create table attempt (
    org uuid not null,
    env text not null,
    delivery uuid not null,
    number bigint not null,
    started_at bigint not null,
    finished_at bigint,
    outcome text not null,
    status bigint,
    latency_ms bigint,
    primary key (org, env, delivery, number)
) partition by hash (org);
do $$ begin
    for i in 0..7 loop
        execute format('create table %I partition of attempt for values with (modulus 8, remainder %s)', 'attempt_' || i, i);
    end loop;
end $$;

-- What an organisation is to hear of, until it has become deliveries: ids and coarse facts, nothing personal.
create table notice (
    org uuid not null,
    env text not null,
    id uuid not null,
    kind text not null,
    data text not null,
    created_at bigint not null,
    primary key (org, env, id)
);

create table idempotency (
    org uuid not null,
    env text not null,
    mac bytea not null,
    fingerprint bytea not null,
    status bigint not null,
    body bytea not null,
    expires_at bigint not null,
    primary key (org, env, mac)
) partition by hash (org);
do $$ begin
    for i in 0..7 loop
        execute format('create table %I partition of idempotency for values with (modulus 8, remainder %s)', 'idempotency_' || i, i);
    end loop;
end $$;
create index idempotency_expiry on idempotency (expires_at);

create table outbox (
    org uuid not null,
    env text not null,
    id uuid not null,
    kind text not null,
    target uuid not null,
    due_at bigint not null,
    leased_until bigint not null,
    fence bigint not null,
    claims bigint not null,
    primary key (org, env, id)
);
create index outbox_lease on outbox (leased_until);
create index outbox_target on outbox (target, org, env);

create table ledger_head (
    org uuid not null primary key,
    frontier bytea not null,
    size bigint not null,
    signed bigint not null
);

create table ledger_leaf (
    org uuid not null,
    seq bigint not null,
    leaf bytea not null,
    hash bytea not null,
    content bytea,
    primary key (org, seq)
) partition by hash (org);
do $$ begin
    for i in 0..7 loop
        execute format('create table %I partition of ledger_leaf for values with (modulus 8, remainder %s)', 'ledger_leaf_' || i, i);
    end loop;
end $$;

-- Roots of complete subtrees of 256^n leaves, so that a proof reads hundreds of rows, not millions.
create table ledger_node (
    org uuid not null,
    level bigint not null,
    position bigint not null,
    hash bytea not null,
    primary key (org, level, position)
);

create table ledger_checkpoint (
    org uuid not null,
    size bigint not null,
    signed_at bigint not null,
    note text not null,
    primary key (org, size)
);

-- How far a stream of the ledger to somebody outside has come: every leaf before `next` is delivered.
create table ledger_stream (
    org uuid not null,
    stream text not null,
    next bigint not null,
    primary key (org, stream)
);

-- Which node does what only one may do. Belongs to the installation: `org` is nought.
create table lease (
    org uuid not null,
    name text not null,
    holder uuid not null,
    held_until bigint not null,
    primary key (org, name)
);
-- The second fence: a row of another organisation isn't there, even for a statement that forgot to ask. `app.org` is set by
-- every transaction; statements about the installation set `app.system` instead.
do $$
declare t record;
begin
    for t in select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where n.nspname = current_schema() and c.relkind in ('r', 'p') and c.relname <> 'migration' loop
        execute format('alter table %I enable row level security', t.relname);
        execute format('alter table %I force row level security', t.relname);
        execute format(
            'create policy organisation on %I using (org = nullif(current_setting(''app.org'', true), '''')::uuid
                or current_setting(''app.system'', true) = ''on'')',
            t.relname);
    end loop;
end $$;

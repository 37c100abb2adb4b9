-- Turns of an organisation's key: by which version, and when nothing was left under those before it.
create table key_turn (
    org blob not null,
    version integer not null,
    begun_at integer not null,
    rewrapped_at integer,
    done_at integer,
    primary key (org, version)
) strict, without rowid;

-- Under which root key an organisation's ledger knows its keys to be.
create table root_key (
    org blob not null,
    key_id blob not null,
    since integer not null,
    primary key (org)
) strict, without rowid;

-- For how long the keyed hash of an erased person's suppressed address is kept: every version of that decision.
create table erasure_policy (
    org blob not null,
    version integer not null,
    suppression_days integer not null,
    created_at integer not null,
    primary key (org, version)
) strict, without rowid;

-- Why somebody was erased, by its code; and when no copy of the key store has their key any more.
alter table erasure add column reason text;
alter table erasure add column final_at integer;

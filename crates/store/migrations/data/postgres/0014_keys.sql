-- Turns of an organisation's key: by which version, and when nothing was left under those before it.
create table key_turn (
    org uuid not null,
    version bigint not null,
    begun_at bigint not null,
    rewrapped_at bigint,
    done_at bigint,
    primary key (org, version)
);

-- Under which root key an organisation's ledger knows its keys to be.
create table root_key (
    org uuid not null,
    key_id bytea not null,
    since bigint not null,
    primary key (org)
);

-- For how long the keyed hash of an erased person's suppressed address is kept: every version of that decision.
create table erasure_policy (
    org uuid not null,
    version bigint not null,
    suppression_days bigint not null,
    created_at bigint not null,
    primary key (org, version)
);

-- Why somebody was erased, by its code; and when no copy of the key store has their key any more.
alter table erasure add column reason text;
alter table erasure add column final_at bigint;

-- The second fence, for these tables too: see 0001_house.
alter table key_turn enable row level security;
alter table key_turn force row level security;
create policy organisation on key_turn using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table root_key enable row level security;
alter table root_key force row level security;
create policy organisation on root_key using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table erasure_policy enable row level security;
alter table erasure_policy force row level security;
create policy organisation on erasure_policy using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');

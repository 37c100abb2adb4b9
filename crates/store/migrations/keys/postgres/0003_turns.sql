-- How far the turn of an organisation's key has come: slots up to `passed` are wrapped under `version`.
create table rewrap (
    org uuid not null,
    version bigint not null,
    passed uuid not null,
    slots bigint not null,
    total bigint not null,
    primary key (org, version)
);

-- Turns of the keys of blind indexes besides those of the calendar, and from when on each counts.
create table index_turn (
    org uuid not null,
    turn bigint not null,
    from_at bigint not null,
    primary key (org, turn)
);

-- Where the keys of this store's copies are. Never the keys: whoever has this store must not have its older copies with it.
create table copy_key (
    org uuid not null,
    day bigint not null,
    folder text not null,
    made_at bigint not null,
    ends_at bigint not null,
    primary key (org, day, folder)
);

-- The second fence, for these tables too: see 0001_slots. What is about all organisations, a copy and the turn of the root key,
-- says so, as around the data.
alter table rewrap enable row level security;
alter table rewrap force row level security;
alter table index_turn enable row level security;
alter table index_turn force row level security;
alter table copy_key enable row level security;
alter table copy_key force row level security;
create policy organisation on rewrap using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
create policy organisation on index_turn using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
create policy organisation on copy_key using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter policy organisation on slot using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter policy organisation on named_key using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter policy organisation on index_key using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter policy organisation on erased using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');

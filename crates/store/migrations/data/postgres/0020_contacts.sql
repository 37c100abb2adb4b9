-- Who turned out to be somebody else: their row stays, with the addresses that found no place in the other's, under its own key, and
-- leads there.
alter table contact add column merged_into uuid;
alter table contact add column merged_at bigint;
create index contact_merged on contact (merged_into, org, env) where merged_into is not null;

-- Keyed hashes of what several spellings of one person's address share, by epoch.
create table contact_alike (
    org uuid not null,
    env text not null,
    kind text not null,
    epoch bigint not null,
    value bytea not null,
    contact uuid not null,
    primary key (org, env, kind, epoch, value, contact)
);
create index contact_alike_contact on contact_alike (contact, org, env);

-- Two contacts who may be one person: ids alone.
create table contact_pair (
    org uuid not null,
    env text not null,
    id uuid not null,
    one uuid not null,
    other uuid not null,
    because text not null,
    created_at bigint not null,
    dismissed_at bigint,
    primary key (org, env, id)
);
create unique index contact_pair_both on contact_pair (one, other, org, env);
create index contact_pair_other on contact_pair (other, org, env);

-- How many contacts were merged into whoever was erased.
alter table erasure add column merged bigint not null default 0;

-- The second fence, for these tables too: see 0001_house.
alter table contact_alike enable row level security;
alter table contact_alike force row level security;
create policy organisation on contact_alike using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table contact_pair enable row level security;
alter table contact_pair force row level security;
create policy organisation on contact_pair using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');

-- Contacts that were there before stand under an epoch before all others, so that indexing anew finds whom they are like.
set local app.system = 'on';
insert into contact_alike (org, env, kind, epoch, value, contact)
select org, env, 'mailbox', -1, ''::bytea, id from contact where email is not null or phone is not null;

-- Who turned out to be somebody else: their row stays, with the addresses that found no place in the other's, under its own key, and
-- leads there.
alter table contact add column merged_into blob;
alter table contact add column merged_at integer;
create index contact_merged on contact (merged_into, org, env) where merged_into is not null;

-- Keyed hashes of what several spellings of one person's address share, by epoch.
create table contact_alike (
    org blob not null,
    env text not null,
    kind text not null,
    epoch integer not null,
    value blob not null,
    contact blob not null,
    primary key (org, env, kind, epoch, value, contact)
) strict, without rowid;
create index contact_alike_contact on contact_alike (contact, org, env);

-- Two contacts who may be one person: ids alone.
create table contact_pair (
    org blob not null,
    env text not null,
    id blob not null,
    one blob not null,
    other blob not null,
    because text not null,
    created_at integer not null,
    dismissed_at integer,
    primary key (org, env, id)
) strict, without rowid;
create unique index contact_pair_both on contact_pair (one, other, org, env);
create index contact_pair_other on contact_pair (other, org, env);

-- How many contacts were merged into whoever was erased.
alter table erasure add column merged integer not null default 0;

-- Contacts that were there before stand under an epoch before all others, so that indexing anew finds whom they are like.
insert into contact_alike (org, env, kind, epoch, value, contact)
select org, env, 'mailbox', -1, x'', id from contact where email is not null or phone is not null;

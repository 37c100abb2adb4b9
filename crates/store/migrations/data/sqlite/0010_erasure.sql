-- Erasures of people: ids, times, counts. `leaf_from` is how long the ledger was before, `leaf` where the erasure stands in it.
create table erasure (
    org blob not null,
    env text not null,
    id blob not null,
    contact blob not null,
    slot blob not null,
    begun_at integer not null,
    done_at integer,
    leaf_from integer not null,
    leaf integer,
    fields integer not null,
    indexes integer not null,
    cancelled integer not null,
    messages integer not null,
    sandboxed integer not null,
    suppressions integer not null,
    kept_until integer,
    reapplied integer not null,
    primary key (org, env, id)
) strict, without rowid;
create unique index erasure_contact on erasure (contact, org, env);

-- Who was erased keeps their id and nothing else.
alter table contact add column erased_at integer;
-- What is kept of an erased person's address ends.
alter table suppression add column expires_at integer;

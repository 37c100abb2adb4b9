-- Erasures of people: ids, times, counts. `leaf_from` is how long the ledger was before, `leaf` where the erasure stands in it.
create table erasure (
    org uuid not null,
    env text not null,
    id uuid not null,
    contact uuid not null,
    slot uuid not null,
    begun_at bigint not null,
    done_at bigint,
    leaf_from bigint not null,
    leaf bigint,
    fields bigint not null,
    indexes bigint not null,
    cancelled bigint not null,
    messages bigint not null,
    sandboxed bigint not null,
    suppressions bigint not null,
    kept_until bigint,
    reapplied bigint not null,
    primary key (org, env, id)
);
create unique index erasure_contact on erasure (contact, org, env);

-- Who was erased keeps their id and nothing else.
alter table contact add column erased_at bigint;
-- What is kept of an erased person's address ends.
alter table suppression add column expires_at bigint;

-- The second fence, for this table too: see 0001_house.
alter table erasure enable row level security;
alter table erasure force row level security;
create policy organisation on erasure using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');

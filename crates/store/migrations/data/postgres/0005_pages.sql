-- Messages that ended without arriving, so that they are found among a million that did.
create table undelivered (
    org uuid not null,
    env text not null,
    message uuid not null,
    state text not null,
    primary key (org, env, message)
) partition by hash (org);
do $$ begin
    for i in 0..7 loop
        execute format('create table %I partition of undelivered for values with (modulus 8, remainder %s)', 'undelivered_' || i, i);
    end loop;
end $$;

-- How often each act ended how, and by what kind of party, in each quarter hour: counted from the ledger, which stays the truth.
create table activity (
    org uuid not null,
    env text not null,
    slot bigint not null,
    action text not null,
    actor bigint not null,
    result bigint not null,
    count bigint not null,
    primary key (org, env, slot, action, actor, result)
);

-- How long things took from when they were made until an act on them: a histogram, eight buckets to a doubling.
create table activity_age (
    org uuid not null,
    env text not null,
    slot bigint not null,
    action text not null,
    bucket bigint not null,
    count bigint not null,
    primary key (org, env, slot, action, bucket)
);

-- The second fence, for these tables too: see 0001_house.
do $$
declare t record;
begin
    for t in select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where n.nspname = current_schema() and c.relkind in ('r', 'p')
             and (c.relname like 'undelivered%' or c.relname in ('activity', 'activity_age')) loop
        execute format('alter table %I enable row level security', t.relname);
        execute format('alter table %I force row level security', t.relname);
        execute format(
            'create policy organisation on %I using (org = nullif(current_setting(''app.org'', true), '''')::uuid
                or current_setting(''app.system'', true) = ''on'')',
            t.relname);
    end loop;
end $$;

set local app.system = 'on';
insert into undelivered (org, env, message, state)
select org, env, id, state from message where state in ('failed', 'unknown', 'cancelled', 'expired');

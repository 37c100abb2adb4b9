-- Buckets of the last four digits of phone numbers: two bytes of a keyed hash, by epoch. Many contacts share one; whoever is in it
-- is opened and compared.
create table contact_last4 (
    org uuid not null,
    env text not null,
    epoch bigint not null,
    bucket bytea not null,
    contact uuid not null,
    primary key (org, env, epoch, bucket, contact)
) partition by hash (org);
do $$ begin
    for i in 0..7 loop
        execute format('create table %I partition of contact_last4 for values with (modulus 8, remainder %s)', 'contact_last4_' || i, i);
    end loop;
end $$;
create index contact_last4_contact on contact_last4 (contact, org, env);

do $$
declare t record;
begin
    for t in select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where n.nspname = current_schema() and c.relkind in ('r', 'p') and c.relname like 'contact\_last4%' loop
        execute format('alter table %I enable row level security', t.relname);
        execute format('alter table %I force row level security', t.relname);
        execute format(
            'create policy organisation on %I using (org = nullif(current_setting(''app.org'', true), '''')::uuid
                or current_setting(''app.system'', true) = ''on'')',
            t.relname);
    end loop;
end $$;

-- Contacts that were there before stand under an epoch before all others, so that indexing anew puts each into its bucket.
set local app.system = 'on';
insert into contact_last4 (org, env, epoch, bucket, contact)
select org, env, -1, ''::bytea, id from contact where phone is not null;

-- The key store. Never in a data backup; see docs/decisions.
create table slot (
    org uuid not null,
    id uuid not null,
    purpose text not null,
    wrapped bytea not null,
    created_at bigint not null,
    primary key (org, id)
);

-- Keys that have a name: root wrapping check, organisation keys, token pepper, checkpoint signing key.
create table named_key (
    org uuid not null,
    name text not null,
    version bigint not null,
    wrapped bytea not null,
    created_at bigint not null,
    primary key (org, name, version)
);

-- Keys of blind indexes, one for each month; destroyed when nothing stands under them any more.
create table index_key (
    org uuid not null,
    epoch bigint not null,
    wrapped bytea not null,
    created_at bigint not null,
    primary key (org, epoch)
);

-- The second fence, as around the data: see the end of data/postgres/0001_house.sql. Nothing here is about the installation
-- but its own scope, which has an id like any other.
do $$
declare t record;
begin
    for t in select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where n.nspname = current_schema() and c.relkind in ('r', 'p') and c.relname <> 'migration' loop
        execute format('alter table %I enable row level security', t.relname);
        execute format('alter table %I force row level security', t.relname);
        execute format(
            'create policy organisation on %I using (org = nullif(current_setting(''app.org'', true), '''')::uuid)',
            t.relname);
    end loop;
end $$;

-- By which services members sign in. `settings` are the kind's own and hold no secret; `groups` say which of the service's groups
-- gives which role, the first that fits.
create table sso_connection (
    org uuid not null,
    id uuid not null,
    kind text not null,
    name text not null,
    settings text not null,
    enabled bigint not null,
    newcomers text,
    group_roles text not null,
    version bigint not null,
    refused_at bigint,
    refused_why text,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (org, id)
);

-- Domains of which the organisation says that they are its own, and since when that is proved.
create table sso_domain (
    org uuid not null,
    domain text not null,
    connection uuid not null,
    proof text not null,
    verified_at bigint,
    created_at bigint not null,
    primary key (org, domain)
);

-- Whether members have to sign in by a connection.
create table sso_policy (
    org uuid not null,
    required bigint not null,
    updated_at bigint not null,
    primary key (org)
);

-- What a service vouched with counts once: keyed hashes of it, until it is too old anyway.
create table sso_spent (
    org uuid not null,
    what bytea not null,
    until bigint not null,
    primary key (org, what)
);
create index sso_spent_until on sso_spent (until, org);

-- By which connection a session began.
alter table member_session add column connection uuid;

-- The second fence, for these tables too: see 0001_house.
do $$
declare t text;
begin
    foreach t in array array['sso_connection', 'sso_domain', 'sso_policy', 'sso_spent'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format(
            'create policy organisation on %I using (org = nullif(current_setting(''app.org'', true), '''')::uuid
                or current_setting(''app.system'', true) = ''on'')',
            t);
    end loop;
end $$;

-- What directories present that provision members: of the token a keyed hash. Through it they may do to members what `role` may.
create table scim_token (
    org uuid not null,
    id uuid not null,
    name text not null,
    last4 text not null,
    mac bytea not null,
    role text not null,
    created_at bigint not null,
    last_used_at bigint,
    revoked_at bigint,
    primary key (org, id)
);

-- Members whom a directory provisions: what it calls them, as keyed hashes, and what it says about them, sealed.
create table scim_user (
    org uuid not null,
    member uuid not null,
    user_name bytea not null,
    external bytea,
    profile bytea not null,
    updated_at bigint not null,
    primary key (org, member)
);
create unique index scim_user_name on scim_user (user_name, org);
create index scim_user_external on scim_user (external, org);

-- What a directory calls its groups, which are teams here.
create table scim_group (
    org uuid not null,
    team uuid not null,
    external text,
    updated_at bigint not null,
    primary key (org, team)
);

-- Roles that members have because they are in a team.
create table scim_role_map (
    org uuid not null,
    team uuid not null,
    role text not null,
    created_at bigint not null,
    primary key (org, team)
);

-- The second fence, for these tables too: see 0001_house.
do $$
declare t text;
begin
    foreach t in array array['scim_token', 'scim_user', 'scim_group', 'scim_role_map'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format(
            'create policy organisation on %I using (org = nullif(current_setting(''app.org'', true), '''')::uuid
                or current_setting(''app.system'', true) = ''on'')',
            t);
    end loop;
end $$;

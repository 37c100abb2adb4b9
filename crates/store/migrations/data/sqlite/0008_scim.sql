-- What directories present that provision members: of the token a keyed hash. Through it they may do to members what `role` may.
create table scim_token (
    org blob not null,
    id blob not null,
    name text not null,
    last4 text not null,
    mac blob not null,
    role text not null,
    created_at integer not null,
    last_used_at integer,
    revoked_at integer,
    primary key (org, id)
) strict, without rowid;

-- Members whom a directory provisions: what it calls them, as keyed hashes, and what it says about them, sealed.
create table scim_user (
    org blob not null,
    member blob not null,
    user_name blob not null,
    external blob,
    profile blob not null,
    updated_at integer not null,
    primary key (org, member)
) strict, without rowid;
create unique index scim_user_name on scim_user (user_name, org);
create index scim_user_external on scim_user (external, org);

-- What a directory calls its groups, which are teams here.
create table scim_group (
    org blob not null,
    team blob not null,
    external text,
    updated_at integer not null,
    primary key (org, team)
) strict, without rowid;

-- Roles that members have because they are in a team.
create table scim_role_map (
    org blob not null,
    team blob not null,
    role text not null,
    created_at integer not null,
    primary key (org, team)
) strict, without rowid;

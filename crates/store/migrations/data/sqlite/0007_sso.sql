-- By which services members sign in. `settings` are the kind's own and hold no secret; `groups` say which of the service's groups
-- gives which role, the first that fits.
create table sso_connection (
    org blob not null,
    id blob not null,
    kind text not null,
    name text not null,
    settings text not null,
    enabled integer not null,
    newcomers text,
    group_roles text not null,
    version integer not null,
    refused_at integer,
    refused_why text,
    created_at integer not null,
    updated_at integer not null,
    primary key (org, id)
) strict, without rowid;

-- Domains of which the organisation says that they are its own, and since when that is proved.
create table sso_domain (
    org blob not null,
    domain text not null,
    connection blob not null,
    proof text not null,
    verified_at integer,
    created_at integer not null,
    primary key (org, domain)
) strict, without rowid;

-- Whether members have to sign in by a connection.
create table sso_policy (
    org blob not null,
    required integer not null,
    updated_at integer not null,
    primary key (org)
) strict, without rowid;

-- What a service vouched with counts once: keyed hashes of it, until it is too old anyway.
create table sso_spent (
    org blob not null,
    what blob not null,
    until integer not null,
    primary key (org, what)
) strict, without rowid;
create index sso_spent_until on sso_spent (until, org);

-- By which connection a session began.
alter table member_session add column connection blob;

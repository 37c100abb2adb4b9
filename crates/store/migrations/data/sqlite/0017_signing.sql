-- What an endpoint signs with in one profile, where that is more than its name: a secret for that profile alone, and how a profile of
-- its own is described.
create table endpoint_profile (
    org blob not null,
    env text not null,
    endpoint blob not null,
    profile text not null,
    definition text,
    secret blob,
    secret_stored integer not null default 0,
    primary key (org, env, endpoint, profile)
) strict, without rowid;

-- A new secret that the receiver has yet to show it knows. `profile` is empty where it is the endpoint's own.
create table endpoint_rotation (
    org blob not null,
    env text not null,
    endpoint blob not null,
    profile text not null,
    secret blob not null,
    begun_at integer not null,
    proven_at integer,
    primary key (org, env, endpoint)
) strict, without rowid;

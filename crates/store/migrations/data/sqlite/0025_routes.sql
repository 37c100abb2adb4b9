-- Routes: ordered ways of sending over several channels. `live_version` is in force, `version` the newest; versions never change.
create table route (
    org blob not null,
    env text not null,
    id blob not null,
    name text not null,
    kind text not null,
    version integer not null,
    live_version integer not null,
    created_at integer not null,
    primary key (org, env, id)
) strict, without rowid;
create unique index route_name on route (org, env, name);

create table route_version (
    org blob not null,
    env text not null,
    route blob not null,
    version integer not null,
    content text not null,
    created_at integer not null,
    primary key (org, env, route, version)
) strict, without rowid;

-- Which step of its route each attempt of a message was, and what came of it. Where a message stands on its route is what stands here:
-- an attempt without an outcome is one of which nobody knows.
create table route_attempt (
    org blob not null,
    env text not null,
    message blob not null,
    attempt integer not null,
    round integer not null,
    step integer not null,
    channel blob not null,
    outcome text,
    primary key (org, env, message, attempt)
) strict, without rowid;

-- An event goes along a route instead of through one channel; a message keeps the version that was in force when it was accepted.
alter table event_version add column route blob;
alter table message add column route blob;
alter table message add column route_version integer;

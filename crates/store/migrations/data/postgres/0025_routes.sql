-- Routes: ordered ways of sending over several channels. `live_version` is in force, `version` the newest; versions never change.
create table route (
    org uuid not null,
    env text not null,
    id uuid not null,
    name text not null,
    kind text not null,
    version bigint not null,
    live_version bigint not null,
    created_at bigint not null,
    primary key (org, env, id)
);
create unique index route_name on route (org, env, name);

create table route_version (
    org uuid not null,
    env text not null,
    route uuid not null,
    version bigint not null,
    content text not null,
    created_at bigint not null,
    primary key (org, env, route, version)
);

-- Which step of its route each attempt of a message was, and what came of it. Where a message stands on its route is what stands here:
-- an attempt without an outcome is one of which nobody knows.
create table route_attempt (
    org uuid not null,
    env text not null,
    message uuid not null,
    attempt bigint not null,
    round bigint not null,
    step bigint not null,
    channel uuid not null,
    outcome text,
    primary key (org, env, message, attempt)
);

-- An event goes along a route instead of through one channel; a message keeps the version that was in force when it was accepted.
alter table event_version add column route uuid;
alter table message add column route uuid;
alter table message add column route_version bigint;

-- The second fence, for these tables too: see 0001_house.
alter table route enable row level security;
alter table route force row level security;
create policy organisation on route using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table route_version enable row level security;
alter table route_version force row level security;
create policy organisation on route_version using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table route_attempt enable row level security;
alter table route_attempt force row level security;
create policy organisation on route_attempt using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');

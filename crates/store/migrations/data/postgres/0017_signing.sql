-- What an endpoint signs with in one profile, where that is more than its name: a secret for that profile alone, and how a profile of
-- its own is described.
create table endpoint_profile (
    org uuid not null,
    env text not null,
    endpoint uuid not null,
    profile text not null,
    definition text,
    secret uuid,
    secret_stored bigint not null default 0,
    primary key (org, env, endpoint, profile)
);

-- A new secret that the receiver has yet to show it knows. `profile` is empty where it is the endpoint's own.
create table endpoint_rotation (
    org uuid not null,
    env text not null,
    endpoint uuid not null,
    profile text not null,
    secret uuid not null,
    begun_at bigint not null,
    proven_at bigint,
    primary key (org, env, endpoint)
);

-- The second fence, for these tables too: see 0001_house.
alter table endpoint_profile enable row level security;
alter table endpoint_profile force row level security;
create policy organisation on endpoint_profile using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table endpoint_rotation enable row level security;
alter table endpoint_rotation force row level security;
create policy organisation on endpoint_rotation using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');

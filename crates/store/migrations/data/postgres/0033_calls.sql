-- As what a body leaves: `json`, or `form` for receivers that read nothing else.
alter table endpoint_transport add column body text not null default 'json';

-- What all nodes share about calling an endpoint: where the row of its rate ends, in microseconds, and when a probe last went to it while it
-- failed. An endpoint without a rate that never failed has no line.
create table endpoint_pace (
    org uuid not null,
    env text not null,
    endpoint uuid not null,
    full_us bigint not null,
    probed_at bigint not null,
    primary key (org, env, endpoint)
);

-- Who waits for their turn, and which it is: a delivery or a run of a workflow. Gone once it was taken.
create table endpoint_place (
    org uuid not null,
    env text not null,
    endpoint uuid not null,
    waiting uuid not null,
    due_at bigint not null,
    primary key (org, env, endpoint, waiting)
);
create index endpoint_place_due on endpoint_place (org, env, endpoint, due_at);

-- The second fence, for these tables too: see 0001_house.
alter table endpoint_pace enable row level security;
alter table endpoint_pace force row level security;
create policy organisation on endpoint_pace using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table endpoint_place enable row level security;
alter table endpoint_place force row level security;
create policy organisation on endpoint_place using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');

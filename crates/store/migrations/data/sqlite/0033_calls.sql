-- As what a body leaves: `json`, or `form` for receivers that read nothing else.
alter table endpoint_transport add column body text not null default 'json';

-- What all nodes share about calling an endpoint: where the row of its rate ends, in microseconds, and when a probe last went to it while it
-- failed. An endpoint without a rate that never failed has no line.
create table endpoint_pace (
    org blob not null,
    env text not null,
    endpoint blob not null,
    full_us integer not null,
    probed_at integer not null,
    primary key (org, env, endpoint)
) strict, without rowid;

-- Who waits for their turn, and which it is: a delivery or a run of a workflow. Gone once it was taken.
create table endpoint_place (
    org blob not null,
    env text not null,
    endpoint blob not null,
    waiting blob not null,
    due_at integer not null,
    primary key (org, env, endpoint, waiting)
) strict, without rowid;
create index endpoint_place_due on endpoint_place (org, env, endpoint, due_at);

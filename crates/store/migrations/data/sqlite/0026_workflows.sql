-- What is done step by step: which version is in force, none if it is 0.
create table workflow (
    org blob not null,
    env text not null,
    id blob not null,
    name text not null,
    version integer not null,
    live_version integer not null,
    created_at integer not null,
    primary key (org, env, id)
) strict, without rowid;
create unique index workflow_name on workflow (org, env, name);

-- What a version says; it never changes.
create table workflow_version (
    org blob not null,
    env text not null,
    workflow blob not null,
    version integer not null,
    class text not null,
    definition text not null,
    created_at integer not null,
    primary key (org, env, workflow, version)
) strict, without rowid;

-- One run for one contact, on the version it began with. `payload` and `answers` are sealed under a key made of the contact's and of the
-- run's own slot. `node` is where it stands, `wakes_at` until when it rests.
create table workflow_run (
    org blob not null,
    env text not null,
    id blob not null,
    workflow blob not null,
    version integer not null,
    contact blob not null,
    class text not null,
    storage text not null,
    gone text,
    slot blob not null,
    payload blob,
    answers blob,
    node text not null,
    state text not null,
    reason text,
    wakes_at integer,
    created_at integer not null,
    updated_at integer not null,
    primary key (org, env, id)
) strict, without rowid;
create index workflow_run_workflow on workflow_run (workflow, org, env, id);
create index workflow_run_contact on workflow_run (contact, org, env, id);
create index workflow_run_kept on workflow_run (org, env, id) where payload is not null;

-- What became of a node in a run: a run comes to each at most once.
create table workflow_step (
    org blob not null,
    env text not null,
    run blob not null,
    node text not null,
    kind text not null,
    state text not null,
    attempt integer not null,
    detail text,
    status integer,
    message blob,
    started_at integer not null,
    updated_at integer not null,
    primary key (org, env, run, node)
) strict, without rowid;

-- What a run was told from outside.
create table workflow_signal (
    org blob not null,
    env text not null,
    run blob not null,
    name text not null,
    created_at integer not null,
    primary key (org, env, run, name)
) strict, without rowid;

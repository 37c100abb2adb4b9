-- What is done step by step: which version is in force, none if it is 0.
create table workflow (
    org uuid not null,
    env text not null,
    id uuid not null,
    name text not null,
    version bigint not null,
    live_version bigint not null,
    created_at bigint not null,
    primary key (org, env, id)
);
create unique index workflow_name on workflow (org, env, name);

-- What a version says; it never changes.
create table workflow_version (
    org uuid not null,
    env text not null,
    workflow uuid not null,
    version bigint not null,
    class text not null,
    definition text not null,
    created_at bigint not null,
    primary key (org, env, workflow, version)
);

-- One run for one contact, on the version it began with. `payload` and `answers` are sealed under a key made of the contact's and of the
-- run's own slot. `node` is where it stands, `wakes_at` until when it rests.
create table workflow_run (
    org uuid not null,
    env text not null,
    id uuid not null,
    workflow uuid not null,
    version bigint not null,
    contact uuid not null,
    class text not null,
    storage text not null,
    gone text,
    slot uuid not null,
    payload bytea,
    answers bytea,
    node text not null,
    state text not null,
    reason text,
    wakes_at bigint,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (org, env, id)
);
create index workflow_run_workflow on workflow_run (workflow, org, env, id);
create index workflow_run_contact on workflow_run (contact, org, env, id);
create index workflow_run_kept on workflow_run (org, env, id) where payload is not null;

-- What became of a node in a run: a run comes to each at most once.
create table workflow_step (
    org uuid not null,
    env text not null,
    run uuid not null,
    node text not null,
    kind text not null,
    state text not null,
    attempt bigint not null,
    detail text,
    status bigint,
    message uuid,
    started_at bigint not null,
    updated_at bigint not null,
    primary key (org, env, run, node)
);

-- What a run was told from outside.
create table workflow_signal (
    org uuid not null,
    env text not null,
    run uuid not null,
    name text not null,
    created_at bigint not null,
    primary key (org, env, run, name)
);

-- The second fence, for these tables too: see 0001_house.
alter table workflow enable row level security;
alter table workflow force row level security;
create policy organisation on workflow using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table workflow_version enable row level security;
alter table workflow_version force row level security;
create policy organisation on workflow_version using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table workflow_run enable row level security;
alter table workflow_run force row level security;
create policy organisation on workflow_run using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table workflow_step enable row level security;
alter table workflow_step force row level security;
create policy organisation on workflow_step using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table workflow_signal enable row level security;
alter table workflow_signal force row level security;
create policy organisation on workflow_signal using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');

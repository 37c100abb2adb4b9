-- What begins runs besides the API: an event that is fired, or a webhook that somebody signs. `definition` says how what arrives is read.
create table workflow_trigger (
    org uuid not null,
    env text not null,
    id uuid not null,
    workflow uuid not null,
    event text,
    secret uuid,
    definition text not null,
    created_at bigint not null,
    primary key (org, env, id)
);
create index workflow_trigger_workflow on workflow_trigger (workflow, org, env, id);
create index workflow_trigger_event on workflow_trigger (event, org, env) where event is not null;

-- What came in by a webhook, by a keyed hash of what its sender calls it: it begins one run, however often it comes.
create table workflow_arrival (
    org uuid not null,
    env text not null,
    via uuid not null,
    mac bytea not null,
    run uuid not null,
    created_at bigint not null,
    primary key (org, env, via, mac)
);

-- Runs of which only one process knows what they were started with: see volatile_message.
create table volatile_run (
    org uuid not null,
    env text not null,
    run uuid not null,
    holder uuid not null,
    created_at bigint not null,
    primary key (org, env, run)
);

-- The second fence, for these tables too: see 0001_house.
alter table workflow_trigger enable row level security;
alter table workflow_trigger force row level security;
create policy organisation on workflow_trigger using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table workflow_arrival enable row level security;
alter table workflow_arrival force row level security;
create policy organisation on workflow_arrival using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table volatile_run enable row level security;
alter table volatile_run force row level security;
create policy organisation on volatile_run using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');

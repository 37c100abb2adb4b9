-- What begins runs besides the API: an event that is fired, or a webhook that somebody signs. `definition` says how what arrives is read.
create table workflow_trigger (
    org blob not null,
    env text not null,
    id blob not null,
    workflow blob not null,
    event text,
    secret blob,
    definition text not null,
    created_at integer not null,
    primary key (org, env, id)
) strict, without rowid;
create index workflow_trigger_workflow on workflow_trigger (workflow, org, env, id);
create index workflow_trigger_event on workflow_trigger (event, org, env) where event is not null;

-- What came in by a webhook, by a keyed hash of what its sender calls it: it begins one run, however often it comes.
create table workflow_arrival (
    org blob not null,
    env text not null,
    via blob not null,
    mac blob not null,
    run blob not null,
    created_at integer not null,
    primary key (org, env, via, mac)
) strict, without rowid;

-- Runs of which only one process knows what they were started with: see volatile_message.
create table volatile_run (
    org blob not null,
    env text not null,
    run blob not null,
    holder blob not null,
    created_at integer not null,
    primary key (org, env, run)
) strict, without rowid;

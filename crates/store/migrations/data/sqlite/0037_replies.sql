-- What a contact replied, for a run that waits for it: sealed under the run's key, and gone with the wait that it satisfies.
alter table workflow_signal add column payload blob;

-- Replies that were taken, by a keyed hash of what their gateway calls them, with the ids of the runs that went on or began: the same once
-- more does nothing.
create table workflow_reply (
    org blob not null,
    env text not null,
    mac blob not null,
    answer text not null,
    created_at integer not null,
    primary key (org, env, mac)
) strict, without rowid;
create index workflow_reply_age on workflow_reply (org, env, created_at);

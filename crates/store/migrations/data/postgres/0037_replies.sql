-- What a contact replied, for a run that waits for it: sealed under the run's key, and gone with the wait that it satisfies.
alter table workflow_signal add column payload bytea;

-- Replies that were taken, by a keyed hash of what their gateway calls them, with the ids of the runs that went on or began: the same once
-- more does nothing.
create table workflow_reply (
    org uuid not null,
    env text not null,
    mac bytea not null,
    answer text not null,
    created_at bigint not null,
    primary key (org, env, mac)
);
create index workflow_reply_age on workflow_reply (org, env, created_at);

-- The second fence, for this table too: see 0001_house.
alter table workflow_reply enable row level security;
alter table workflow_reply force row level security;
create policy organisation on workflow_reply using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');

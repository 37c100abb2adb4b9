-- What settings said, one row for every change, never changed: `content` is sealed, `digest` is of what it holds, where it stands and its
-- number. `target` is zeros where a module has one setting only; `env` is `both` where that is the organisation's. Number 0, or whatever
-- was in force when revisions began, was put there by nobody.
create table revision (
    org uuid not null,
    id uuid not null,
    env text not null,
    module text not null,
    target uuid not null,
    number bigint not null,
    content bytea not null,
    digest bytea not null,
    actor_kind bigint not null,
    actor uuid not null,
    approval uuid,
    created_at bigint not null,
    primary key (org, id)
);
create unique index revision_number on revision (org, module, target, number);

-- The second fence, for this table too: see 0001_house.
alter table revision enable row level security;
alter table revision force row level security;
create policy organisation on revision using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');

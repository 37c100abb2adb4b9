-- Who wrote a version of a template, an event, a route or a workflow: what acted, and the member it counts for, whoever a key belongs to
-- later. Nobody knows of versions from before.
create table version_author (
    org uuid not null,
    env text not null,
    target uuid not null,
    version bigint not null,
    actor_kind bigint not null,
    actor uuid not null,
    person uuid,
    primary key (org, env, target, version)
);

-- Whose vote on a request never counts: they wrote it, or would have it. Why stands in what is sealed of the request.
create table approval_tied (
    org uuid not null,
    member uuid not null,
    approval uuid not null,
    primary key (org, member, approval)
);

-- What a passkey signed as somebody voted, as anybody can check it: JSON.
alter table approval_vote add column signature text;

-- The second fence, for these tables too: see 0001_house.
alter table version_author enable row level security;
alter table version_author force row level security;
create policy organisation on version_author using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table approval_tied enable row level security;
alter table approval_tied force row level security;
create policy organisation on approval_tied using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');

-- Who wrote a version of a template, an event, a route or a workflow: what acted, and the member it counts for, whoever a key belongs to
-- later. Nobody knows of versions from before.
create table version_author (
    org blob not null,
    env text not null,
    target blob not null,
    version integer not null,
    actor_kind integer not null,
    actor blob not null,
    person blob,
    primary key (org, env, target, version)
) strict, without rowid;

-- Whose vote on a request never counts: they wrote it, or would have it. Why stands in what is sealed of the request.
create table approval_tied (
    org blob not null,
    member blob not null,
    approval blob not null,
    primary key (org, member, approval)
) strict, without rowid;

-- What a passkey signed as somebody voted, as anybody can check it: JSON.
alter table approval_vote add column signature text;

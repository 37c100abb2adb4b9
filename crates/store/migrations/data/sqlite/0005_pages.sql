-- Messages that ended without arriving, so that they are found among a million that did.
create table undelivered (
    org blob not null,
    env text not null,
    message blob not null,
    state text not null,
    primary key (org, env, message)
) strict, without rowid;

insert into undelivered (org, env, message, state)
select org, env, id, state from message where state in ('failed', 'unknown', 'cancelled', 'expired');

-- How often each act ended how, and by what kind of party, in each quarter hour: counted from the ledger, which stays the truth.
create table activity (
    org blob not null,
    env text not null,
    slot integer not null,
    action text not null,
    actor integer not null,
    result integer not null,
    count integer not null,
    primary key (org, env, slot, action, actor, result)
) strict, without rowid;

-- How long things took from when they were made until an act on them: a histogram, eight buckets to a doubling.
create table activity_age (
    org blob not null,
    env text not null,
    slot integer not null,
    action text not null,
    bucket integer not null,
    count integer not null,
    primary key (org, env, slot, action, bucket)
) strict, without rowid;

-- Who has to agree to what: every version stays.
create table approval_policy (
    org blob not null,
    version integer not null,
    rules text not null,
    created_at integer not null,
    primary key (org, version)
) strict, without rowid;

-- What waits for others, or waited: `content` is sealed, `digest` pins it together with the versions it was asked about. `env` is `both`
-- where it is about the organisation itself.
create table approval (
    org blob not null,
    id blob not null,
    env text not null,
    module text not null,
    target blob,
    asker blob not null,
    content blob not null,
    digest blob not null,
    live_version integer not null,
    policy_version integer not null,
    state text not null,
    created_at integer not null,
    changed_at integer not null,
    expires_at integer not null,
    told_at integer,
    emergency integer not null default 0,
    followed_up_at integer,
    primary key (org, id)
) strict, without rowid;
create index approval_state on approval (org, state, id);

-- Who said what about which digest. `comment` is sealed.
create table approval_vote (
    org blob not null,
    approval blob not null,
    voter blob not null,
    says text not null,
    digest blob not null,
    comment blob,
    created_at integer not null,
    primary key (org, approval, voter, says)
) strict, without rowid;

-- Which member made a key: what it does counts as theirs. Nobody knows of those from before, or made on the host.
alter table api_key add column made_by blob;

-- Who has to agree to what: every version stays.
create table approval_policy (
    org uuid not null,
    version bigint not null,
    rules text not null,
    created_at bigint not null,
    primary key (org, version)
);

-- What waits for others, or waited: `content` is sealed, `digest` pins it together with the versions it was asked about. `env` is `both`
-- where it is about the organisation itself.
create table approval (
    org uuid not null,
    id uuid not null,
    env text not null,
    module text not null,
    target uuid,
    asker uuid not null,
    content bytea not null,
    digest bytea not null,
    live_version bigint not null,
    policy_version bigint not null,
    state text not null,
    created_at bigint not null,
    changed_at bigint not null,
    expires_at bigint not null,
    told_at bigint,
    emergency bigint not null default 0,
    followed_up_at bigint,
    primary key (org, id)
);
create index approval_state on approval (org, state, id);

-- Who said what about which digest. `comment` is sealed.
create table approval_vote (
    org uuid not null,
    approval uuid not null,
    voter uuid not null,
    says text not null,
    digest bytea not null,
    comment bytea,
    created_at bigint not null,
    primary key (org, approval, voter, says)
);

-- Which member made a key: what it does counts as theirs. Nobody knows of those from before, or made on the host.
alter table api_key add column made_by uuid;

-- The second fence, for these tables too: see 0001_house.
alter table approval_policy enable row level security;
alter table approval_policy force row level security;
create policy organisation on approval_policy using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table approval enable row level security;
alter table approval force row level security;
create policy organisation on approval using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table approval_vote enable row level security;
alter table approval_vote force row level security;
create policy organisation on approval_vote using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');

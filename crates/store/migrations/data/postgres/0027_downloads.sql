-- Under what rules files of many rows leave: every version stays.
create table download_policy (
    org uuid not null,
    version bigint not null,
    rules text not null,
    created_at bigint not null,
    primary key (org, version)
);

-- A file that somebody asked for. `wanted` (which rows, and why) and every chunk of the file are sealed under a key of the file's own, in
-- `slot`: where that is destroyed, `wanted` is gone and `shredded_at` says since when. `digest` is of everything that was asked for.
create table download (
    org uuid not null,
    env text not null,
    id uuid not null,
    source text not null,
    format text not null,
    shows text not null,
    personal bigint not null,
    estimate bigint not null,
    actor_kind text not null,
    actor uuid not null,
    slot uuid not null,
    wanted bytea,
    digest bytea not null,
    approval uuid,
    state text not null,
    why text,
    sight text,
    run bigint not null default 0,
    held_by uuid,
    held_until bigint,
    lines bigint not null default 0,
    bytes bigint not null default 0,
    chunks bigint not null default 0,
    sha256 bytea,
    created_at bigint not null,
    updated_at bigint not null,
    expires_at bigint,
    shredded_at bigint,
    primary key (org, env, id)
);
create index download_open on download (org, env, state, id);

-- The file itself, piece by piece. Of a run that was not finished nothing is ever handed out.
create table download_chunk (
    org uuid not null,
    env text not null,
    download uuid not null,
    run bigint not null,
    seq bigint not null,
    sealed bytea not null,
    primary key (org, env, download, run, seq)
);

-- How many files and rows somebody took in a day (days since 1970-01-01, UTC), over both environments.
create table download_use (
    org uuid not null,
    who uuid not null,
    day bigint not null,
    files bigint not null,
    lines bigint not null,
    primary key (org, who, day)
);

-- The second fence, for these tables too: see 0001_house.
alter table download_policy enable row level security;
alter table download_policy force row level security;
create policy organisation on download_policy using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table download enable row level security;
alter table download force row level security;
create policy organisation on download using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table download_chunk enable row level security;
alter table download_chunk force row level security;
create policy organisation on download_chunk using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table download_use enable row level security;
alter table download_use force row level security;
create policy organisation on download_use using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');

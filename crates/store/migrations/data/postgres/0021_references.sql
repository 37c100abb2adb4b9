-- When single sign-on connections got their credentials, and used them last: one page tells of every credential.
alter table sso_connection add column credential_at bigint;
alter table sso_connection add column used_at bigint;

-- How much is stored, counted beside requests.
create table storage_count (
    org uuid not null,
    env text not null,
    class text not null,
    day bigint not null,
    messages bigint not null,
    primary key (org, env, class, day)
);
create table storage_counted (
    org uuid not null,
    env text not null,
    whole_at bigint not null,
    counted_at bigint not null,
    primary key (org, env)
);

-- The second fence, for these tables too: see 0001_house.
alter table storage_count enable row level security;
alter table storage_count force row level security;
create policy organisation on storage_count using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table storage_counted enable row level security;
alter table storage_counted force row level security;
create policy organisation on storage_counted using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');

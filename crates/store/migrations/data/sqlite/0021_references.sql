-- When single sign-on connections got their credentials, and used them last: one page tells of every credential.
alter table sso_connection add column credential_at integer;
alter table sso_connection add column used_at integer;

-- How much is stored, counted beside requests.
create table storage_count (
    org blob not null,
    env text not null,
    class text not null,
    day integer not null,
    messages integer not null,
    primary key (org, env, class, day)
) strict, without rowid;
create table storage_counted (
    org blob not null,
    env text not null,
    whole_at integer not null,
    counted_at integer not null,
    primary key (org, env)
) strict, without rowid;

-- From where an organisation admits whom: every version of its lists, in both environments. One that was not confirmed by then is
-- not in force any more; the youngest one without an end is.
create table network_policy (
    org blob not null,
    version integer not null,
    dashboard text not null,
    admin text not null,
    api_keys text not null,
    reverts_at integer,
    created_at integer not null,
    primary key (org, version)
) strict, without rowid;

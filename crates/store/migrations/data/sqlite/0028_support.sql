-- Support access: who was let in by whom, for how long, and how far. `content` is sealed: to whom, why and the ticket. Times that are over
-- end it whether or not anybody has written that down.
create table support_grant (
    org blob not null,
    id blob not null,
    env text not null,
    grantee text not null,
    member blob,
    content blob not null,
    permissions text not null,
    objects text not null,
    last4 integer not null,
    granted_by blob,
    created_at integer not null,
    until integer not null,
    link_mac blob,
    link_used_at integer,
    session_mac blob,
    ended_at integer,
    ended_by text,
    summary text,
    primary key (org, id)
) strict, without rowid;
create index support_grant_open on support_grant (org, ended_at);

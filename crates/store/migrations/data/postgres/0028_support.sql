-- Support access: who was let in by whom, for how long, and how far. `content` is sealed: to whom, why and the ticket. Times that are over
-- end it whether or not anybody has written that down.
create table support_grant (
    org uuid not null,
    id uuid not null,
    env text not null,
    grantee text not null,
    member uuid,
    content bytea not null,
    permissions text not null,
    objects text not null,
    last4 bigint not null,
    granted_by uuid,
    created_at bigint not null,
    until bigint not null,
    link_mac bytea,
    link_used_at bigint,
    session_mac bytea,
    ended_at bigint,
    ended_by text,
    summary text,
    primary key (org, id)
);
create index support_grant_open on support_grant (org, ended_at);

-- The second fence, for this table too: see 0001_house.
alter table support_grant enable row level security;
alter table support_grant force row level security;
create policy organisation on support_grant using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');

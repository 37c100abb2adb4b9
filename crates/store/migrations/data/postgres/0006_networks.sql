-- From where an organisation admits whom: every version of its lists, in both environments. One that was not confirmed by then is
-- not in force any more; the youngest one without an end is.
create table network_policy (
    org uuid not null,
    version bigint not null,
    dashboard text not null,
    admin text not null,
    api_keys text not null,
    reverts_at bigint,
    created_at bigint not null,
    primary key (org, version)
);

-- The second fence, for this table too: see 0001_house.
alter table network_policy enable row level security;
alter table network_policy force row level security;
create policy organisation on network_policy using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');

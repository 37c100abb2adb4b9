-- What the test environment hides, if that is more than live does; the same as live, if nothing stands here. Sealed like rules.
alter table masking_policy add column test_mode text;
alter table masking_policy add column test_rules bytea;

-- How many looks at clear data a day whoever has a role has at most; as many as the organisation lets anybody, if nothing.
alter table role add column reveals_per_day bigint;

-- For how many days an organisation keeps the details of its ledger: every version there was.
create table ledger_retention (
    org uuid not null,
    version bigint not null,
    days bigint not null,
    created_at bigint not null,
    primary key (org, version)
);

-- The second fence, for this table too: see 0001_house.
alter table ledger_retention enable row level security;
alter table ledger_retention force row level security;
create policy organisation on ledger_retention using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');

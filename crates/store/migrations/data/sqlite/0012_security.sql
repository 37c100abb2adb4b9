-- What the test environment hides, if that is more than live does; the same as live, if nothing stands here. Sealed like rules.
alter table masking_policy add column test_mode text;
alter table masking_policy add column test_rules blob;

-- How many looks at clear data a day whoever has a role has at most; as many as the organisation lets anybody, if nothing.
alter table role add column reveals_per_day integer;

-- For how many days an organisation keeps the details of its ledger: every version there was.
create table ledger_retention (
    org blob not null,
    version integer not null,
    days integer not null,
    created_at integer not null,
    primary key (org, version)
) strict, without rowid;

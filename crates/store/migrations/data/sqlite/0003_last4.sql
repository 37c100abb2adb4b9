-- Buckets of the last four digits of phone numbers: two bytes of a keyed hash, by epoch. Many contacts share one; whoever is in it
-- is opened and compared.
create table contact_last4 (
    org blob not null,
    env text not null,
    epoch integer not null,
    bucket blob not null,
    contact blob not null,
    primary key (org, env, epoch, bucket, contact)
) strict, without rowid;
create index contact_last4_contact on contact_last4 (contact, org, env);

-- Contacts that were there before stand under an epoch before all others, so that indexing anew puts each into its bucket.
insert into contact_last4 (org, env, epoch, bucket, contact)
select org, env, -1, x'', id from contact where phone is not null;

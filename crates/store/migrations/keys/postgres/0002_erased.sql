-- People who were erased: ids alone, so that a restore of older data finds whom it has to forget again.
create table erased (
    org uuid not null,
    env text not null,
    contact uuid not null,
    erasure uuid not null,
    slot uuid not null,
    erased_at bigint not null,
    primary key (org, env, contact)
);

-- The second fence, for this table too: see 0001_slots.
alter table erased enable row level security;
alter table erased force row level security;
create policy organisation on erased using (org = nullif(current_setting('app.org', true), '')::uuid);

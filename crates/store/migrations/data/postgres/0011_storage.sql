-- What an organisation stores of its messages; every version stays.
create table storage_policy (
    org uuid not null,
    version bigint not null,
    rules text not null,
    created_at bigint not null,
    primary key (org, version)
);

-- Under which rule a message was accepted, why nothing is left of it, and what its receipt is made of. `opening` is sealed under
-- the contact's key, so that it outlives the message's key and not the person's erasure.
alter table message add column storage text;
alter table message add column gone text;
alter table message add column opening bytea;
alter table message add column digest bytea;
alter table message add column commitment bytea;
alter table message add column unsubscribes bytea;
alter table message add column leaf bigint;
-- What is to be destroyed: a row stands in it for moments.
create index message_going on message (org, env, id) where gone is not null and length(recipient) > 0;

-- Messages whose content only one process has, in memory, and until when that is known to live.
create table volatile_message (
    org uuid not null,
    env text not null,
    message uuid not null,
    holder uuid not null,
    created_at bigint not null,
    primary key (org, env, message)
);
create table volatile_holder (
    org uuid not null,
    holder uuid not null,
    alive_until bigint not null,
    primary key (org, holder)
);

-- What is kept whatever a rule says. An item is a contact, or a message.
create table legal_hold (
    org uuid not null,
    env text not null,
    id uuid not null,
    contact uuid,
    items bigint not null,
    reason bytea not null,
    created_at bigint not null,
    lifted_at bigint,
    settled_at bigint,
    primary key (org, env, id)
);
create table legal_hold_item (
    org uuid not null,
    env text not null,
    item uuid not null,
    hold uuid not null,
    contact uuid not null,
    lifted bigint not null,
    primary key (org, env, item, hold)
);
create index legal_hold_item_contact on legal_hold_item (contact, org, env);
create index legal_hold_item_hold on legal_hold_item (hold, org, env);

-- Classes whose past payloads somebody wants gone.
create table storage_purge (
    org uuid not null,
    env text not null,
    id uuid not null,
    class text not null,
    through uuid not null,
    reached uuid not null,
    shredded bigint not null,
    created_at bigint not null,
    done_at bigint,
    primary key (org, env, id)
);
-- Up to where retention has left nothing of a class.
create table storage_mark (
    org uuid not null,
    env text not null,
    class text not null,
    through uuid not null,
    primary key (org, env, class)
);
-- Whoever decides what goes and whoever holds something take turns here.
create table storage_turn (
    org uuid not null,
    env text not null,
    turn bigint not null,
    primary key (org, env)
);

-- The second fence, for these tables too: see 0001_house.
alter table storage_policy enable row level security;
alter table storage_policy force row level security;
create policy organisation on storage_policy using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table volatile_message enable row level security;
alter table volatile_message force row level security;
create policy organisation on volatile_message using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table volatile_holder enable row level security;
alter table volatile_holder force row level security;
create policy organisation on volatile_holder using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table legal_hold enable row level security;
alter table legal_hold force row level security;
create policy organisation on legal_hold using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table legal_hold_item enable row level security;
alter table legal_hold_item force row level security;
create policy organisation on legal_hold_item using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table storage_purge enable row level security;
alter table storage_purge force row level security;
create policy organisation on storage_purge using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table storage_mark enable row level security;
alter table storage_mark force row level security;
create policy organisation on storage_mark using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table storage_turn enable row level security;
alter table storage_turn force row level security;
create policy organisation on storage_turn using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');

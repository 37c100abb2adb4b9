-- What an organisation stores of its messages; every version stays.
create table storage_policy (
    org blob not null,
    version integer not null,
    rules text not null,
    created_at integer not null,
    primary key (org, version)
) strict, without rowid;

-- Under which rule a message was accepted, why nothing is left of it, and what its receipt is made of. `opening` is sealed under
-- the contact's key, so that it outlives the message's key and not the person's erasure.
alter table message add column storage text;
alter table message add column gone text;
alter table message add column opening blob;
alter table message add column digest blob;
alter table message add column commitment blob;
alter table message add column unsubscribes blob;
alter table message add column leaf integer;
-- What is to be destroyed: a row stands in it for moments.
create index message_going on message (org, env, id) where gone is not null and length(recipient) > 0;

-- Messages whose content only one process has, in memory, and until when that is known to live.
create table volatile_message (
    org blob not null,
    env text not null,
    message blob not null,
    holder blob not null,
    created_at integer not null,
    primary key (org, env, message)
) strict, without rowid;
create table volatile_holder (
    org blob not null,
    holder blob not null,
    alive_until integer not null,
    primary key (org, holder)
) strict, without rowid;

-- What is kept whatever a rule says. An item is a contact, or a message.
create table legal_hold (
    org blob not null,
    env text not null,
    id blob not null,
    contact blob,
    items integer not null,
    reason blob not null,
    created_at integer not null,
    lifted_at integer,
    settled_at integer,
    primary key (org, env, id)
) strict, without rowid;
create table legal_hold_item (
    org blob not null,
    env text not null,
    item blob not null,
    hold blob not null,
    contact blob not null,
    lifted integer not null,
    primary key (org, env, item, hold)
) strict, without rowid;
create index legal_hold_item_contact on legal_hold_item (contact, org, env);
create index legal_hold_item_hold on legal_hold_item (hold, org, env);

-- Classes whose past payloads somebody wants gone.
create table storage_purge (
    org blob not null,
    env text not null,
    id blob not null,
    class text not null,
    through blob not null,
    reached blob not null,
    shredded integer not null,
    created_at integer not null,
    done_at integer,
    primary key (org, env, id)
) strict, without rowid;
-- Up to where retention has left nothing of a class.
create table storage_mark (
    org blob not null,
    env text not null,
    class text not null,
    through blob not null,
    primary key (org, env, class)
) strict, without rowid;
-- Whoever decides what goes and whoever holds something take turns here.
create table storage_turn (
    org blob not null,
    env text not null,
    turn integer not null,
    primary key (org, env)
) strict, without rowid;

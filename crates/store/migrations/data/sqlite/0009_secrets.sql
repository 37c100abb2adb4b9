-- What people know a secret by; its versions are in `secret`. `reminded` is the version of whose age somebody was told last.
create table secret_card (
    org blob not null,
    env text not null,
    id blob not null,
    name text not null,
    description text not null,
    remind_days integer not null,
    reminded integer not null,
    created_at integer not null,
    updated_at integer not null,
    primary key (org, env, id)
) strict, without rowid;
create unique index secret_card_name on secret_card (org, env, name);

-- What was done to a secret, by whom and from where: of the network a keyed name. Never a value.
create table secret_change (
    org blob not null,
    env text not null,
    secret blob not null,
    seq integer not null,
    kind text not null,
    version integer not null,
    actor_kind integer not null,
    actor blob not null,
    network blob,
    at integer not null,
    primary key (org, env, secret, seq)
) strict, without rowid;

-- A keyed hash of the value, to be told apart by; of older versions it is made by whoever looks after secrets.
alter table secret add column fingerprint blob;

-- Secrets that were there before are called after what they are for.
insert into secret_card (org, env, id, name, description, remind_days, reminded, created_at, updated_at)
select org, env, id, replace(replace(min(purpose), '.', '-'), '_', '-') || '-' || substr(lower(hex(id)), 21), '',
    case when max(imported) = 1 then 90 else 0 end, 0, min(created_at), max(created_at)
from secret group by org, env, id;

-- The key store. Never in a data backup; see docs/decisions.
create table slot (
    org blob not null,
    id blob not null,
    purpose text not null,
    wrapped blob not null,
    created_at integer not null,
    primary key (org, id)
) strict, without rowid;

-- Keys that have a name: root wrapping check, organisation keys, token pepper, checkpoint signing key.
create table named_key (
    org blob not null,
    name text not null,
    version integer not null,
    wrapped blob not null,
    created_at integer not null,
    primary key (org, name, version)
) strict, without rowid;

-- Keys of blind indexes, one for each month; destroyed when nothing stands under them any more.
create table index_key (
    org blob not null,
    epoch integer not null,
    wrapped blob not null,
    created_at integer not null,
    primary key (org, epoch)
) strict, without rowid;

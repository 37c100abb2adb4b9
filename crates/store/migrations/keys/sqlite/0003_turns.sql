-- How far the turn of an organisation's key has come: slots up to `passed` are wrapped under `version`.
create table rewrap (
    org blob not null,
    version integer not null,
    passed blob not null,
    slots integer not null,
    total integer not null,
    primary key (org, version)
) strict, without rowid;

-- Turns of the keys of blind indexes besides those of the calendar, and from when on each counts.
create table index_turn (
    org blob not null,
    turn integer not null,
    from_at integer not null,
    primary key (org, turn)
) strict, without rowid;

-- Where the keys of this store's copies are. Never the keys: whoever has this store must not have its older copies with it.
create table copy_key (
    org blob not null,
    day integer not null,
    folder text not null,
    made_at integer not null,
    ends_at integer not null,
    primary key (org, day, folder)
) strict, without rowid;

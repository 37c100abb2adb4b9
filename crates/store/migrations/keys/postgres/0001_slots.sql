-- The key store. Never in a data backup; see docs/decisions.
create table slot (
    org uuid not null,
    id uuid not null,
    purpose text not null,
    wrapped bytea not null,
    created_at bigint not null,
    primary key (org, id)
);

-- Keys that have a name: root wrapping check, organisation keys, token pepper, checkpoint signing key.
create table named_key (
    org uuid not null,
    name text not null,
    version bigint not null,
    wrapped bytea not null,
    created_at bigint not null,
    primary key (org, name, version)
);

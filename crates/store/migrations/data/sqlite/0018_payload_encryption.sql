-- How an endpoint is encrypted for. The key is in a stored secret and only named here; `public_key` is the receiver's own, and no secret.
-- `fields` is a list of JSON pointers, empty for the whole body; `version` is the one that was chosen, if not the newest.
create table endpoint_encryption (
    org blob not null,
    env text not null,
    endpoint blob not null,
    method text not null,
    fields text not null,
    shape text not null,
    member text not null,
    secret blob,
    version integer,
    form text not null,
    public_key text not null,
    updated_at integer not null,
    primary key (org, env, endpoint)
) strict, without rowid;

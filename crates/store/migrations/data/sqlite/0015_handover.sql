-- New values on their way to a person: `sealed` opens by the link's token alone and is gone once it was opened, is over, or was taken
-- back. `mac` is a keyed hash of the token, as in `credential`.
create table handover (
    org blob not null,
    env text not null,
    id blob not null,
    secret blob not null,
    version integer not null,
    mac blob not null,
    sealed blob,
    created_at integer not null,
    expires_at integer not null,
    opened_at integer,
    again_at integer,
    revoked_at integer,
    primary key (org, env, id)
) strict, without rowid;
create index handover_secret on handover (secret, org, env);

-- Whether an endpoint signs with a secret that somebody stored by name: then it stays when the endpoint goes, and is rotated by itself.
alter table endpoint add column secret_stored integer not null default 0;

-- When a channel was used last, to within a minute.
alter table channel add column last_used_at integer;

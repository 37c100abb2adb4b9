-- New values on their way to a person: `sealed` opens by the link's token alone and is gone once it was opened, is over, or was taken
-- back. `mac` is a keyed hash of the token, as in `credential`.
create table handover (
    org uuid not null,
    env text not null,
    id uuid not null,
    secret uuid not null,
    version bigint not null,
    mac bytea not null,
    sealed bytea,
    created_at bigint not null,
    expires_at bigint not null,
    opened_at bigint,
    again_at bigint,
    revoked_at bigint,
    primary key (org, env, id)
);
create index handover_secret on handover (secret, org, env);

-- Whether an endpoint signs with a secret that somebody stored by name: then it stays when the endpoint goes, and is rotated by itself.
alter table endpoint add column secret_stored bigint not null default 0;

-- When a channel was used last, to within a minute.
alter table channel add column last_used_at bigint;

-- The second fence, for this table too: see 0001_house.
alter table handover enable row level security;
alter table handover force row level security;
create policy organisation on handover using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');

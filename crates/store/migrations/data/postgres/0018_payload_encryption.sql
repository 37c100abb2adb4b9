-- How an endpoint is encrypted for. The key is in a stored secret and only named here; `public_key` is the receiver's own, and no secret.
-- `fields` is a list of JSON pointers, empty for the whole body; `version` is the one that was chosen, if not the newest.
create table endpoint_encryption (
    org uuid not null,
    env text not null,
    endpoint uuid not null,
    method text not null,
    fields text not null,
    shape text not null,
    member text not null,
    secret uuid,
    version bigint,
    form text not null,
    public_key text not null,
    updated_at bigint not null,
    primary key (org, env, endpoint)
);

-- The second fence, for this table too: see 0001_house.
alter table endpoint_encryption enable row level security;
alter table endpoint_encryption force row level security;
create policy organisation on endpoint_encryption using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');

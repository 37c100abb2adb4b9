-- The endpoint that hears of messages which name none. The oldest verified one that hears of all messages begins as it.
alter table endpoint add column is_default bigint not null default 0;
create unique index endpoint_default on endpoint (org, env) where is_default = 1;
update endpoint set is_default = 1 where state in ('active', 'failing') and id = (
    select e.id from endpoint e where e.org = endpoint.org and e.env = endpoint.env and e.state in ('active', 'failing')
        and (' ' || e.events || ' ' like '% * %' or ' ' || e.events || ' ' like '% message.* %')
    order by e.id limit 1);

-- How an endpoint proves that it is there and wants this, and until when what it proved is good. `nonce` goes into what has to be published.
create table endpoint_proof (
    org uuid not null,
    env text not null,
    endpoint uuid not null,
    way text not null,
    nonce text not null,
    proved_at bigint,
    tried_at bigint,
    warned_at bigint,
    primary key (org, env, endpoint)
);

-- How an endpoint is called where that is not as all are: without a row nothing is special. Header values and the key of a certificate that
-- are secret stand here by the id of a stored secret.
create table endpoint_transport (
    org uuid not null,
    env text not null,
    endpoint uuid not null,
    min_tls text not null,
    retries text,
    rate bigint,
    headers text not null,
    chain text,
    chain_key uuid,
    authorities text,
    authorities_only bigint not null,
    updated_at bigint not null,
    primary key (org, env, endpoint)
);

-- Links by which somebody outside sees the deliveries of one endpoint for a while. `mac` is a keyed hash of the token, as in `credential`.
create table portal_link (
    org uuid not null,
    env text not null,
    id uuid not null,
    endpoint uuid not null,
    mac bytea not null,
    created_at bigint not null,
    expires_at bigint not null,
    revoked_at bigint,
    opened_at bigint,
    hours bigint not null default 0,
    primary key (org, env, id)
);
create index portal_link_endpoint on portal_link (endpoint, org, env, id);

-- Dead letters, whatever endpoint they were for.
create index delivery_dead on delivery (org, env, id) where state = 'dead';

-- The second fence, for these tables too: see 0001_house.
alter table endpoint_proof enable row level security;
alter table endpoint_proof force row level security;
create policy organisation on endpoint_proof using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table endpoint_transport enable row level security;
alter table endpoint_transport force row level security;
create policy organisation on endpoint_transport using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');
alter table portal_link enable row level security;
alter table portal_link force row level security;
create policy organisation on portal_link using (org = nullif(current_setting('app.org', true), '')::uuid
    or current_setting('app.system', true) = 'on');

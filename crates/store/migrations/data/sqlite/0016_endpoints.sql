-- The endpoint that hears of messages which name none. The oldest verified one that hears of all messages begins as it.
alter table endpoint add column is_default integer not null default 0;
create unique index endpoint_default on endpoint (org, env) where is_default = 1;
update endpoint set is_default = 1 where state in ('active', 'failing') and id = (
    select e.id from endpoint e where e.org = endpoint.org and e.env = endpoint.env and e.state in ('active', 'failing')
        and (' ' || e.events || ' ' like '% * %' or ' ' || e.events || ' ' like '% message.* %')
    order by e.id limit 1);

-- How an endpoint proves that it is there and wants this, and until when what it proved is good. `nonce` goes into what has to be published.
create table endpoint_proof (
    org blob not null,
    env text not null,
    endpoint blob not null,
    way text not null,
    nonce text not null,
    proved_at integer,
    tried_at integer,
    warned_at integer,
    primary key (org, env, endpoint)
) strict, without rowid;

-- How an endpoint is called where that is not as all are: without a row nothing is special. Header values and the key of a certificate that
-- are secret stand here by the id of a stored secret.
create table endpoint_transport (
    org blob not null,
    env text not null,
    endpoint blob not null,
    min_tls text not null,
    retries text,
    rate integer,
    headers text not null,
    chain text,
    chain_key blob,
    authorities text,
    authorities_only integer not null,
    updated_at integer not null,
    primary key (org, env, endpoint)
) strict, without rowid;

-- Links by which somebody outside sees the deliveries of one endpoint for a while. `mac` is a keyed hash of the token, as in `credential`.
create table portal_link (
    org blob not null,
    env text not null,
    id blob not null,
    endpoint blob not null,
    mac blob not null,
    created_at integer not null,
    expires_at integer not null,
    revoked_at integer,
    opened_at integer,
    hours integer not null default 0,
    primary key (org, env, id)
) strict, without rowid;
create index portal_link_endpoint on portal_link (endpoint, org, env, id);

-- Dead letters, whatever endpoint they were for.
create index delivery_dead on delivery (org, env, id) where state = 'dead';

-- What people know a secret by; its versions are in `secret`. `reminded` is the version of whose age somebody was told last.
create table secret_card (
    org uuid not null,
    env text not null,
    id uuid not null,
    name text not null,
    description text not null,
    remind_days bigint not null,
    reminded bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (org, env, id)
);
create unique index secret_card_name on secret_card (org, env, name);

-- What was done to a secret, by whom and from where: of the network a keyed name. Never a value.
create table secret_change (
    org uuid not null,
    env text not null,
    secret uuid not null,
    seq bigint not null,
    kind text not null,
    version bigint not null,
    actor_kind bigint not null,
    actor bytea not null,
    network bytea,
    at bigint not null,
    primary key (org, env, secret, seq)
);

-- A keyed hash of the value, to be told apart by; of older versions it is made by whoever looks after secrets.
alter table secret add column fingerprint bytea;

-- The second fence, for these tables too: see 0001_house.
do $$
declare t text;
begin
    foreach t in array array['secret_card', 'secret_change'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format(
            'create policy organisation on %I using (org = nullif(current_setting(''app.org'', true), '''')::uuid
                or current_setting(''app.system'', true) = ''on'')',
            t);
    end loop;
end $$;

-- Secrets that were there before are called after what they are for.
set local app.system = 'on';
insert into secret_card (org, env, id, name, description, remind_days, reminded, created_at, updated_at)
select org, env, id, replace(replace(min(purpose), '.', '-'), '_', '-') || '-' || substr(replace(id::text, '-', ''), 21), '',
    case when max(imported) = 1 then 90 else 0 end, 0, min(created_at), max(created_at)
from secret group by org, env, id;

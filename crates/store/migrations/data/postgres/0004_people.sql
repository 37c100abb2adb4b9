-- People of the organisation's staff, in both environments. `role` is one of ours by its word, or one of theirs by its id.
create table member (
    org uuid not null,
    id uuid not null,
    slot uuid,
    email bytea,
    name bytea,
    role text not null,
    state text not null,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (org, id)
);

-- Equality only: keyed hashes of members' normalised addresses, by epoch.
create table member_index (
    org uuid not null,
    epoch bigint not null,
    value bytea not null,
    member uuid not null,
    primary key (org, epoch, value)
);
create index member_index_member on member_index (member, org);

-- Who a member is elsewhere: a connection of the organisation's, and a keyed hash of the issuer and what it calls them.
create table member_identity (
    org uuid not null,
    connection bytea not null,
    subject bytea not null,
    member uuid not null,
    created_at bigint not null,
    primary key (org, connection, subject)
);
create index member_identity_member on member_identity (member, org);

-- Roles that the organisation made. `channels` is nothing for all of them.
create table role (
    org uuid not null,
    id uuid not null,
    name text not null,
    permissions text not null,
    visibility text not null,
    channels text,
    masks text not null,
    require_step_up bigint not null,
    cidrs text not null,
    idle_minutes bigint not null,
    absolute_minutes bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (org, id)
);
create unique index role_name on role (org, name);

create table team (
    org uuid not null,
    id uuid not null,
    name text not null,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (org, id)
);
create unique index team_name on team (org, name);

create table team_member (
    org uuid not null,
    team uuid not null,
    member uuid not null,
    primary key (org, team, member)
);
create index team_member_member on team_member (member, org);

-- WebAuthn credentials. Nothing in them is secret or tells anything about their owner.
create table passkey (
    org uuid not null,
    id uuid not null,
    member uuid not null,
    credential_id bytea not null,
    public_key bytea not null,
    counter bigint not null,
    backup_eligible bigint not null,
    backed_up bigint not null,
    agent text not null,
    created_at bigint not null,
    used_at bigint,
    primary key (org, id)
);
create index passkey_member on passkey (member, org);

-- Challenges whose answer was believed, until they are too old to be answered.
create table spent_challenge (
    org uuid not null,
    challenge bytea not null,
    expires_at bigint not null,
    primary key (org, challenge)
);

-- Codes that let a member in who has lost their passkeys, by keyed hash; each works once.
create table recovery_code (
    org uuid not null,
    id uuid not null,
    member uuid not null,
    mac bytea not null,
    created_at bigint not null,
    primary key (org, id)
);
create index recovery_code_member on recovery_code (member, org);

-- Signed in until something ends it: a time, the member, somebody else. `network` is a keyed hash, `agent` two words of ours.
create table member_session (
    org uuid not null,
    id uuid not null,
    member uuid not null,
    mac bytea not null,
    method text not null,
    passkey uuid,
    agent text not null,
    network bytea not null,
    created_at bigint not null,
    seen_at bigint not null,
    proved_at bigint,
    ended_at bigint,
    ended_by text,
    primary key (org, id)
);
create index member_session_member on member_session (member, org);

create table sign_in_link (
    org uuid not null,
    id uuid not null,
    member uuid not null,
    mac bytea not null,
    purpose text not null,
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint,
    primary key (org, id)
);
create index sign_in_link_member on sign_in_link (member, org);

-- The second fence, for these tables too: see 0001_house.
do $$
declare t text;
begin
    foreach t in array array['member', 'member_index', 'member_identity', 'role', 'team', 'team_member', 'passkey',
                             'spent_challenge', 'recovery_code', 'member_session', 'sign_in_link'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format(
            'create policy organisation on %I using (org = nullif(current_setting(''app.org'', true), '''')::uuid
                or current_setting(''app.system'', true) = ''on'')',
            t);
    end loop;
end $$;

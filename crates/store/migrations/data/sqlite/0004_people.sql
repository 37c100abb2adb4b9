-- People of the organisation's staff, in both environments. `role` is one of ours by its word, or one of theirs by its id.
create table member (
    org blob not null,
    id blob not null,
    slot blob,
    email blob,
    name blob,
    role text not null,
    state text not null,
    created_at integer not null,
    updated_at integer not null,
    primary key (org, id)
) strict, without rowid;

-- Equality only: keyed hashes of members' normalised addresses, by epoch.
create table member_index (
    org blob not null,
    epoch integer not null,
    value blob not null,
    member blob not null,
    primary key (org, epoch, value)
) strict, without rowid;
create index member_index_member on member_index (member, org);

-- Who a member is elsewhere: a connection of the organisation's, and a keyed hash of the issuer and what it calls them.
create table member_identity (
    org blob not null,
    connection blob not null,
    subject blob not null,
    member blob not null,
    created_at integer not null,
    primary key (org, connection, subject)
) strict, without rowid;
create index member_identity_member on member_identity (member, org);

-- Roles that the organisation made. `channels` is nothing for all of them.
create table role (
    org blob not null,
    id blob not null,
    name text not null,
    permissions text not null,
    visibility text not null,
    channels text,
    masks text not null,
    require_step_up integer not null,
    cidrs text not null,
    idle_minutes integer not null,
    absolute_minutes integer not null,
    created_at integer not null,
    updated_at integer not null,
    primary key (org, id)
) strict, without rowid;
create unique index role_name on role (org, name);

create table team (
    org blob not null,
    id blob not null,
    name text not null,
    created_at integer not null,
    updated_at integer not null,
    primary key (org, id)
) strict, without rowid;
create unique index team_name on team (org, name);

create table team_member (
    org blob not null,
    team blob not null,
    member blob not null,
    primary key (org, team, member)
) strict, without rowid;
create index team_member_member on team_member (member, org);

-- WebAuthn credentials. Nothing in them is secret or tells anything about their owner.
create table passkey (
    org blob not null,
    id blob not null,
    member blob not null,
    credential_id blob not null,
    public_key blob not null,
    counter integer not null,
    backup_eligible integer not null,
    backed_up integer not null,
    agent text not null,
    created_at integer not null,
    used_at integer,
    primary key (org, id)
) strict, without rowid;
create index passkey_member on passkey (member, org);

-- Challenges whose answer was believed, until they are too old to be answered.
create table spent_challenge (
    org blob not null,
    challenge blob not null,
    expires_at integer not null,
    primary key (org, challenge)
) strict, without rowid;

-- Codes that let a member in who has lost their passkeys, by keyed hash; each works once.
create table recovery_code (
    org blob not null,
    id blob not null,
    member blob not null,
    mac blob not null,
    created_at integer not null,
    primary key (org, id)
) strict, without rowid;
create index recovery_code_member on recovery_code (member, org);

-- Signed in until something ends it: a time, the member, somebody else. `network` is a keyed hash, `agent` two words of ours.
create table member_session (
    org blob not null,
    id blob not null,
    member blob not null,
    mac blob not null,
    method text not null,
    passkey blob,
    agent text not null,
    network blob not null,
    created_at integer not null,
    seen_at integer not null,
    proved_at integer,
    ended_at integer,
    ended_by text,
    primary key (org, id)
) strict, without rowid;
create index member_session_member on member_session (member, org);

create table sign_in_link (
    org blob not null,
    id blob not null,
    member blob not null,
    mac blob not null,
    purpose text not null,
    created_at integer not null,
    expires_at integer not null,
    used_at integer,
    primary key (org, id)
) strict, without rowid;
create index sign_in_link_member on sign_in_link (member, org);

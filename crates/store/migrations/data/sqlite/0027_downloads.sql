-- Under what rules files of many rows leave: every version stays.
create table download_policy (
    org blob not null,
    version integer not null,
    rules text not null,
    created_at integer not null,
    primary key (org, version)
) strict, without rowid;

-- A file that somebody asked for. `wanted` (which rows, and why) and every chunk of the file are sealed under a key of the file's own, in
-- `slot`: where that is destroyed, `wanted` is gone and `shredded_at` says since when. `digest` is of everything that was asked for.
create table download (
    org blob not null,
    env text not null,
    id blob not null,
    source text not null,
    format text not null,
    shows text not null,
    personal integer not null,
    estimate integer not null,
    actor_kind text not null,
    actor blob not null,
    slot blob not null,
    wanted blob,
    digest blob not null,
    approval blob,
    state text not null,
    why text,
    sight text,
    run integer not null default 0,
    held_by blob,
    held_until integer,
    lines integer not null default 0,
    bytes integer not null default 0,
    chunks integer not null default 0,
    sha256 blob,
    created_at integer not null,
    updated_at integer not null,
    expires_at integer,
    shredded_at integer,
    primary key (org, env, id)
) strict, without rowid;
create index download_open on download (org, env, state, id);

-- The file itself, piece by piece. Of a run that was not finished nothing is ever handed out.
create table download_chunk (
    org blob not null,
    env text not null,
    download blob not null,
    run integer not null,
    seq integer not null,
    sealed blob not null,
    primary key (org, env, download, run, seq)
) strict;

-- How many files and rows somebody took in a day (days since 1970-01-01, UTC), over both environments.
create table download_use (
    org blob not null,
    who blob not null,
    day integer not null,
    files integer not null,
    lines integer not null,
    primary key (org, who, day)
) strict, without rowid;

-- What settings said, one row for every change, never changed: `content` is sealed, `digest` is of what it holds, where it stands and its
-- number. `target` is zeros where a module has one setting only; `env` is `both` where that is the organisation's. Number 0, or whatever
-- was in force when revisions began, was put there by nobody.
create table revision (
    org blob not null,
    id blob not null,
    env text not null,
    module text not null,
    target blob not null,
    number integer not null,
    content blob not null,
    digest blob not null,
    actor_kind integer not null,
    actor blob not null,
    approval blob,
    created_at integer not null,
    primary key (org, id)
) strict, without rowid;
create unique index revision_number on revision (org, module, target, number);

-- People who were erased: ids alone, so that a restore of older data finds whom it has to forget again.
create table erased (
    org blob not null,
    env text not null,
    contact blob not null,
    erasure blob not null,
    slot blob not null,
    erased_at integer not null,
    primary key (org, env, contact)
) strict, without rowid;

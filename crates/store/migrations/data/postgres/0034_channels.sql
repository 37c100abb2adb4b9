-- A channel's settings are numbered; their revisions are in `revision`. `admitted`: whether others have agreed to it, where that takes an
-- approval; a channel that waits for them sends nothing.
alter table channel add column version bigint not null default 1;
alter table channel add column admitted bigint not null default 1;

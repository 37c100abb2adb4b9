-- Which version is in force is said, not derived: none until one was put there, any that was made. `promotions` counts how often that
-- was decided, and is what a decision is made about. `released_at`: since when a version has been in force for the first time.
alter table template add column in_force integer;
alter table template add column promotions integer not null default 0;
alter table template_version add column released_at integer;
alter table event add column in_force integer;
alter table event add column promotions integer not null default 0;
alter table event_version add column released_at integer;

-- Until now the newest version was in force, each from when it was made.
update template set in_force = version, promotions = version;
update template_version set released_at = created_at;
update event set in_force = version, promotions = version;
update event_version set released_at = created_at;

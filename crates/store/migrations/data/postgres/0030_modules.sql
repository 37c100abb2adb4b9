-- Which version of a route or a workflow is in force is decided like that of a template (see 0023_versions_in_force): `promotions` counts
-- how often it was, and is what a decision is made about; `released_at`: since when a version has been in force for the first time. 0 as
-- `live_version` of a route: none yet.
alter table route add column promotions bigint not null default 0;
alter table route_version add column released_at bigint;
alter table workflow add column promotions bigint not null default 0;
alter table workflow_version add column released_at bigint;

-- Of what was in force before nobody kept a list: what is in force now was, and every other version counts as one that never was.
update route set promotions = version;
update workflow set promotions = version where live_version > 0;
update route_version set released_at = created_at
    where version = (select r.live_version from route r
        where r.org = route_version.org and r.env = route_version.env and r.id = route_version.route);
update workflow_version set released_at = created_at
    where version = (select w.live_version from workflow w
        where w.org = workflow_version.org and w.env = workflow_version.env and w.id = workflow_version.workflow);

-- An endpoint's policy is numbered; its revisions are in `revision`. `admitted`: whether others have agreed to it, where that takes an
-- approval; an endpoint that waits for them is not called.
alter table endpoint add column version bigint not null default 1;
alter table endpoint add column admitted bigint not null default 1;

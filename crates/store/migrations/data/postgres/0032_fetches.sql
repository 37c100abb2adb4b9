-- How a file that was begun to be fetched is on its way: how often it was begun, until when and by which session or key it may be begun
-- again, and until when nobody begins because it is being handed over.
alter table download add column fetches bigint not null default 0;
alter table download add column fetch_until bigint;
alter table download add column fetch_by uuid;
alter table download add column fetch_held_until bigint;

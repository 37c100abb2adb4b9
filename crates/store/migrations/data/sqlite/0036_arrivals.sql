-- What came in by a webhook is forgotten once it can't come again: the oldest of one trigger are found by their age.
create index workflow_arrival_age on workflow_arrival (org, env, via, created_at);

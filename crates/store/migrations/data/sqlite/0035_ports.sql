-- The port of an endpoint's URL that others have agreed to, where it is none that may be called anyway. It goes with the URL: another URL has
-- none until others have agreed to that.
alter table endpoint add column agreed_port integer;

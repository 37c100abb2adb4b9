-- Who kept the root key when a server last started: nobody, or a key service.
alter table root_key add column custody text not null default 'clear';

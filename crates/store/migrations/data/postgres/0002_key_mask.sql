-- How much of phone numbers a key sees. Those that were there before see nothing, as they did.
alter table api_key add column mask_profile text not null default 'full';

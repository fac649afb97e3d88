-- Who started a run, where that was a signed-in reader: so that one reader does not fill the queue, and cancels only their own.

alter table run add column account_id text references account (id) on delete set null;
create index run_of on run (account_id) where account_id is not null;

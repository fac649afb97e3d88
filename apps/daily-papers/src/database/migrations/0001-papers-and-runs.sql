-- Papers, the days they are featured on, and the runs that readers start from them.

create table paper (
  id text primary key check (id ~ '^\d{4}\.\d{4,5}$'), -- arXiv id without version
  title text not null,
  abstract text not null,
  authors jsonb not null,                              -- names in the order of the paper
  published_on date not null,
  code_url text check (code_url like 'https://%'),
  implementation text                                  -- the package that runs this paper
);

create table featured_paper (
  day date not null,
  paper_id text not null references paper (id) on delete cascade,
  position integer not null check (position >= 0),     -- order within the day
  primary key (day, paper_id)
);

create table run (
  id text primary key check (id ~ '^[a-z0-9]{12}$'),
  paper_id text not null references paper (id),
  implementation text not null,                        -- the package that reads the config
  config jsonb not null,
  status text not null
    check (status in ('queued', 'running', 'completed', 'cancelled', 'interrupted', 'failed')),
  queued_at timestamptz not null,
  started_at timestamptz,                              -- first start; a resumed run keeps it
  finished_at timestamptz,
  attempts integer not null default 0,                 -- how often a process was started for it
  cancel_requested boolean not null default false,
  process_id integer,                                  -- of the process at work, with its start time,
  process_started text,                                -- so that a restarted server recognises it
  metrics jsonb,                                       -- the numbers of the finished event
  error text                                           -- what failed, in words
);

create index run_newest on run (paper_id, queued_at desc, id);
create index run_waiting on run (queued_at, id) where status = 'queued';

-- The whole service: people and what they do, papers as sources tell them, mail, and work that is done later.

create extension if not exists pg_trgm; -- words that are nearly spelt right

-- Papers ---------------------------------------------------------------------------------------------------------------

alter table paper drop constraint paper_id_check;
alter table paper
  add constraint paper_id_check check (id ~ '^(\d{4}\.\d{4,5}|[a-z-]+(\.[A-Z]{2})?/\d{7})$'),
  add column source text not null default 'seed'
    check (source in ('seed', 'arxiv', 'huggingface', 'import', 'submission')),
  add column published_at timestamptz,                 -- of the first version, where its time is known
  add column revised_at timestamptz,                   -- of the newest version
  add column version integer check (version >= 1),     -- the newest one that we heard of
  add column categories text[] not null default '{}',  -- arXiv's, the primary one first
  add column journal_ref text,
  add column doi text,
  add column author_comment text,                      -- arXiv's "comment" field
  add column license text,
  add column summary text,                             -- one sentence, where a source has one
  add column keywords text[] not null default '{}',
  add column project_url text check (project_url like 'https://%'),
  add column organization text,
  add column code_stars integer check (code_stars >= 0),
  add column votes_elsewhere integer not null default 0 check (votes_elsewhere >= 0),       -- as an imported source counts
  add column comments_elsewhere integer not null default 0 check (comments_elsewhere >= 0),
  add column votes integer not null default 0 check (votes >= 0),       -- rows of vote; kept by its writers, in one transaction
  add column comments integer not null default 0 check (comments >= 0), -- comments that are shown
  add column hotness double precision not null default 0,               -- see ranking.ts; written with every vote
  add column featured_on date,                         -- its first day in the feed
  add column featured_at timestamptz,
  add column submitted_by text,                        -- account, below
  add column withdrawn_at timestamptz,
  add column changed_at timestamptz not null default now(), -- for feeds, caches and exports
  add column extra jsonb not null default '{}',        -- fields of the source that this version does not know
  add column search tsvector generated always as (
    setweight(to_tsvector('english', title), 'A')
    || setweight(jsonb_to_tsvector('simple', authors, '["string"]'), 'B')
    || setweight(to_tsvector('english', abstract), 'C')
  ) stored;

update paper set featured_on = (select min(day) from featured_paper where paper_id = paper.id);
update paper set featured_at = featured_on, published_at = published_on;

create index paper_search on paper using gin (search);
create index paper_title_trigrams on paper using gin (title gin_trgm_ops);
create index paper_featured on paper (featured_on desc, id) where featured_on is not null;
create index paper_hot on paper (hotness desc, published_on desc, id) where featured_on is not null;
create index paper_changed on paper (changed_at, id);
create index paper_published on paper (published_on desc, id);
create index featured_paper_of on featured_paper (paper_id);

-- People ---------------------------------------------------------------------------------------------------------------

create table account (
  id text primary key check (id ~ '^[a-z0-9]{12}$'),
  name text not null check (name ~ '^[A-Za-z0-9](-?[A-Za-z0-9]){1,31}$'), -- shown, in addresses
  email text not null,                                 -- as typed; never shown, logged or exported to others
  role text not null default 'reader' check (role in ('reader', 'moderator', 'admin')),
  created_at timestamptz not null,
  banned_at timestamptz,
  ban_reason text,
  seen_feed_at timestamptz                             -- "new" means newer than this
);
create unique index account_name on account (lower(name));
create unique index account_email on account (lower(email));
alter table paper add constraint paper_submitted_by foreign key (submitted_by) references account (id) on delete set null;

create table sign_in (                                 -- links sent by mail; used once
  token_hash text primary key,                         -- SHA-256 of the token, which only the mail holds
  email text not null,
  nonce_hash text not null,                            -- of the browser that asked
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index sign_in_email on sign_in (lower(email), created_at);

create table session (
  token_hash text primary key,
  account_id text not null references account (id) on delete cascade,
  created_at timestamptz not null,
  seen_at timestamptz not null,
  expires_at timestamptz not null,
  browser text                                         -- shown to its owner, so that a strange one is noticed
);
create index session_of on session (account_id);

create table vote (
  account_id text not null references account (id) on delete cascade,
  paper_id text not null references paper (id) on delete cascade,
  created_at timestamptz not null,
  primary key (account_id, paper_id)
);
create index vote_of_paper on vote (paper_id, created_at);

create table comment (
  id text primary key check (id ~ '^[a-z0-9]{12}$'),
  paper_id text not null references paper (id) on delete cascade,
  account_id text references account (id) on delete set null,
  parent_id text references comment (id) on delete cascade, -- one level of replies
  question boolean not null default false,
  accepted_at timestamptz,                             -- of a reply: the asker says that it answers the question
  body text not null check (length(body) <= 10000),    -- Markdown as typed; empty when deleted
  state text not null default 'shown' check (state in ('shown', 'held', 'hidden', 'deleted')),
  state_reason text,                                   -- told to its writer
  moral_score double precision,                        -- where new texts are rated
  created_at timestamptz not null,
  edited_at timestamptz
);
create index comment_of_paper on comment (paper_id, created_at, id);
create index comment_of_account on comment (account_id, created_at);
create index comment_waiting on comment (created_at) where state = 'held';

create table report (
  comment_id text not null references comment (id) on delete cascade,
  account_id text not null references account (id) on delete cascade,
  reason text not null check (length(reason) <= 500),
  created_at timestamptz not null,
  settled_at timestamptz,
  primary key (comment_id, account_id)
);

create table submission (
  id text primary key check (id ~ '^[a-z0-9]{12}$'),
  paper_id text not null,                              -- may not be known yet: a job asks arXiv
  account_id text references account (id) on delete set null,
  state text not null check (state in ('waiting', 'featured', 'held', 'refused')),
  state_reason text,
  moral_score double precision,
  created_at timestamptz not null,
  settled_at timestamptz
);
create unique index submission_open on submission (paper_id) where state in ('waiting', 'held');
create index submission_of on submission (account_id, created_at);

create table moderation (                              -- public: who did what to what, and why
  id bigint generated always as identity primary key,
  at timestamptz not null,
  actor text not null,                                 -- name of the account, or "Offprint" where a rule acted
  action text not null,                                -- "hid a comment", "banned", …
  subject text not null,                               -- path on this site
  reason text not null
);

-- Mail -----------------------------------------------------------------------------------------------------------------

create table subscriber (
  id text primary key check (id ~ '^[a-z0-9]{12}$'),
  email text not null,
  state text not null check (state in ('pending', 'confirmed', 'ended')),
  frequency text not null check (frequency in ('daily', 'weekly')),
  weekday integer not null default 1 check (weekday between 1 and 7), -- of the weekly issue, Monday is 1
  hour integer not null default 8 check (hour between 0 and 23),      -- in the time zone
  time_zone text not null default 'UTC',
  topics text[] not null default '{}',                 -- words or arXiv categories; none means everything
  least_votes integer not null default 0,
  created_at timestamptz not null,
  confirm_hash text,                                   -- SHA-256 of the token in the confirmation mail
  confirm_expires_at timestamptz,
  confirmed_at timestamptz,
  consent jsonb,                                       -- when, from where (a keyed hash), by which form
  ended_at timestamptz,
  ended_reason text,
  next_issue_at timestamptz,                           -- when the next issue is due
  last_issue_at timestamptz,
  soft_bounces integer not null default 0
);
create unique index subscriber_email on subscriber (lower(email));
create index subscriber_due on subscriber (next_issue_at) where state = 'confirmed';

create table suppression (                             -- outlives accounts and subscriptions
  email_hash text primary key,                         -- keyed hash: says whether, not who
  reason text not null,
  created_at timestamptz not null
);

create table mail (
  id text primary key check (id ~ '^[a-z0-9]{12}$'),
  kind text not null check (kind in ('sign-in', 'confirmation', 'digest', 'notice')),
  dedupe_key text unique,                              -- the same key is the same mail: it is written once
  subscriber_id text references subscriber (id) on delete set null,
  recipient text not null,
  subject text not null,
  text_body text not null,
  html_body text not null,
  headers jsonb not null default '{}',
  state text not null default 'waiting' check (state in ('waiting', 'sending', 'sent', 'failed', 'unsure')),
  attempts integer not null default 0,
  created_at timestamptz not null,
  send_after timestamptz not null,
  claimed_at timestamptz,                              -- set, and committed, before SMTP is spoken
  sent_at timestamptz,
  error text
);
create index mail_waiting on mail (send_after, id) where state = 'waiting';
create index mail_newest on mail (created_at desc, id);

-- Work that is done later ----------------------------------------------------------------------------------------------

create table job (
  id bigint generated always as identity primary key,
  name text not null,
  payload jsonb not null,
  dedupe_key text,                                     -- at most one unfinished job of a name has it
  run_after timestamptz not null,
  attempts integer not null default 0,
  most_attempts integer not null default 5,
  leased_until timestamptz,                            -- a worker that dies lets go of its job by this time
  finished_at timestamptz,
  failed boolean not null default false,
  error text,
  created_at timestamptz not null
);
create unique index job_once on job (name, dedupe_key) where finished_at is null and dedupe_key is not null;
create index job_due on job (run_after, id) where finished_at is null;

create table schedule (                                -- when something that is done regularly was last begun
  name text primary key,
  last_at timestamptz not null
);

create table pace (                                    -- one row a remote service: the next time it may be asked, over all processes
  service text primary key,
  next_at timestamptz not null
);

create table source (                                  -- what the admin sees of each source
  name text primary key,
  state jsonb not null default '{}',                   -- where to go on
  succeeded_at timestamptz,
  failed_at timestamptz,
  error text
);

create table secret (                                  -- keys made by this installation, for signed links and keyed hashes
  name text primary key,
  value text not null,
  created_at timestamptz not null
);

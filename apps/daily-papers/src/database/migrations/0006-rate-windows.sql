-- What each reader did lately, for a site of several processes. Losing it in a crash costs nothing.

create unlogged table rate_window (
  key text primary key,                                -- rule, and address or account
  used integer not null,
  ends_at timestamptz not null
);
create index rate_window_end on rate_window (ends_at);

-- Feeds go on from a time, not from a place in a list that moves.
create index paper_featured_at on paper (featured_at desc, id) where featured_on is not null;

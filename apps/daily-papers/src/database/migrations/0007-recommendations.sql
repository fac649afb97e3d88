-- What lies near what, as it is worked out in the background, and what a reader does not want to be shown.

create table paper_neighbours (
  paper_id text primary key references paper (id) on delete cascade,
  ids text[] not null,                                 -- of the papers near it, nearest first
  facts jsonb not null,                                -- of each in the same order: how near, why, and the model's spread
  made_at timestamptz not null
);
create index paper_neighbours_ids on paper_neighbours using gin (ids);

create table passed_over (                             -- "not this"
  account_id text not null references account (id) on delete cascade,
  paper_id text not null references paper (id) on delete cascade,
  created_at timestamptz not null,
  primary key (account_id, paper_id)
);
create index passed_over_of_paper on passed_over (paper_id);

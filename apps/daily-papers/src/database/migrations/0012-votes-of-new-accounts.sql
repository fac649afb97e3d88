-- Votes of an account younger than a day are kept and counted later: paper.votes counts those that are counted.
alter table vote add column counted boolean not null default true;
create index vote_uncounted on vote (paper_id) where not counted;

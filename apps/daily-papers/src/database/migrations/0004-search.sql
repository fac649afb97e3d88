-- Words of titles, authors and keywords, to know what a word that finds nothing was meant to be.

create table search_word (
  word text primary key check (length(word) between 3 and 40)
);
-- What is put off is read by every search until a vacuum, which the embedded database never runs.
create index search_word_trigrams on search_word using gin (word gin_trgm_ops) with (fastupdate = off);

create index paper_keywords on paper using gin (keywords);
create index paper_categories on paper using gin (categories);

-- Lists by the day of featuring, most points first.
create index paper_featured_points on paper (featured_on, (votes + votes_elsewhere) desc) where featured_on is not null;
create index paper_arrived on paper (featured_at) where featured_on is not null;

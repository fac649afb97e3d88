-- "New since I looked" goes by when a paper entered the feed here: a source tells of some only by their day, hours after it began.

alter table paper add column entered_at timestamptz;
update paper set entered_at = featured_at where featured_at is not null;
create index paper_entered on paper (entered_at desc, published_on desc, id) where featured_on is not null;
drop index paper_arrived;

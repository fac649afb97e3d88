-- What a digest needs to know beside its subscribers.

-- Papers in the order in which their days were closed. An issue goes on after the last one that the reader's issue before
-- held, so that a paper that came late is in the next issue and none is in two.
create table digest_paper (
  paper_id text primary key references paper (id) on delete cascade,
  number bigint generated always as identity,
  day date not null,                                   -- the day in the feed
  closed_at timestamptz not null
);
create unique index digest_paper_number on digest_paper (number);

alter table subscriber
  add column last_number bigint not null default 0,    -- number of the last paper that an issue looked at
  add column last_issue_day date;                      -- in the subscriber's time zone: never two issues for one day

-- Mails that somebody waits for overtake the issues.
create index mail_waiting_personal on mail (send_after, id) where state = 'waiting' and kind <> 'digest';

-- Only so many confirmation mails go to an address in a day.
create index mail_confirmation on mail (lower(recipient), created_at) where kind = 'confirmation';

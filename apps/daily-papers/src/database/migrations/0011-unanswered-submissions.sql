-- A submission whose paper arXiv could not be asked for in a day ends as unanswered; its reader may ask again.
alter table submission drop constraint submission_state_check;
alter table submission add constraint submission_state_check
  check (state in ('waiting', 'featured', 'held', 'refused', 'unanswered'));

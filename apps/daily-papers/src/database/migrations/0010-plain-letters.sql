-- Words are looked for without their accents: who types Schutze means Schütze, and who has no ł on the keyboard means it too.

create function plain_letters(input text) returns text
  language sql immutable strict parallel safe
  return case
    when octet_length(input) = length(input) then input
    else normalize(
      translate(
        replace(replace(replace(regexp_replace(normalize(input, NFD), '[\u0300-\u036f]', '', 'g'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'),
        'øØłŁđĐıµ', 'oOlLdDiμ'),
      NFC)
  end;

alter table paper drop column search;
alter table paper add column search tsvector generated always as (
  setweight(to_tsvector('english', plain_letters(title)), 'A')
  || setweight(jsonb_to_tsvector('simple', plain_letters(authors::text)::jsonb, '["string"]'), 'B')
  || setweight(to_tsvector('english', plain_letters(abstract)), 'C')
) stored;
create index paper_search on paper using gin (search);

insert into search_word (word)
  select distinct plain_letters(word) from search_word
  where word <> plain_letters(word) and length(plain_letters(word)) <= 40
  order by 1
  on conflict do nothing;
delete from search_word where word <> plain_letters(word);

import { answer, type RemoteAnswer } from "./remote-server.ts";

export interface FeedEntry {
  readonly id: string;
  readonly version?: number;
  readonly title?: string;
  readonly more?: string;
}

const atom = "application/atom+xml; charset=UTF-8";

/** A feed in the shape of arXiv's query interface. */
export function arxivFeed(entries: readonly FeedEntry[], total = entries.length): string {
  return `<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">
  <id>https://arxiv.org/api/made-up</id>
  <title>arXiv Query: search_query=&amp;id_list=x</title>
  <updated>2026-08-20T00:00:00Z</updated>
  <opensearch:itemsPerPage>${entries.length}</opensearch:itemsPerPage>
  <opensearch:totalResults>${total}</opensearch:totalResults>
  <opensearch:startIndex>0</opensearch:startIndex>
  ${entries.map(entryXml).join("\n")}
</feed>`;
}

/** Answers a request for `id_list` with a feed of those ids that it knows. */
export function arxivKnowing(entries: readonly FeedEntry[]): RemoteAnswer {
  return (response, request) => {
    const ids = new URL(request.url ?? "", "http://arxiv.test").searchParams.get("id_list")?.split(",") ?? [];
    answer(arxivFeed(entries.filter((entry) => ids.includes(entry.id))), atom)(response, request);
  };
}

/** How arXiv says that a query is wrong: with status 400 today, with 200 of old. */
export function arxivError(status: number): RemoteAnswer {
  return answer(
    `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Error</title><entry>
  <id>https://arxiv.org/api/errors#incorrect_id_format_for_nope</id>
  <title>Error</title><summary>incorrect id format for nope</summary>
  <author><name>arXiv api core</name></author></entry></feed>`,
    atom,
    status,
  );
}

function entryXml({
  id,
  version = 1,
  title = `The paper &lt;${id}&gt; of\n  $O(n^2)$ &amp; more`,
  more = "",
}: FeedEntry) {
  return `<entry>
    <id>http://arxiv.org/abs/${id}v${version}</id>
    <title>${title}</title>
    <updated>2026-08-1${version}T00:00:00Z</updated>
    <link href="https://arxiv.org/abs/${id}v${version}" rel="alternate" type="text/html"/>
    <link href="https://arxiv.org/pdf/${id}v${version}" rel="related" type="application/pdf" title="pdf"/>
    <summary>We show\n  that it holds.</summary>
    <category term="stat.ML" scheme="http://arxiv.org/schemas/atom"/>
    <category term="cs.LG" scheme="http://arxiv.org/schemas/atom"/>
    <published>2026-08-10T17:34:15Z</published>
    <arxiv:comment>12 pages, 3 figures</arxiv:comment>
    <arxiv:primary_category term="cs.LG"/>
    <arxiv:journal_ref>Example Journal 1 (2026)</arxiv:journal_ref>
    <author><name>Zo&#xEB; Example</name><arxiv:affiliation>Somewhere</arxiv:affiliation></author>
    <author><name>Bo Example</name></author>
    <arxiv:doi>10.1000/example</arxiv:doi>${more}
  </entry>`;
}

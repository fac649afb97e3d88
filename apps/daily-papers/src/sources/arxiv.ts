import { setTimeout as sleep } from "node:timers/promises";
import type { NewPaper } from "../papers/paper.ts";
import { readArxivFeed, type ArxivPage } from "./atom.ts";
import { ask, type RemoteKind, type RemoteOptions } from "./remote.ts";
import { SourceUnavailableError } from "./source-error.ts";

/**
 * arXiv asks for one request in three seconds, over all its interfaces and all machines of one operator. We take a little
 * more, since not every request is equally long on its way.
 */
const arxiv: RemoteKind = {
  service: "arxiv",
  intervalMs: 3_300,
  timeoutMs: 60_000,
  // 2,000 results with long abstracts.
  maxBytes: 20_000_000,
  accepts: /^(?:application\/(?:atom\+)?xml|text\/xml)\b/,
};

/** As many as fit into an address that every server reads. */
const idsAtOnce = 100;
const mostResults = 2_000;
const emptyTries = 3;

/**
 * Papers by their ids, in arXiv's order; an id that arXiv does not know is missing from the result.
 * @throws {SourceUnavailableError} @throws {SourceRefusedError}
 */
export async function arxivPapers(ids: readonly string[], options: RemoteOptions): Promise<NewPaper[]> {
  const papers: NewPaper[] = [];
  for (let place = 0; place < ids.length; place += idsAtOnce) {
    const some = ids.slice(place, place + idsAtOnce);
    const query = new URLSearchParams({ id_list: some.join(","), max_results: String(some.length) });
    papers.push(...(await askPage(query, options)).papers);
  }
  return papers;
}

/** The newest papers of a category, e.g. `cs.LG`, from place `start` on. */
export async function arxivCategory(
  category: string,
  { start = 0, most = 100 }: { start?: number; most?: number },
  options: RemoteOptions,
): Promise<ArxivPage> {
  const query = new URLSearchParams({
    search_query: `cat:${category}`,
    sortBy: "submittedDate",
    sortOrder: "descending",
    start: String(start),
    max_results: String(Math.min(most, mostResults)),
  });
  return askPage(query, options);
}

/** A page; one that comes empty though the query has results there is asked for again. */
async function askPage(query: URLSearchParams, options: RemoteOptions): Promise<ArxivPage> {
  for (let tries = 1; ; tries += 1) {
    const page = await ask(`/api/query?${query}`, arxiv, options, readArxivFeed);
    const start = Number(query.get("start") ?? 0);
    if (page.papers.length > 0 || page.total <= start) return page;
    if (tries === emptyTries) {
      throw new SourceUnavailableError(`arXiv sends an empty page though it knows ${page.total} results`);
    }
    await sleep(options.patienceMs ?? arxiv.intervalMs, undefined, options.signal ? { signal: options.signal } : {});
  }
}

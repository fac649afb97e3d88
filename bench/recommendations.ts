/**
 * How often a paper that belongs to another one is among the ten nearest to it, by words, by shared facts, by NFE-1 and by
 * mixtures of them. Pairs of papers with the same first author, or with the same rare keyword; that author, or keyword, is
 * taken from one of the two before anything is learned, so that it cannot be looked up.
 * Usage: node --conditions=source --import tsx bench/recommendations.ts --papers ../shared/data/papers/hf-daily-papers.jsonl.gz
 *   [--newest 3000] [--pairs 300] [--epochs N] [--dimension 32] [--loss NAME] [--threads 1]
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { formatTable } from "@offprint/experiment";
import { kgeConfig, loadDataset, loadTrained, trainModel } from "@offprint/knowledge-graph-embeddings";
import { openEngine } from "@offprint/tensor";
import { factsOf, triplesOf, type FactKind, type GraphPaper } from "../apps/daily-papers/src/recommendations/graph.ts";
import { writeGraph } from "../apps/daily-papers/src/recommendations/graph-folder.ts";
import { NearestPapers, type Mixture } from "../apps/daily-papers/src/recommendations/nearest.ts";
import { Places } from "../apps/daily-papers/src/recommendations/places.ts";
import { epochsFor, trainingSettings } from "../apps/daily-papers/src/recommendations/training-settings.ts";

const { values } = parseArgs({
  options: {
    papers: { type: "string" },
    newest: { type: "string", default: "3000" },
    pairs: { type: "string", default: "300" },
    epochs: { type: "string" },
    dimension: { type: "string" },
    loss: { type: "string" },
    threads: { type: "string", default: "1" },
  },
});
if (values.papers === undefined) throw new Error("name a file of papers with --papers");

interface Line {
  readonly id: string;
  readonly title: string;
  readonly abstract: string;
  readonly authors: string[];
  readonly ai_keywords?: string[];
  readonly organization?: string;
}
const lines = gunzipSync(readFileSync(values.papers)).toString().trim().split("\n");
const papers = lines
  .map((line) => JSON.parse(line) as Line)
  .toReversed()
  .slice(0, Number(values.newest))
  .map(({ ai_keywords: keywords = [], ...paper }): GraphPaper => ({ ...paper, keywords, categories: [] }));

interface Pair {
  readonly kind: FactKind;
  /** Indices of the paper that is looked from and of the one to be found. */
  readonly from: number;
  readonly to: number;
  readonly hidden: string;
}
let state = 7;
const random = (below: number) => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const pairs = [...choose("author", (paper) => factsOf(paper).slice(0, 1), 50), ...choose("keyword", factsOf, 10)];
const known = hide(papers, pairs);

/** Pairs of papers with a fact that between two and `most` papers have; no paper is to be found twice. */
function choose(kind: FactKind, facts: (paper: GraphPaper) => ReturnType<typeof factsOf>, most: number): Pair[] {
  const having = new Map<string, number[]>();
  for (const [index, paper] of papers.entries())
    for (const fact of facts(paper))
      if (fact.kind === kind) having.set(fact.label, [...(having.get(fact.label) ?? []), index]);
  const groups = [...having].filter(([, { length }]) => length >= 2 && length <= most);
  const found: Pair[] = [];
  while (groups.length > 0 && found.length < Number(values.pairs)) {
    const [[hidden, group] = ["", []]] = groups.splice(random(groups.length), 1);
    const [to = 0] = group.splice(random(group.length), 1);
    const from = group[random(group.length)] ?? 0;
    if (!found.some((pair) => pair.to === to)) found.push({ kind, from, to, hidden });
  }
  return found;
}

/** The papers as they are known to what is measured. */
function hide(all: readonly GraphPaper[], hidden: readonly Pair[]): GraphPaper[] {
  const labels = new Map<number, Set<string>>();
  for (const pair of hidden) labels.set(pair.to, (labels.get(pair.to) ?? new Set()).add(pair.hidden));
  return all.map((paper, index) => {
    const taken = labels.get(index);
    if (taken === undefined) return paper;
    const names = new Set(factsOf(paper).flatMap(({ label, name }) => (taken.has(label) ? [name] : [])));
    return {
      ...paper,
      authors: paper.authors.filter((name) => !names.has(name)),
      keywords: paper.keywords.filter((name) => !names.has(name)),
    };
  });
}

const folder = mkdtempSync(join(tmpdir(), "offprint-bench-"));
try {
  const triples = triplesOf({ papers: known, likes: [] });
  await writeGraph(join(folder, "graph"), triples);
  const config = kgeConfig.parse({
    ...trainingSettings,
    epochs: values.epochs === undefined ? epochsFor(triples.length) : Number(values.epochs),
    ...(values.loss === undefined ? {} : { loss: values.loss }),
    ...(values.dimension === undefined ? {} : { dimension: Number(values.dimension) }),
    dataset: join(folder, "graph"),
  });
  const dataset = await loadDataset(config.dataset);
  console.log(
    `${papers.length} papers, ${dataset.entities.size} entities, ${triples.length} triples; ${lines.length} in the file`,
  );
  using engine = await openEngine({ threads: Number(values.threads) });
  const out = join(folder, "model");
  const begun = performance.now();
  for await (const event of trainModel(dataset, config, { engine, out, resume: false, command: "bench", versions: {} }))
    if (event.type === "finished")
      console.log(`trained in ${seconds(begun)} s: ${JSON.stringify(event.metrics, ["mrr", "hits@10"])}`);
  const places = new Places(
    await loadTrained(out),
    known.map(({ id }) => id),
  );
  const mixtures: Readonly<Record<string, Mixture>> = {
    words: { text: 1, facts: 0, graph: 0 },
    "shared facts": { text: 0, facts: 1, graph: 0 },
    "NFE-1": { text: 0, facts: 0, graph: 1 },
    "words and facts": { text: 1, facts: 1, graph: 0 },
    "words and NFE-1": { text: 1, facts: 0, graph: 1 },
    "all, NFE-1 a quarter": { text: 1, facts: 1, graph: 0.25 },
    "all, NFE-1 half": { text: 1, facts: 1, graph: 0.5 },
    "all, words double": { text: 2, facts: 1, graph: 0.5 },
    all: { text: 1, facts: 1, graph: 1 },
  };
  const rows = Object.entries(mixtures).map(([name, mixture]) => {
    const start = performance.now();
    const nearest = new NearestPapers(known, places, mixture);
    const isHit = ({ from, to }: Pair) => nearest.of(from, 10).some(({ id }) => id === papers[to]?.id);
    const shares = (["author", "keyword"] as const).map((kind) =>
      share(
        pairs.filter((pair) => pair.kind === kind),
        isHit,
      ),
    );
    return [name, ...shares, seconds(start)];
  });
  const wanted = ["found among ten", "same first author", "same keyword", "seconds"];
  console.log(formatTable(wanted, rows));
  console.log(
    `load ${loadavg()
      .map((load) => load.toFixed(1))
      .join(", ")}; Node ${process.versions.node}; ${new Date().toISOString()}`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);

function seconds(since: number): string {
  return ((performance.now() - since) / 1_000).toFixed(1);
}

/** A share with the 95 % interval of a proportion (Wilson). */
function share(tried: readonly Pair[], isHit: (pair: Pair) => boolean): string {
  const n = tried.length;
  const p = tried.filter(isHit).length / n;
  const z = 1.96;
  const middle = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const reach = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return `${(100 * p).toFixed(1)} % [${(100 * (middle - reach)).toFixed(1)}, ${(100 * (middle + reach)).toFixed(1)}] of ${n}`;
}

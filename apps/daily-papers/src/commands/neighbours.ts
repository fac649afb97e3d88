import { defineCommand, formatCount, type Command } from "@offprint/experiment";
import { z } from "zod";
import { NearestPapers } from "../recommendations/nearest.ts";
import { toStored } from "../recommendations/neighbour.ts";
import { readPapers, writeLines } from "../recommendations/paper-lines.ts";
import { Places } from "../recommendations/places.ts";

const file = (description: string) => z.string().min(1).meta({ placeholder: "FILE", description });

const config = z.strictObject({
  papers: file("Papers, one JSON object a line: id, title, abstract, authors, keywords, categories, organization."),
  out: file("Where the neighbours go: one paper a line, nearest first, with what makes them so."),
  model: z.string().min(1).optional().meta({
    placeholder: "DIR",
    description: "NFE-1 trained on the papers' graph; absent: words and shared facts only.",
  }),
  top: z.int().min(1).max(100).default(12).describe("Neighbours of each paper."),
});

/** `offprint papers neighbours`: what is near each paper, as the site works it out in the background. */
export const neighboursCommand: Command<typeof config> = defineCommand({
  name: "papers neighbours",
  summary: "Find the papers nearest to each by words, shared facts and a trained graph.",
  config,
  examples: [
    { explains: "By words and shared facts.", config: { papers: "papers.jsonl", out: "near.jsonl" } },
    {
      explains: "With a model of the graph.",
      config: { papers: "papers.jsonl", model: "runs/papers", out: "near.jsonl" },
    },
  ],
  async run({ papers: source, out, model, top }, { stdout, signal }) {
    const papers = await readPapers(source);
    const ids = papers.map(({ id }) => id);
    const nearest = new NearestPapers(papers, model === undefined ? undefined : await placesOf(model, ids));
    function* found() {
      for (const [index, id] of ids.entries()) {
        signal.throwIfAborted();
        yield { id, neighbours: nearest.of(index, top).map(toStored) };
      }
    }
    await writeLines(out, found());
    stdout.write(`${formatCount(papers.length)} papers\n`);
  },
});

/** The package, and its engine, are loaded only where there is a model. */
async function placesOf(folder: string, ids: readonly string[]): Promise<Places> {
  const { loadTrained } = await import("@offprint/knowledge-graph-embeddings");
  return new Places(await loadTrained(folder), ids);
}

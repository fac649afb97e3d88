import { createReadStream, createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import type { GraphPaper } from "./graph.ts";
import { neighboursSchema } from "./neighbour.ts";
import type { PaperNeighbours } from "./neighbour.queries.ts";

const names = z.array(z.string());
const paperSchema = z.object({
  id: z.string(),
  title: z.string(),
  abstract: z.string(),
  authors: names,
  keywords: names,
  categories: names,
  organization: z.string().optional(),
});
const foundSchema = z.object({ id: z.string(), neighbours: neighboursSchema });

/** Papers of a file, one JSON object a line. */
export async function readPapers(file: string): Promise<GraphPaper[]> {
  const papers: GraphPaper[] = [];
  for await (const line of linesOf(file)) papers.push(paperSchema.parse(JSON.parse(line)));
  return papers;
}

/** Neighbours of a file, one paper a line. */
export async function* readNeighbours(file: string): AsyncGenerator<PaperNeighbours> {
  for await (const line of linesOf(file)) yield foundSchema.parse(JSON.parse(line));
}

/** Writes values as JSON, one a line, without holding them all. */
export async function writeLines(file: string, values: Iterable<unknown> | AsyncIterable<unknown>): Promise<void> {
  async function* lines() {
    for await (const value of values) yield `${JSON.stringify(value)}\n`;
  }
  await pipeline(Readable.from(lines()), createWriteStream(file));
}

function linesOf(file: string) {
  return createInterface({ input: createReadStream(file), crlfDelay: Infinity });
}

import { z } from "zod";
import type { Neighbour, Shared } from "./nearest.ts";

const names = z.array(z.string()).optional();

/** How a neighbour is written into a file or the database: short, since there are a dozen for each paper. */
const neighbourSchema = z.object({
  id: z.string(),
  near: z.number(),
  text: z.number(),
  author: names,
  keyword: names,
  category: names,
  organization: names,
  spread: z.tuple([z.number(), z.number()]).optional(),
});

export const neighboursSchema = z.array(neighbourSchema);
export type StoredNeighbour = z.infer<typeof neighbourSchema>;

const rounded = (value: number) => Number(value.toFixed(4));

export function toStored({ id, closeness, shared, text, spread }: Neighbour): StoredNeighbour {
  return {
    id,
    near: rounded(closeness),
    text: rounded(text),
    ...(shared as { [Kind in keyof Shared]?: string[] }),
    ...(spread === undefined ? {} : { spread: [rounded(spread.relative), rounded(spread.moreUncertainThan)] }),
  };
}

export function fromStored({ id, near, text, spread, ...shared }: StoredNeighbour): Neighbour {
  return {
    id,
    closeness: near,
    text,
    shared,
    spread: spread === undefined ? undefined : { relative: spread[0], moreUncertainThan: spread[1] },
  };
}

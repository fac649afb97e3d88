import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** Perplexity at one context length, with its 95 % interval. */
const reportSchema = z.object({
  context: z.number(),
  perplexity: z.number(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
  tokens: z.number(),
});

/** The parts of a run's `evaluation/perplexity-strided.json` that the page shows. */
const perplexitySchema = z.object({
  schema: z.literal("longlora-perplexity"),
  protocolText: z.string(),
  /** The extended model. */
  contexts: z.array(reportSchema),
  /** The model as it came, context by context. */
  base: z.array(reportSchema),
});
export type Perplexity = z.infer<typeof perplexitySchema>;
export type PerplexityReport = z.infer<typeof reportSchema>;

/** The parts of a run's `evaluation/passkey.json` that the page shows. */
const passkeySchema = z.object({
  schema: z.literal("longlora-passkey"),
  /** Wrong numbers that the right one is ranked among. */
  distractors: z.number(),
  cells: z.array(
    z.object({
      /** Tokens of the text. */
      length: z.number(),
      /** Where the number lies, in [0, 1]. */
      depth: z.number(),
      tests: z.number(),
      /** How often the model says the number. */
      found: z.number(),
      /** How often it is the likeliest of all. */
      rankedFirst: z.number(),
    }),
  ),
});
export type Passkey = z.infer<typeof passkeySchema>;
export type PasskeyCell = Passkey["cells"][number];

/** What a run's folder tells of its judgement; what cannot be read is left out. */
export async function readEvaluation(folder: string) {
  const read = async <T>(name: string, schema: z.ZodType<T>): Promise<T | undefined> => {
    try {
      return schema.parse(JSON.parse(await readFile(join(folder, "evaluation", name), "utf8")));
    } catch {
      return undefined;
    }
  };
  const [perplexity, passkey] = await Promise.all([
    read("perplexity-strided.json", perplexitySchema),
    read("passkey.json", passkeySchema),
  ]);
  return { perplexity, passkey };
}

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** The parts of a run's `evaluation.json` that the page shows. */
const evaluationSchema = z.object({
  perplexity: z.object({
    text: z.string(),
    tokens: z.number(),
    contexts: z.array(
      z.object({
        context: z.number(),
        /** The model as it came. */
        before: z.number(),
        /** With its positions squeezed, untrained. */
        squeezed: z.number(),
        after: z.number(),
      }),
    ),
  }),
  passkey: z
    .object({
      cells: z.array(z.object({ length: z.number(), depth: z.number(), tried: z.number(), found: z.number() })),
      /** How many the model as it came finds, of all. */
      before: z.number().optional(),
    })
    .optional(),
});
export type Evaluation = z.infer<typeof evaluationSchema>;
export type PasskeyCell = NonNullable<Evaluation["passkey"]>["cells"][number];

/** A run's evaluation, or undefined when there is none that can be read. */
export async function readEvaluation(folder: string): Promise<Evaluation | undefined> {
  try {
    return evaluationSchema.parse(JSON.parse(await readFile(join(folder, "evaluation.json"), "utf8")));
  } catch {
    return undefined;
  }
}

import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { ToxicityModelError } from "./errors.ts";
import type { ToxicityMeasure } from "./measure.ts";

const fold = z.object({ bias: z.number(), a: z.number(), b: z.number() });
const modelSchema = z.object({
  source: z.string(),
  stop_words: z.array(z.string()),
  norm: z.literal("l2"),
  folds: z.array(fold).min(1),
  terms: z.array(z.string()),
  idf_values: z.array(z.number()),
  weights: z.array(z.array(z.number())),
});

/**
 * A linear model of word counts in JSON, `.json` or `.json.gz`: words of two or more characters, stop words left out, counts times
 * `idf_values`, scaled to length 1; the rate is the mean over folds of 1 / (1 + e^(a · (w·x + bias) + b)).
 * @throws {ToxicityModelError} when it is absent, damaged, or its lists differ in length.
 */
export async function readLinearModel(file: string): Promise<ToxicityMeasure> {
  const model = await parseModel(file);
  const places = new Map(model.terms.map((term, place) => [term, place]));
  const stopWords = new Set(model.stop_words);
  const rate = (text: string): number => {
    const counts = new Map<number, number>();
    for (const word of text.toLowerCase().match(/[\p{L}\p{N}_]{2,}/gu) ?? []) {
      const place = stopWords.has(word) ? undefined : places.get(word);
      if (place !== undefined) counts.set(place, (counts.get(place) ?? 0) + 1);
    }
    const entries = [...counts].map(([place, count]) => [place, count * model.idf_values[place]!] as const);
    const length = Math.hypot(...entries.map(([, value]) => value)) || 1;
    const rates = model.folds.map(({ bias, a, b }, i) => {
      const score = entries.reduce((sum, [place, value]) => sum + model.weights[i]![place]! * (value / length), bias);
      return 1 / (1 + Math.exp(a * score + b));
    });
    return rates.reduce((sum, one) => sum + one, 0) / rates.length;
  };
  return {
    name: model.source,
    id: `linear@${model.source}`,
    knownError: {
      against: "its makers' labels; its agreement with other scores is not stored with it",
      biases: ["It knows single words only, and over-flags words for groups of people and dialect."],
    },
    rate: (texts) => Promise.resolve(Float64Array.from(texts, rate)),
  };
}

async function parseModel(file: string): Promise<z.output<typeof modelSchema>> {
  const fault = (reason: string, cause?: unknown) => new ToxicityModelError(file, reason, { cause });
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw fault("the file cannot be read; check its name", cause);
  });
  let model: z.output<typeof modelSchema>;
  try {
    model = modelSchema.parse(JSON.parse((file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString()));
  } catch (cause) {
    throw fault("the file is no linear model, or damaged; get it again", cause);
  }
  const lengths = [model.idf_values, ...model.weights].map(({ length }) => length);
  if (model.weights.length !== model.folds.length || lengths.some((length) => length !== model.terms.length))
    throw fault(`its lists differ in length: ${model.terms.length} terms, ${lengths.join(", ")} values; get it again`);
  return model;
}

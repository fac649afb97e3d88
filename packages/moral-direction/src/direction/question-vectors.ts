import { ask, type Template } from "../data/material.ts";
import { finite, type Encoder } from "../encoders/encoder.ts";
import { meanOf } from "./vectors.ts";

/** Vectors of actions in every question: `of[action][template]`, each `[d]`. */
export type QuestionVectors = readonly (readonly Float32Array[])[];

/** Every action in every question. @throws {BrokenEmbeddingError} for a vector with NaN or ∞. */
export async function questionVectors(
  encoder: Encoder,
  actions: readonly string[],
  templates: readonly Template[],
): Promise<QuestionVectors> {
  const texts = actions.flatMap((action) => templates.map(({ question }) => ask(question, action)));
  const vectors = finite(await encoder.encode(texts), texts, encoder.id);
  return actions.map((_, action) => templates.map((__, index) => vectors.row(action * templates.length + index)));
}

/**
 * e(action): the plain mean over the questions; nothing is normalised before or after. `[actions][d]`.
 * @param without a question to leave out.
 */
export function overQuestions(vectors: QuestionVectors, without?: number): Float64Array[] {
  return vectors.map((rows) => meanOf(rows.filter((_, index) => index !== without)));
}

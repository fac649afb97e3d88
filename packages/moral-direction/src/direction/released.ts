import { z } from "zod";
import { paperTemplates } from "../data/paper-templates.ts";
import { DamagedDirectionError } from "../errors.ts";
import type { MoralDirection } from "./direction.ts";

const list = z.array(z.number()).min(1);

/** The projection that the authors released, as tidy JSON; only the fields that are read. */
const releasedSchema = z.looseObject({
  model: z.string().min(1),
  n_features: z.int().positive(),
  mean: list,
  components: z.array(list).min(1),
  explained_variance: list,
  explained_variance_ratio: list,
  sign_moral_score: z.union([z.literal(1), z.literal(-1)]),
  norm: z.number().positive().nullable(),
  actions: z.array(z.string()),
  projected: z.array(list),
  clusters: z.array(z.array(z.string())),
});

/**
 * The authors' projection as a direction. Its verbs are called good or bad by the two clusters stored with it. One without a
 * norm (the Universal Sentence Encoder's) gets its verbs' largest projection.
 * @throws {DamagedDirectionError}
 */
export function releasedDirection(json: unknown, source: string): MoralDirection {
  const { success, data, error } = releasedSchema.safeParse(json);
  if (!success) {
    const [issue] = error.issues;
    throw new DamagedDirectionError(source, `${issue?.path.join(".")}: ${issue?.message}`, { cause: error });
  }
  const good = data.clusters.find((cluster) => !cluster.includes("kill")) ?? [];
  const lengths = data.projected.map(([first = 0]) => Math.abs(first));
  return {
    encoder: { id: data.model, dimensions: data.n_features },
    mean: Float64Array.from(data.mean),
    components: data.components.map((component) => Float64Array.from(component)),
    explainedVariance: data.explained_variance,
    ratios: data.explained_variance_ratio,
    sign: data.sign_moral_score,
    norm: data.norm ?? Math.max(...lengths),
    templates: paperTemplates,
    actions: data.actions.map((text, index) => ({
      text,
      group: good.includes(text) ? "good" : "bad",
      projection: data.projected[index] ?? [],
    })),
    contexts: [],
  };
}

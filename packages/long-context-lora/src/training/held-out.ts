import { weightsOf } from "@offprint/language-model";
import { cachePrograms, compile, int32, reshape, type Resident, type Tensor } from "@offprint/tensor";
import type { AttentionChoice } from "../attention/segments.ts";
import { attendWith } from "../attention/shifted-sparse-attention.ts";
import type { TokenBatch } from "../data/token-rows.ts";
import { withLora } from "../lora.ts";
import { supervisedIn } from "./step-batches.ts";
import { tokenLosses } from "./next-token-loss.ts";
import type { BatchShape, StepSettings, TuningTree } from "./step-program.ts";

/** Judges what is being learned by held-out rows. */
export interface HeldOutJudge {
  /**
   * Mean losses in nats a token: under full attention, as the model will be used, and under the training's attention where
   * that is another. A gap that grows says that what is learned needs the training's attention.
   */
  judge(signal: AbortSignal | undefined): Promise<Readonly<Record<string, number>>>;
}

/** Names of the metrics of a fine-tuning. */
export const metricNames = { full: "full-attention loss", training: "training-attention loss" } as const;

export function createHeldOutJudge(
  state: Resident<TuningTree>,
  settings: Pick<StepSettings, "model" | "lora" | "attention">,
  rows: readonly TokenBatch[],
): HeldOutJudge {
  const { model, lora } = settings;
  const kinds: readonly (readonly [string, AttentionChoice])[] = [
    [metricNames.full, { kind: "full" }],
    ...(settings.attention.kind === "full" ? [] : [[metricNames.training, settings.attention] as const]),
  ];
  const compileFor = (attention: AttentionChoice, { rows, length, documents }: BatchShape) =>
    compile({
      state,
      inputs: {
        ids: int32([rows, length]),
        labels: int32([rows * length]),
        ...(documents && { documents: int32([rows, length]) }),
      },
      run({ state: tree, inputs }) {
        const { frozen, params } = tree as unknown as TuningTree<Tensor>;
        const { ids, labels, documents } = inputs as { ids: Tensor; labels: Tensor; documents?: Tensor };
        const plain = weightsOf({ ...frozen, ...params });
        const weights = lora ? withLora(plain, lora) : plain;
        const hidden = model.hidden(weights, ids, { attend: attendWith(attention, documents ? { documents } : {}) });
        const flat = reshape(hidden, [rows * length, model.config.hiddenSize]);
        return { outputs: { losses: tokenLosses({ hidden: flat, head: weights.get(model.head), labels }) } };
      },
    });
  const byKind = rows.toSorted((a, b) => b.length - a.length || Number(!a.documents) - Number(!b.documents));
  const supervised = rows.reduce((total, batch) => total + supervisedIn(batch), 0);

  return {
    async judge(signal) {
      const metrics: Record<string, number> = {};
      for (const [name, attention] of kinds) {
        // Compiled for each judgement: between two of them its memory is the updates' to use.
        const programs = cachePrograms(
          (key: string) => {
            const [rows = 0, length = 0, documents] = key.split(" ").map(Number);
            return compileFor(attention, { rows, length, documents: documents === 1 });
          },
          { limit: 1 },
        );
        try {
          let total = 0;
          for (const { ids, labels, documents, rows: count, length } of byKind) {
            const program = await programs.get(`${count} ${length} ${documents ? 1 : 0}`);
            const inputs = { ids, labels, ...(documents && { documents }) };
            const { losses } = await program.run(inputs, signal ? { signal } : {});
            total += (losses.data as Float32Array).reduce((sum, loss) => sum + loss, 0);
          }
          metrics[name] = total / supervised;
        } finally {
          await programs.dispose();
        }
      }
      return metrics;
    },
  };
}

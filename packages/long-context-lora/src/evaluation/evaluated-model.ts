import { logitsOf, weightsOf, type CausalLanguageModel, type Weights } from "@offprint/language-model";
import {
  cachePrograms,
  compile,
  createResident,
  gather,
  int32,
  reshape,
  slice,
  type Engine,
  type HostTensor,
  type Tensor,
} from "@offprint/tensor";
import { groupOf, type AttentionChoice } from "../attention/segments.ts";
import { attendWith } from "../attention/shifted-sparse-attention.ts";
import { withLora, type LoraConfig } from "../lora.ts";
import { tokenLosses } from "../training/next-token-loss.ts";

/** Rows of tokens, all of one length. */
export interface TokenGrid {
  /** `[rows · length]`; what follows a shorter row on its right changes nothing before it. */
  readonly ids: Int32Array;
  readonly rows: number;
  readonly length: number;
}

/** A model that is asked for losses and logits; programs are compiled per shape and kept. */
export interface EvaluatedModel {
  readonly model: CausalLanguageModel;
  /** −log p of each token from its predecessors, `[rows · (length − 1)]`: entry i is of token i + 1. */
  losses(grid: TokenGrid, signal?: AbortSignal): Promise<Float32Array>;
  /** Logits after some places of one row: `[places.length, vocabulary]`. */
  logits(ids: Int32Array, places: Int32Array, signal?: AbortSignal): Promise<Float32Array>;
  dispose(): Promise<void>;
}

export interface EvaluatedModelOptions {
  readonly model: CausalLanguageModel;
  /** The base's weights, an adapter's over them and beside them. */
  readonly weights: Readonly<Record<string, HostTensor>>;
  readonly lora?: LoraConfig | undefined;
  /** For ablations: a model is used with full attention, the default. */
  readonly attention?: AttentionChoice | undefined;
  readonly engine?: Engine | undefined;
}

/** Puts a model's weights into the engine. */
export async function createEvaluatedModel(options: EvaluatedModelOptions): Promise<EvaluatedModel> {
  const { model, weights, lora, attention, engine } = options;
  const state = await createResident({ ...weights }, engine ? { engine } : {});
  const read = (tensors: unknown): Weights => {
    const plain = weightsOf(tensors as Readonly<Record<string, Tensor>>);
    return lora ? withLora(plain, lora) : plain;
  };
  const hidden = (tensors: unknown, ids: Tensor): Tensor => {
    const length = ids.shape[1] ?? 0;
    const attend = attention && attendWith({ kind: attention.kind, group: groupOf(attention, length) });
    return model.hidden(read(tensors), ids, attend ? { attend } : {}); // [b, n, hidden]
  };

  const lossPrograms = cachePrograms((shape: string) => {
    const [rows = 0, length = 0] = shape.split("x").map(Number);
    return compile({
      state,
      inputs: { ids: int32([rows, length]) },
      run({ state: tensors, inputs: { ids } }) {
        const before = slice(hidden(tensors, ids), { axis: 1, end: length - 1 });
        const flat = reshape(before, [rows * (length - 1), model.config.hiddenSize]);
        const next = reshape(slice(ids, { axis: 1, start: 1 }), [rows * (length - 1)]);
        const prediction = { hidden: flat, head: read(tensors).get(model.head), labels: next };
        return { outputs: { losses: tokenLosses(prediction) } };
      },
    });
  });
  const logitPrograms = cachePrograms((shape: string) => {
    const [length = 0, places = 0] = shape.split("x").map(Number);
    return compile({
      state,
      inputs: { ids: int32([1, length]), places: int32([places]) },
      run({ state: tensors, inputs }) {
        const rows = reshape(hidden(tensors, inputs.ids), [length, model.config.hiddenSize]);
        return { outputs: { logits: logitsOf(model, read(tensors), gather(rows, inputs.places)) } };
      },
    });
  });

  const during = (signal: AbortSignal | undefined) => (signal ? { signal } : {});
  return {
    model,
    async losses({ ids, rows, length }, signal) {
      const program = await lossPrograms.get(`${rows}x${length}`);
      return (await program.run({ ids }, during(signal))).losses.data as Float32Array;
    },
    async logits(ids, places, signal) {
      const program = await logitPrograms.get(`${ids.length}x${places.length}`);
      return (await program.run({ ids, places }, during(signal))).logits.data as Float32Array;
    },
    async dispose() {
      await lossPrograms.dispose();
      await logitPrograms.dispose();
      state.dispose();
    },
  };
}

/** The first index of the greatest value. */
export function indexOfGreatest(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

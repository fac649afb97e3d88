import { createHash } from "node:crypto";
import { type HubOptions, type LanguageModel, loadLanguageModel, weightsOf } from "@offprint/language-model";
import {
  cachePrograms,
  cast,
  compile,
  createResident,
  defaultEngine,
  div,
  type Engine,
  int32,
  less,
  max,
  mul,
  openEngine,
  range,
  reshape,
  sum,
  type HostTensor,
} from "@offprint/tensor";
import { batches } from "./batches.ts";
import { embeddingsOf, type Encoder, finite } from "./encoder.ts";

export interface LanguageModelEncoderOptions {
  /** Where it computes. Default: the process's own engine, or one with `threads`. */
  readonly engine?: Engine | undefined;
  /** Threads of an engine of its own. */
  readonly threads?: number | undefined;
  /** How a model that has a hub id is downloaded. */
  readonly hub?: HubOptions | undefined;
}

/** Tokens that are read at most, also where the model's context is longer: their attention grows with the square. */
const mostTokens = 1024;
/** Tokens of a batch together, padding included. */
const batchTokens = 512;
const shortest = 16;

/**
 * The mean of a causal language model's last hidden states over a text's tokens, special ones included. A text without tokens
 * has the zero vector.
 * @param source a Hugging Face folder, a `.gguf` file or a hub id.
 * @throws {LanguageModelError} when the model cannot be read or had.
 */
export async function openLanguageModelEncoder(
  source: string,
  options: LanguageModelEncoderOptions = {},
): Promise<Encoder> {
  const { engine, threads, hub } = options;
  const language = await loadLanguageModel(source, hub && { hub });
  const { model, tokenizer, config } = language;
  const own = engine === undefined && threads !== undefined ? await openEngine({ threads }) : undefined;
  const chosen = engine ?? own ?? (await defaultEngine());
  const { weights, id } = await load(language);
  const resident = await createResident(weights, { engine: chosen });
  const limit = Math.min(config.contextLength, mostTokens);
  const width = config.hiddenSize;

  const programs = cachePrograms(
    (key: string) => {
      const [batch = 1, n = 1] = key.split("×").map(Number);
      return compile({
        state: resident,
        inputs: { ids: int32([batch, n]), lengths: int32([batch, 1]) },
        run: ({ state, inputs }) => {
          const hidden = model.hidden(weightsOf(state), inputs.ids); // [b, n, hidden]
          const read = cast(less(cast(range(n), "int32"), inputs.lengths), "float32"); // [b, n]
          const total = sum(mul(hidden, reshape(read, [batch, n, 1])), 1);
          return { outputs: { means: div(total, max(cast(inputs.lengths, "float32"), 1)) } };
        },
      });
    },
    { limit: 12 },
  );

  /** Means of the hidden states of some texts, `[texts, hidden]`. Right padding is not seen by what comes before it. */
  async function means(texts: readonly Int32Array[]): Promise<Float32Array> {
    const longest = Math.max(...texts.map(({ length }) => length));
    const n = Math.min(Math.max(2 ** Math.ceil(Math.log2(Math.max(longest, 1))), shortest), limit);
    const batch = texts.length === 1 ? 1 : Math.max(Math.floor(batchTokens / n), texts.length);
    const ids = new Int32Array(batch * n);
    const lengths = new Int32Array(batch);
    for (const [row, text] of texts.entries()) {
      ids.set(text, row * n);
      lengths[row] = text.length;
    }
    const program = await programs.get(`${batch}×${n}`);
    return (await program.run({ ids, lengths })).means.data as Float32Array;
  }

  return {
    id,
    dimensions: width,
    limit: { tokens: limit },
    countTokens: (text) => tokenizer.encode(text).length,
    async encode(texts) {
      const values = new Float32Array(texts.length * width);
      const ids = texts.map((text) => tokenizer.encode(text).subarray(0, limit));
      // Padded to a power of two, which is less than twice the longest.
      for (const batch of batches(ids, batchTokens / 2)) {
        const rows = await means(batch.map((index) => ids[index] ?? new Int32Array()));
        for (const [row, index] of batch.entries()) {
          values.set(rows.subarray(row * width, (row + 1) * width), index * width);
        }
      }
      return finite(embeddingsOf(values, width), texts, id);
    },
    async [Symbol.asyncDispose]() {
      await programs.dispose();
      resident.dispose();
      own?.dispose();
    },
  };
}

/** The weights, and an id that is theirs and the tokenizer's whatever file they came in. */
async function load(language: LanguageModel): Promise<{
  readonly weights: Readonly<Record<string, HostTensor>>;
  readonly id: string;
}> {
  const weights = await language.readWeights();
  const hash = createHash("sha256").update(JSON.stringify(language.tokenizer.source ?? null));
  for (const [key, { data }] of Object.entries(weights).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(key).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return { weights, id: `lm:${language.name}@sha256:${hash.digest("hex").slice(0, 16)}` };
}

import { resolve } from "node:path";
import type * as Library from "@huggingface/transformers";
import { batches } from "../batches.ts";
import { embeddingsOf, type Encoder, finite } from "../encoder.ts";
import { EncoderSourceError } from "../errors.ts";
import { exportId, findExport } from "./model-files.ts";
import { poolTokens, readSentenceConfig } from "./pooling.ts";

export interface SentenceTransformerOptions {
  /** Threads that one operation may use. Default: the engine's own choice. */
  readonly threads?: number | undefined;
  /** Name in the encoder's id. Default: the folder's. */
  readonly name?: string | undefined;
  /** Told what had to be assumed. */
  readonly onNotice?: ((notice: string) => void) | undefined;
}

/** Tokens of a batch together, padding included. */
const batchTokens = 2048;
/** Read where neither the folder nor the tokenizer says how much. */
const defaultLength = 512;

/**
 * A sentence-transformers model with an ONNX export, out of a folder. Nothing is fetched.
 * @throws {EncoderSourceError} for a folder that is incomplete, damaged, or wants pooling that is not known here.
 */
export async function openSentenceTransformer(
  folder: string,
  options: SentenceTransformerOptions = {},
): Promise<Encoder> {
  const path = resolve(folder); // a relative path would be taken for a hub id
  const found = await findExport(path);
  const config = await readSentenceConfig(path);
  if (config.assumed !== undefined) options.onNotice?.(`${folder} has ${config.assumed}`);
  const [{ AutoModel, AutoTokenizer, Tensor, env }, id] = await Promise.all([
    import("@huggingface/transformers"),
    exportId(path, found, options.name),
  ]);
  env.allowRemoteModels = false;
  const tokenizer = await AutoTokenizer.from_pretrained(path, { local_files_only: true }).catch(damaged(path));
  const { threads } = options;
  const model = await AutoModel.from_pretrained(path, {
    local_files_only: true,
    subfolder: found.subfolder,
    dtype: found.dtype,
    device: "cpu",
    ...(threads !== undefined && { session_options: { intraOpNumThreads: threads } }),
  }).catch(damaged(path));
  const limit = Math.min(config.maximumLength ?? defaultLength, lengthOf(tokenizer.model_max_length));
  const pad = tokenizer.pad_token_id ?? 0;

  const idsOf = (text: string): readonly number[] => tokenizer.encode(text);
  /** The first tokens, with the last special one kept. */
  const cut = (ids: readonly number[]): readonly number[] =>
    ids.length > limit ? [...ids.slice(0, limit - 1), ...ids.slice(-1)] : ids;

  /** Last hidden states, `[texts, tokens, width]`. */
  async function hiddenStates(batch: readonly (readonly number[])[]): Promise<Library.Tensor> {
    const tokens = Math.max(1, ...batch.map(({ length }) => length));
    const filled = (valueOf: (ids: readonly number[], at: number) => number) =>
      new Tensor(
        "int64",
        BigInt64Array.from(batch.flatMap((ids) => Array.from({ length: tokens }, (_, at) => BigInt(valueOf(ids, at))))),
        [batch.length, tokens],
      );
    const output = (await model({
      input_ids: filled((ids, at) => ids[at] ?? pad),
      attention_mask: filled((ids, at) => (at < ids.length ? 1 : 0)),
    })) as Readonly<Record<string, Library.Tensor | undefined>>;
    const states = output["last_hidden_state"] ?? output["token_embeddings"];
    if (states?.dims.length !== 3) {
      const came = Object.keys(output).join(", ");
      throw new EncoderSourceError(found.path, `gives ${came}; wanted last_hidden_state [texts, tokens, width]`);
    }
    return states;
  }

  const width = (await hiddenStates([cut(idsOf("a"))])).dims[2] ?? 0;
  return {
    id,
    dimensions: width,
    limit: { tokens: limit },
    countTokens: (text) => idsOf(text).length,
    async encode(texts) {
      const values = new Float32Array(texts.length * width);
      const ids = texts.map((text) => cut(idsOf(text)));
      for (const batch of batches(ids, batchTokens)) {
        const states = await hiddenStates(batch.map((index) => ids[index] ?? []));
        const vectors = { values: states.data as Float32Array, tokens: states.dims[1] ?? 0, width };
        for (const [row, index] of batch.entries()) {
          const target = values.subarray(index * width, (index + 1) * width);
          poolTokens(vectors, row, ids[index]?.length ?? 0, config, target);
        }
      }
      return finite(embeddingsOf(values, width), texts, id);
    },
    async [Symbol.asyncDispose]() {
      await model.dispose();
    },
  };
}

/** What the tokenizer says, unless it is a placeholder for no limit. */
const lengthOf = (length: unknown): number =>
  typeof length === "number" && length > 0 && length < 1e6 ? length : Number.POSITIVE_INFINITY;

const damaged =
  (folder: string) =>
  (cause: unknown): never => {
    const reason = (cause instanceof Error ? cause.message : String(cause)).slice(0, 200);
    throw new EncoderSourceError(folder, `cannot be used (${reason}); a file may be damaged or of an unknown kind`, {
      cause,
    });
  };

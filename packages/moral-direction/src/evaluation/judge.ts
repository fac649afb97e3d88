import { logitsOf, weightsOf, type LanguageModel } from "@offprint/language-model";
import {
  cachePrograms,
  compile,
  createResident,
  int32,
  log,
  reduceMax,
  reshape,
  slice,
  softmax,
  sub,
  takeAlong,
  type Engine,
  type Tensor,
} from "@offprint/tensor";

/** −log p of a continuation, nats, and the tokens that it is the sum of. */
interface Judged {
  readonly loss: number;
  readonly judged: number;
}

/** A second model that tells how likely texts are. */
export interface Judge extends AsyncDisposable {
  /** One result a continuation, given its prompt; an empty one has no tokens. */
  judge(texts: readonly { readonly prompt: string; readonly text: string }[], signal?: AbortSignal): Promise<Judged[]>;
}

/** Logits alive at once: 64 MiB. */
const mostLogits = 2 ** 24;
/** Lengths are rounded up to these, a program each. */
const lengthStep = 16;

interface Row {
  readonly place: number;
  readonly ids: readonly number[];
  /** The first token that counts, ≥ 1. */
  readonly from: number;
}

/** Puts a model into the engine to judge texts with. Dispose it after use. */
export async function openJudge(language: LanguageModel, engine?: Engine): Promise<Judge> {
  const { model, tokenizer, generation } = language;
  const { contextLength, hiddenSize, vocabularySize } = model.config;
  const state = await createResident({ ...(await language.readWeights()) }, engine ? { engine } : {});
  const programs = cachePrograms(
    (shape: string) => {
      const [rows = 0, length = 0] = shape.split("x").map(Number);
      return compile({
        state,
        inputs: { ids: int32([rows, length]) },
        run({ state: tensors, inputs: { ids } }) {
          const weights = weightsOf(tensors as unknown as Readonly<Record<string, Tensor>>);
          const before = slice(model.hidden(weights, ids, {}), { axis: 1, end: length - 1 });
          const logits = logitsOf(model, weights, reshape(before, [rows * (length - 1), hiddenSize]));
          const next = reshape(slice(ids, { axis: 1, start: 1 }), [rows * (length - 1), 1]);
          // −log p = max l − log max p − l[next]; the largest probability cannot underflow.
          const total = sub(
            reduceMax(logits, -1, { keepDims: true }),
            log(reduceMax(softmax(logits), -1, { keepDims: true })),
          );
          return { outputs: { losses: reshape(sub(total, takeAlong(logits, next)), [-1]) } };
        },
      });
    },
    { limit: 12 },
  );

  const encode = (text: string): number[] => {
    const ids = [...tokenizer.encode(text)];
    const first = generation.bos ?? tokenizer.bos;
    return first !== undefined && ids[0] !== first ? [first, ...ids] : ids;
  };

  /** Tokens may merge across the border; those after the common beginning count. */
  function rowOf({ prompt, text }: { readonly prompt: string; readonly text: string }, place: number): Row {
    const [before, ids] = [encode(prompt), encode(prompt + text)];
    let from = 0;
    while (from < before.length && before[from] === ids[from]) from++;
    const cut = Math.max(0, ids.length - contextLength);
    return { place, ids: ids.slice(cut), from: Math.max(1, from - cut) };
  }

  return {
    async judge(texts, signal) {
      const results = texts.map((): Judged => ({ loss: 0, judged: 0 }));
      const rows = texts.map(rowOf).filter(({ place, ids, from }) => texts[place]!.text !== "" && ids.length > from);
      const byLength = new Map<number, Row[]>();
      for (const row of rows) {
        const length = Math.min(contextLength, Math.ceil(row.ids.length / lengthStep) * lengthStep);
        byLength.set(length, [...(byLength.get(length) ?? []), row]);
      }
      for (const [length, all] of byLength) {
        const most = Math.max(1, 2 ** Math.floor(Math.log2(mostLogits / (length * vocabularySize))));
        for (let at = 0; at < all.length; at += most) {
          signal?.throwIfAborted();
          const own = all.slice(at, at + most);
          const count = Math.min(most, 2 ** Math.ceil(Math.log2(own.length)));
          const ids = new Int32Array(count * length);
          for (const [i, row] of own.entries()) ids.set(row.ids, i * length);
          const program = await programs.get(`${count}x${length}`);
          const { losses } = await program.run({ ids }, signal ? { signal } : {});
          const values = losses.data as Float32Array;
          for (const [i, row] of own.entries()) {
            const start = i * (length - 1);
            const loss = values.subarray(start + row.from - 1, start + row.ids.length - 1).reduce((a, b) => a + b, 0);
            results[row.place] = { loss, judged: row.ids.length - row.from };
          }
        }
      }
      return results;
    },
    async [Symbol.asyncDispose]() {
      await programs.dispose();
      state.dispose();
    },
  };
}

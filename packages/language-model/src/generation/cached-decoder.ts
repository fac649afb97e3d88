import {
  cachePrograms,
  cast,
  compile,
  gather,
  type HostTensor,
  int32,
  lessEqual,
  mul,
  type Program,
  range,
  reshape,
  type Resident,
  sub,
  type Tensor,
} from "@offprint/tensor";
import { ContextError } from "../errors.ts";
import type { CausalLanguageModel, Weights } from "../model.ts";
import { logitsOf, weightsOf } from "../weights.ts";
import { attendToCache, cacheRows, copyCache, emptyCache, type KeyValueCache } from "./key-value-cache.ts";

/** Weights and adapters by name, in an engine. */
export type ResidentWeights = Resident<{ readonly weights: Readonly<Record<string, HostTensor>> }>;

export interface CachedDecoderOptions {
  readonly model: CausalLanguageModel;
  readonly weights: ResidentWeights;
  /** How the model reads the resident tensors; give one that adds an adapter. Default {@link weightsOf}. */
  readonly reading?: ((tensors: Readonly<Record<string, Tensor>>) => Weights) | undefined;
  /** Sequences side by side. Default 1. */
  readonly batch?: number | undefined;
  /**
   * Tokens that a sequence may come to; at most, and by default, the model's context. Dynamic and LongRoPE positions take
   * the frequencies of this length from the first token on, so that no key is turned otherwise than its query.
   */
  readonly length?: number | undefined;
}

type State = { readonly weights: Readonly<Record<string, HostTensor>>; readonly cache: KeyValueCache<HostTensor> };
const inputsOf = (batch: number, kvHeads: number, width: number) => ({
  ids: int32([batch, width]),
  positions: int32([batch, width]),
  rows: int32([batch, kvHeads, width]),
  last: int32([batch]),
});
type Step = Program<State, ReturnType<typeof inputsOf>, { readonly logits: Tensor }>;

/** A cache of one capacity, and the programs that run on it by how many tokens they read at once. */
interface Room {
  readonly capacity: number;
  readonly state: Resident<State>;
  readonly steps: { get(width: number): Promise<Step>; dispose(): Promise<void> };
}

const smallestCapacity = 256;
const widestStep = 256;
/** Added to a score that must not count: e to this is 0 in float32. */
const never = -1e30;

/** The least power of two that is not below `n`. */
const powerAbove = (n: number): number => 2 ** Math.ceil(Math.log2(n));

/**
 * Reads tokens one piece after another, and remembers keys and values of all before in the engine. Sequences of a batch may
 * have any lengths; each can be cut back to an earlier length. What it computes equals a full pass over the whole sequence.
 * Calls take turns: wait for one before the next.
 */
export class CachedDecoder implements AsyncDisposable {
  readonly batch: number;
  /** Most tokens of a sequence. */
  readonly limit: number;
  readonly #model: CausalLanguageModel;
  readonly #weights: ResidentWeights;
  readonly #reading: (tensors: Readonly<Record<string, Tensor>>) => Weights;
  #lengths: number[];
  #room: Room | undefined;

  /** @throws {ContextError} for a length that the model does not reach. */
  constructor({ model, weights, reading = weightsOf, batch = 1, length }: CachedDecoderOptions) {
    const { contextLength } = model.config;
    this.limit = length ?? contextLength;
    if (this.limit > contextLength) {
      throw new ContextError(`${this.limit} tokens exceed the model's context of ${contextLength}; extend the context`);
    }
    this.batch = batch;
    this.#model = model;
    this.#weights = weights;
    this.#reading = reading;
    this.#lengths = Array.from({ length: batch }, () => 0);
  }

  /** Tokens read of each sequence. */
  get lengths(): readonly number[] {
    return this.#lengths;
  }

  /** Bytes of keys and values. */
  get cacheBytes(): number {
    const { layers, kvHeads, headSize } = this.#model.config;
    return 2 * 4 * layers * this.batch * kvHeads * (this.#room?.capacity ?? 0) * headSize;
  }

  /** Forgets all but the first `length` tokens of a sequence. */
  truncate(sequence: number, length: number): void {
    this.#lengths[sequence] = Math.min(this.#lengths[sequence] ?? 0, length);
  }

  /**
   * Reads more tokens of each sequence.
   * @param tokens for each sequence; none where it rests.
   * @returns logits after the last of them, `[vocabulary]` each; `undefined` where there were none.
   * @throws {ContextError} when a sequence would pass the limit; nothing is read then.
   */
  async read(
    tokens: readonly ArrayLike<number>[],
    signal?: AbortSignal,
  ): Promise<(Float32Array<ArrayBuffer> | undefined)[]> {
    const ends = this.#lengths.map((length, sequence) => length + (tokens[sequence]?.length ?? 0));
    const longest = Math.max(...ends);
    if (longest > this.limit) {
      throw new ContextError(`${longest} tokens exceed the limit of ${this.limit}; shorten the text`);
    }
    const room = this.#room && longest < this.#room.capacity ? this.#room : await this.#grow(longest);
    const results: (Float32Array<ArrayBuffer> | undefined)[] = tokens.map(() => undefined);
    const most = Math.max(...tokens.map(({ length }) => length));
    for (let from = 0; from < most;) {
      signal?.throwIfAborted();
      const left = most - from;
      const width = left === 1 ? 1 : Math.min(Math.max(powerAbove(left), 16), widestStep, this.limit);
      const logits = await this.#step(room, tokens, from, width);
      for (const [sequence, { length }] of tokens.entries()) {
        if (length > from && length <= from + width) results[sequence] = logits(sequence);
      }
      from += width;
    }
    return results;
  }

  /** One pass over `tokens[from … from + width)` of each sequence. */
  async #step(
    { capacity, steps }: Room,
    tokens: readonly ArrayLike<number>[],
    from: number,
    width: number,
  ): Promise<(sequence: number) => Float32Array<ArrayBuffer>> {
    const { batch } = this;
    const { kvHeads, vocabularySize } = this.#model.config;
    const ids = new Int32Array(batch * width);
    const positions = new Int32Array(batch * width);
    // Padding writes to the last place, which no token sees.
    const places = new Int32Array(batch * width).fill(capacity - 1);
    const last = new Int32Array(batch);
    const ends = [...this.#lengths];
    for (let sequence = 0; sequence < batch; sequence++) {
      const given = tokens[sequence] ?? [];
      const count = Math.min(Math.max(given.length - from, 0), width);
      const start = this.#lengths[sequence] ?? 0;
      for (let i = 0; i < count; i++) {
        ids[sequence * width + i] = given[from + i] ?? 0;
        places[sequence * width + i] = positions[sequence * width + i] = start + i;
      }
      last[sequence] = sequence * width + Math.max(count - 1, 0);
      ends[sequence] = start + count;
    }
    const step = await steps.get(width);
    const { logits } = await step.run({ ids, positions, rows: cacheRows(places, width, kvHeads, capacity), last });
    this.#lengths = ends;
    const all = logits.data as Float32Array<ArrayBuffer>;
    return (sequence) => all.slice(sequence * vocabularySize, (sequence + 1) * vocabularySize);
  }

  /** Moves to a cache with room for `length` tokens and some more. */
  async #grow(length: number): Promise<Room> {
    const { config } = this.#model;
    // One place more than tokens: the last one takes what padding writes.
    const capacity = Math.min(Math.max(powerAbove(length + 1), smallestCapacity), this.limit + 1);
    const old = this.#room;
    const kept = old && ((await old.state.read("cache")) as KeyValueCache<HostTensor>);
    await this.#free();
    const { batch } = this;
    const empty = emptyCache(config, { batch, capacity });
    if (kept) copyCache(kept, old.capacity, empty, capacity, config.headSize);
    const state = (await this.#weights.extend({ cache: empty })) as unknown as Resident<State>;
    const steps = cachePrograms((width: number) => this.#compile(state, capacity, width), { limit: 6 });
    this.#room = { capacity, state, steps };
    return this.#room;
  }

  #compile(state: Resident<State>, capacity: number, width: number): Promise<Step> {
    const [model, { batch, limit }] = [this.#model, this];
    const { kvHeads, hiddenSize, rope } = model.config;
    const dependent = rope?.kind === "dynamic" || rope?.kind === "longrope";
    return compile<State, ReturnType<typeof inputsOf>, { readonly logits: Tensor }>({
      state,
      inputs: inputsOf(batch, kvHeads, width),
      run: ({ state, inputs }) => {
        const { ids, positions, rows, last } = inputs;
        const { weights: tensors, cache } = state as unknown as {
          weights: Readonly<Record<string, Tensor>>;
          cache: KeyValueCache<Tensor>;
        };
        const weights = this.#reading(tensors);
        const places = cast(range(capacity), "int32");
        const visible = cast(lessEqual(places, reshape(positions, [batch, 1, width, 1])), "float32");
        const mask = mul(sub(1, visible), never); // [batch, 1, width, capacity]
        const next: Record<string, { keys: Tensor; values: Tensor }> = {};
        const hidden = model.hidden(weights, ids, {
          positions,
          contextLength: dependent ? limit : Math.min(capacity, limit),
          attend: attendToCache(cache, rows, mask, next),
        });
        const chosen = gather(reshape(hidden, [batch * width, hiddenSize]), last); // [batch, hidden]
        return { state: { cache: next }, outputs: { logits: logitsOf(model, weights, chosen) } };
      },
    });
  }

  async #free(): Promise<void> {
    const room = this.#room;
    this.#room = undefined;
    await room?.steps.dispose();
    room?.state.dispose();
  }

  /** Gives back the cache and the programs; the weights stay. */
  async dispose(): Promise<void> {
    await this.#free();
    this.#lengths.fill(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

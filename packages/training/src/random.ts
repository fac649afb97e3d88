import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import { InvalidOptionError, requireInteger } from "./errors.ts";
import { fillNormal } from "./normal.ts";

/** Everything a stream remembers: four signed 32-bit words, safe to keep as JSON. */
export type RandomState = readonly [number, number, number, number];

/**
 * A stream of random numbers, xoroshiro128+ underneath.
 *
 * The same seed and name give the same bits on every machine and JavaScript engine: only integer operations and the
 * correctly rounded `+ - * / sqrt` are used, never `Math.log` or `Math.cos`, whose last bits differ between engines.
 * Streams of different names are independent, so a new consumer with its own name shifts nobody else's numbers.
 */
export class RandomStream {
  readonly #generator: RandomGenerator;

  private constructor(state: RandomState) {
    this.#generator = xoroshiro128plusFromState(state);
  }

  /**
   * @param seed whole number ≥ 0, of the run.
   * @param name who draws: "init", "shuffle", "dropout", …
   */
  static create(seed: number, name: string): RandomStream {
    requireInteger("seed", seed, 0);
    const text = `${seed}/${name}`;
    return new RandomStream([hash(text, 1), hash(text, 2), hash(text, 3), hash(text, 4)]);
  }

  /** Continues exactly where `getState` was called. */
  static fromState(state: RandomState): RandomStream {
    const sound = Array.isArray(state) && state.length === 4 && state.every((word) => word === (word | 0));
    if (!sound || state.every((word) => word === 0)) {
      throw new InvalidOptionError("random state", JSON.stringify(state), "four 32-bit integers, not all 0");
    }
    return new RandomStream(state);
  }

  getState(): RandomState {
    const [a = 0, b = 0, c = 0, d = 0] = this.#generator.getState();
    return [a, b, c, d];
  }

  /** Uniform in [0, 1) with 53 random bits. */
  uniform(): number {
    const high = this.#generator.next() >>> 5;
    return (high * 2 ** 26 + (this.#generator.next() >>> 6)) * 2 ** -53;
  }

  /** Uniform whole number in [0, `count`), without bias; `count` in [1, 2³²]. */
  integer(count: number): number {
    if (!(count >= 1 && count <= 2 ** 32)) throw new InvalidOptionError("count", count, "from 1 to 2^32");
    const share = Math.floor(2 ** 32 / count);
    for (;;) {
      const value = Math.floor((this.#generator.next() >>> 0) / share);
      if (value < count) return value;
    }
  }

  /** Standard normal: mean 0, deviation 1. */
  normal(): number {
    const [value = 0] = this.fillNormal(new Float64Array(1));
    return value;
  }

  /** Fills with numbers uniform in [low, high]; 32 random bits each, `high` itself only by rounding to float32. */
  fillUniform<T extends Float32Array | Float64Array>(target: T, low: number, high: number): T {
    const generator = this.#generator;
    const scale = (high - low) * 2 ** -32;
    for (let i = 0; i < target.length; i++) target[i] = low + (generator.next() >>> 0) * scale;
    return target;
  }

  /** Fills with normal numbers, the same as as many calls of `normal`. */
  fillNormal<T extends Float32Array | Float64Array>(target: T, mean = 0, deviation = 1): T {
    fillNormal(target, this.#generator, mean, deviation);
    return target;
  }

  /** Puts `items` into a random order in place (Fisher–Yates); each of the n! orders is equally likely. */
  shuffle<T extends Int32Array | unknown[]>(items: T): T {
    for (let last = items.length - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      const held = items[last];
      items[last] = items[other];
      items[other] = held;
    }
    return items;
  }
}

/** 32-bit hash of a text: characters multiplied in one by one, then MurmurHash3's finaliser so that every bit counts. */
function hash(text: string, salt: number): number {
  let value = Math.imul(salt, 0x9e3779b1);
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0xcc9e2d51);
    value = (value << 13) | (value >>> 19);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return value ^ (value >>> 16);
}

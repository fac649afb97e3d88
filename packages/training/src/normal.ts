import type { RandomGenerator } from "pure-rand/types/RandomGenerator";

/**
 * Normal numbers by the ziggurat of Marsaglia & Tsang (2000): the bell curve is covered by 128 layers of equal area, so
 * that 99 of 100 numbers cost one draw, one product and one comparison.
 */
const LAYERS = 128;
/** Where the tail begins, and the area of a layer, for 128 layers: the two constants of the paper. */
const TAIL = 3.442619855899;
const AREA = 9.91256303526217e-3;

/** Right edge of each layer, from the tail inwards, and the curve exp(−x²/2) at that edge. */
const edges = new Float64Array(LAYERS + 1);
const heights = new Float64Array(LAYERS + 1);
heights[1] = 0.002669629083880923; // exp(−TAIL²/2)
edges[0] = AREA / heights[1];
edges[1] = TAIL;
for (let layer = 2; layer < LAYERS; layer++) {
  const height = at(heights, layer - 1) + AREA / at(edges, layer - 1);
  heights[layer] = height;
  edges[layer] = Math.sqrt(-2 * portableLog(height));
}
heights[LAYERS] = 1;

/** Fills with `mean + deviation · z`, z standard normal. `generator` gives uniform signed 32-bit integers. */
export function fillNormal(
  target: Float32Array | Float64Array,
  generator: RandomGenerator,
  mean: number,
  deviation: number,
): void {
  for (let i = 0; i < target.length; i++) {
    for (;;) {
      const bits = generator.next();
      const layer = bits >>> 25;
      const x = ((bits << 7) >> 7) * 2 ** -24 * at(edges, layer); // the remaining 25 bits, sign included
      if (Math.abs(x) < at(edges, layer + 1) || (layer > 0 && underCurve(x, layer, generator))) {
        target[i] = mean + deviation * x;
        break;
      }
      if (layer === 0) {
        target[i] = mean + deviation * (x < 0 ? -tail(generator) : tail(generator));
        break;
      }
    }
  }
}

/** Whether a random height within the layer lies under the curve at `x`; compared as logarithms. */
function underCurve(x: number, layer: number, generator: RandomGenerator): boolean {
  const low = at(heights, layer);
  return portableLog(low + uniformOpen(generator) * (at(heights, layer + 1) - low)) < -0.5 * x * x;
}

/** A number beyond TAIL, by rejection from an exponential distribution. */
function tail(generator: RandomGenerator): number {
  for (;;) {
    const beyond = -portableLog(uniformOpen(generator)) / TAIL;
    if (-2 * portableLog(uniformOpen(generator)) > beyond * beyond) return TAIL + beyond;
  }
}

/** Uniform in (0, 1), both ends excluded. */
function uniformOpen(generator: RandomGenerator): number {
  return ((generator.next() >>> 0) + 0.5) * 2 ** -32;
}

function at(table: Float64Array, index: number): number {
  return table[index] ?? 0;
}

/** Natural logarithm of 0 < x < 1 to a few units in the last place, the same bits in every JavaScript engine. */
export function portableLog(x: number): number {
  let mantissa = x;
  let exponent = 0;
  for (; mantissa < Math.SQRT1_2; exponent--) mantissa *= 2;
  // log m = 2 artanh f = 2 (f + f³/3 + f⁵/5 + …) with f = (m − 1)/(m + 1), so |f| ≤ 0.172: ten terms reach 1e-16.
  const f = (mantissa - 1) / (mantissa + 1);
  let series = 0;
  for (let odd = 19; odd >= 1; odd -= 2) series = series * f * f + 1 / odd;
  return exponent * Math.LN2 + 2 * f * series;
}

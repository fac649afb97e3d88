/** Rotary position embeddings and the ways to stretch them: from a config's settings to frequencies and cosines. */
import type { HostTensor } from "@offprint/tensor";
import { hostTensor } from "@offprint/tensor";

/** Settings of rotary positions; L stands for the context that the model was first trained at. */
export type RopeConfig = RopeBase &
  (
    | { readonly kind: "default" }
    /** Position interpolation: every position divided by `factor`. Chen et al. 2023 (arXiv:2306.15595). */
    | { readonly kind: "linear"; readonly factor: number }
    /** The base grows with the length beyond L; it has no length of its own and suits no training. */
    | { readonly kind: "dynamic"; readonly factor: number }
    | YarnConfig
    | Llama3Config
    | LongRopeConfig
  );

interface RopeBase {
  /** θ: frequency i of d/2 is θ^(−2i/d). */
  readonly base: number;
  /** L, in tokens. */
  readonly originalContext: number;
}

/** Low frequencies interpolated, high ones kept, a ramp between. Peng et al. 2023 (arXiv:2309.00071). */
interface YarnConfig {
  readonly kind: "yarn";
  readonly factor: number;
  /** Turns within L above which a frequency is kept; 32 where absent. */
  readonly betaFast?: number;
  /** Turns within L below which a frequency is divided by the factor; 1 where absent. */
  readonly betaSlow?: number;
  /** Multiplies cosines and sines; 0.1·ln(factor) + 1 where absent. */
  readonly attentionFactor?: number;
  /** With both given the attention factor is the ratio of (0.1·m·ln(factor) + 1) for these two m. */
  readonly mscale?: number;
  readonly mscaleAllDim?: number;
  /** Whether the ramp's ends are rounded outwards to whole frequencies; true where absent. */
  readonly truncate?: boolean;
}

/** Wavelengths above L / low divided by the factor, below L / high kept, blended between: Llama 3.1. */
interface Llama3Config {
  readonly kind: "llama3";
  readonly factor: number;
  readonly lowFrequencyFactor: number;
  readonly highFrequencyFactor: number;
}

/** A searched divisor for each frequency. Ding et al. 2024 (arXiv:2402.13753). */
interface LongRopeConfig {
  readonly kind: "longrope";
  /** `[d / 2]`, used up to L. */
  readonly shortFactor: readonly number[];
  /** `[d / 2]`, used beyond L. */
  readonly longFactor: readonly number[];
  /** Extended context / L. */
  readonly factor: number;
  /** √(1 + ln(factor) / ln(L)) where absent. */
  readonly attentionFactor?: number;
}

/** θ · s^(d/(d−2)): the base whose lowest frequency is stretched by s while the highest stays ("NTK-aware" scaling). */
export function ntkBase(base: number, scale: number, headSize: number): number {
  return base * scale ** (headSize / (headSize - 2));
}

/**
 * What rotary positions turn by.
 * @param headSize d, even.
 * @param length tokens that the positions reach; dynamic and LongRoPE frequencies depend on it.
 * @returns `inverse` `[d / 2]`, radians a position; `attentionFactor` multiplies cosines and sines.
 */
export function ropeFrequencies(
  config: RopeConfig,
  headSize: number,
  length: number,
): { readonly inverse: Float64Array; readonly attentionFactor: number } {
  const { originalContext } = config;
  const plain = frequencies(config.base, headSize);
  switch (config.kind) {
    case "linear":
      return { inverse: plain.map((frequency) => frequency / config.factor), attentionFactor: 1 };
    case "dynamic": {
      const { factor } = config;
      const scale = (factor * Math.max(length, originalContext)) / originalContext - (factor - 1);
      return { inverse: frequencies(ntkBase(config.base, scale, headSize), headSize), attentionFactor: 1 };
    }
    case "yarn":
      return { inverse: yarnFrequencies(config, plain), attentionFactor: yarnAttention(config) };
    case "llama3":
      return { inverse: plain.map((frequency) => llama3Frequency(config, frequency)), attentionFactor: 1 };
    case "longrope": {
      const divisors = length > originalContext ? config.longFactor : config.shortFactor;
      const usual = config.factor > 1 ? Math.sqrt(1 + Math.log(config.factor) / Math.log(originalContext)) : 1;
      const inverse = plain.map((frequency, i) => frequency / (divisors[i] ?? NaN));
      return { inverse, attentionFactor: config.attentionFactor ?? usual };
    }
    default:
      return { inverse: plain, attentionFactor: 1 };
  }
}

const frequencies = (base: number, headSize: number): Float64Array =>
  Float64Array.from({ length: headSize / 2 }, (_, i) => base ** ((-2 * i) / headSize));

function yarnFrequencies(config: RopeBase & YarnConfig, plain: Float64Array): Float64Array {
  const { base, originalContext, factor, betaFast = 32, betaSlow = 1, truncate = true } = config;
  const size = 2 * plain.length;
  // The (fractional) index of the frequency that turns `turns` times within L.
  const indexOf = (turns: number) => (size * Math.log(originalContext / (2 * Math.PI * turns))) / (2 * Math.log(base));
  const [fast, slow] = [indexOf(betaFast), indexOf(betaSlow)];
  const low = Math.max(truncate ? Math.floor(fast) : fast, 0);
  const high = Math.min(truncate ? Math.ceil(slow) : slow, size - 1);
  const width = high === low ? 0.001 : high - low;
  return plain.map((frequency, i) => {
    const ramp = Math.min(Math.max((i - low) / width, 0), 1);
    return (frequency / factor) * ramp + frequency * (1 - ramp);
  });
}

function yarnAttention({ factor, attentionFactor, mscale, mscaleAllDim }: YarnConfig): number {
  const scaled = (m: number) => (factor <= 1 ? 1 : 0.1 * m * Math.log(factor) + 1);
  if (attentionFactor !== undefined) return attentionFactor;
  return mscale && mscaleAllDim ? scaled(mscale) / scaled(mscaleAllDim) : scaled(1);
}

function llama3Frequency(config: RopeBase & Llama3Config, frequency: number): number {
  const { originalContext, factor, lowFrequencyFactor: low, highFrequencyFactor: high } = config;
  const turns = (originalContext * frequency) / (2 * Math.PI);
  if (turns > high) return frequency;
  if (turns < low) return frequency / factor;
  const kept = (turns - low) / (high - low);
  return ((1 - kept) * frequency) / factor + kept * frequency;
}

/** Cosines and sines of the positions 0 … length−1, computed in float64: each `[length, headSize]`, every angle twice. */
export function ropeTable(
  config: RopeConfig,
  headSize: number,
  length: number,
): { readonly cos: HostTensor; readonly sin: HostTensor } {
  const { inverse, attentionFactor } = ropeFrequencies(config, headSize, length);
  const half = headSize / 2;
  const cos = new Float32Array(length * headSize);
  const sin = new Float32Array(length * headSize);
  for (let position = 0; position < length; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position * (inverse[i] ?? 0);
      const at = position * headSize + i;
      cos[at] = cos[at + half] = Math.cos(angle) * attentionFactor;
      sin[at] = sin[at + half] = Math.sin(angle) * attentionFactor;
    }
  }
  const shape = [length, headSize];
  return { cos: hostTensor(cos, shape), sin: hostTensor(sin, shape) };
}

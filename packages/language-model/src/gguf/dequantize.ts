/** From the element types of GGUF files to float32: half floats, and integers that share a scale by blocks of 32. */
import { fromBfloat16, fromFloat16 } from "../half-precision.ts";

/** How an element type lies in the file. */
export interface GgufType {
  readonly name: string;
  /** Values a block. */
  readonly values: number;
  /** Bytes a block. */
  readonly bytes: number;
  /** The values of whole blocks. */
  readonly read: (stored: Uint8Array<ArrayBuffer>) => Float32Array;
}

/** 16-bit words of the bytes, which may begin anywhere. */
const words = (stored: Uint8Array<ArrayBuffer>): Uint16Array => new Uint16Array(stored.slice().buffer);

/** The half float at `offset` in each block of `size` bytes. */
function halves(stored: Uint8Array, size: number, offset: number): Float32Array {
  const bits = new Uint16Array(stored.length / size);
  for (let block = 0, at = offset; block < bits.length; block++, at += size) {
    bits[block] = (stored[at] ?? 0) | ((stored[at + 1] ?? 0) << 8);
  }
  return fromFloat16(bits);
}

/**
 * Blocks of 32 integers 0 … 15: 16 bytes hold the first 16 in their low four bits, the others in their high ones.
 * value = scale · (integer − zero) + minimum, each step rounded to float32 as GGUF's own programs do.
 */
function readNibbles(
  stored: Uint8Array,
  size: number,
  zero: number,
  scales: Float32Array,
  minima?: Float32Array,
): Float32Array {
  const values = new Float32Array(scales.length * 32);
  for (let block = 0; block < scales.length; block++) {
    const [scale, minimum] = [scales[block] ?? 0, minima?.[block] ?? 0];
    for (let i = 0, at = block * 32, from = (block + 1) * size - 16; i < 16; i++) {
      const byte = stored[from + i] ?? 0;
      values[at + i] = Math.fround(scale * ((byte & 15) - zero)) + minimum;
      values[at + 16 + i] = Math.fround(scale * ((byte >>> 4) - zero)) + minimum;
    }
  }
  return values;
}

function readBytes(stored: Uint8Array, size: number): Float32Array {
  const scales = halves(stored, size, 0);
  const values = new Float32Array(scales.length * 32);
  for (let block = 0; block < scales.length; block++) {
    const scale = scales[block] ?? 0;
    for (let i = 0, at = block * 32, from = block * size + 2; i < 32; i++) {
      values[at + i] = scale * (((stored[from + i] ?? 0) << 24) >> 24);
    }
  }
  return values;
}

/** By the number that the format gives each type; other numbers are not supported. */
export const ggufTypes: Readonly<Record<number, GgufType>> = {
  0: { name: "F32", values: 1, bytes: 4, read: (stored) => new Float32Array(stored.slice().buffer) },
  1: { name: "F16", values: 1, bytes: 2, read: (stored) => fromFloat16(words(stored)) },
  2: { name: "Q4_0", values: 32, bytes: 18, read: (stored) => readNibbles(stored, 18, 8, halves(stored, 18, 0)) },
  3: {
    name: "Q4_1",
    values: 32,
    bytes: 20,
    read: (stored) => readNibbles(stored, 20, 0, halves(stored, 20, 0), halves(stored, 20, 2)),
  },
  8: { name: "Q8_0", values: 32, bytes: 34, read: (stored) => readBytes(stored, 34) },
  30: { name: "BF16", values: 1, bytes: 2, read: (stored) => fromBfloat16(words(stored)) },
};

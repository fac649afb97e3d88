/** The two 16-bit float formats, as bits. */
import type { StoredTensor } from "@offprint/training";

const f32 = new Float32Array(1);
const u32 = new Uint32Array(f32.buffer);

/** The value of every binary16 bit pattern. */
const float16Values: Float32Array = Float32Array.from({ length: 2 ** 16 }, (_, bits) => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
});

/** binary16 bits → float32, exactly. */
export function fromFloat16(bits: Uint16Array): Float32Array {
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = float16Values[bits[i] ?? 0] ?? 0;
  return values;
}

/** bfloat16 bits → float32, exactly: the upper half of its bits. */
export function fromBfloat16(bits: Uint16Array): Float32Array {
  const values = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = (bits[i] ?? 0) << 16;
  return new Float32Array(values.buffer);
}

/** The values of a stored tensor as float32, exactly; `undefined` where its element type is no float. */
export function storedAsFloat32({ dtype, data }: StoredTensor): Float32Array | undefined {
  if (data instanceof Float32Array) return data;
  if (dtype === "F16") return fromFloat16(data as Uint16Array);
  return dtype === "BF16" ? fromBfloat16(data as Uint16Array) : undefined;
}

/** float32 → binary16 bits: to the nearest, ties to even; beyond 65504 infinity. */
export function toFloat16(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, float16Bits);
}

function float16Bits(value: number): number {
  f32[0] = value;
  const bits = u32[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const rest = bits & 0x7fffffff;
  if (rest > 0x7f800000) return sign | 0x7e00; // not a number
  if (rest >= 0x477ff000) return sign | 0x7c00; // rounds to 65536 or more
  // Below 2^-14 all binary16 numbers lie 2^-24 apart; adding 0.5 makes float32 round to that spacing.
  if (rest < 0x38800000) {
    f32[0] = Math.abs(value) + 0.5;
    return sign | ((u32[0] ?? 0) - 0x3f000000);
  }
  const odd = (rest >>> 13) & 1;
  return sign | ((rest - 0x38000000 + 0xfff + odd) >>> 13);
}

/** float32 → bfloat16 bits: to the nearest, ties to even. */
export function toBfloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, (word) => {
    if ((word & 0x7fffffff) > 0x7f800000) return (word >>> 16) | 0x40;
    return (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  });
}

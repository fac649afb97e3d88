/** Sixteen-bit numbers of weight files, as bits. */
import type { StoredArray, StoredDType, StoredTensor } from "@offprint/training";

/** Element types that a model's weights are written in. */
export type WeightDType = "float32" | "float16" | "bfloat16";

export const storedWeightTypes: { readonly [D in WeightDType]: StoredDType } = {
  float32: "F32",
  float16: "F16",
  bfloat16: "BF16",
};

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

function bfloat16Bits(value: number): number {
  scratch[0] = value;
  const bits = scratchBits[0] ?? 0;
  if (Number.isNaN(value)) return (bits >>> 16) | 0x40;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16; // to the nearest, of two equally near to the even one
}

function float16Bits(value: number): number {
  scratch[0] = value;
  const bits = scratchBits[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00;
  if (size >= 0x477ff000) return sign | 0x7c00; // rounds to 65,536 or more
  if (size >= 0x38800000) return sign | ((size - 0x38000000 + 0xfff + ((size >>> 13) & 1)) >>> 13);
  const units = Math.abs(scratch[0]) * 2 ** 24; // subnormal: whole multiples of 2⁻²⁴
  const low = Math.floor(units);
  const rest = units - low;
  return sign | (rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low);
}

/** float32 values rounded once, to the nearest. */
export function toStored(values: Float32Array, dtype: WeightDType): StoredArray {
  if (dtype === "float32") return values;
  return Uint16Array.from(values, dtype === "float16" ? float16Bits : bfloat16Bits);
}

function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction > 0 ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

/** Stored weights as float32; nothing for another element type. */
export function toFloat32({ dtype, data }: StoredTensor): Float32Array | undefined {
  if (data instanceof Float32Array) return data;
  if (dtype === "F16") return Float32Array.from(data as Uint16Array, fromFloat16);
  if (dtype === "BF16") return new Float32Array(Uint32Array.from(data as Uint16Array, (bits) => bits << 16).buffer);
  return undefined;
}

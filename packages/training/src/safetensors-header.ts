import { TrainingError } from "./errors.ts";

/** Element types that can be stored, by the names of the format. */
export type StoredDType = "F32" | "F16" | "BF16" | "I32" | "I64" | "U8" | "BOOL";

export type StoredArray = Float32Array | Uint16Array | Int32Array | BigInt64Array | Uint8Array;

interface StoredArrayType {
  new (buffer: ArrayBuffer): StoredArray;
  readonly BYTES_PER_ELEMENT: number;
}

/** The array that holds each element type here. */
export const storedArrays: { readonly [D in StoredDType]: StoredArrayType } = {
  F32: Float32Array,
  /** Bits of IEEE 754 binary16. */
  F16: Uint16Array,
  /** Bits of bfloat16: the upper half of a float32. */
  BF16: Uint16Array,
  I32: Int32Array,
  I64: BigInt64Array,
  U8: Uint8Array,
  /** One byte a value, 0 or 1. */
  BOOL: Uint8Array,
};

/** A tensor's entry in a safetensors file. */
export interface StoredTensorInfo {
  readonly name: string;
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
  /** First byte and the byte after the last, counted from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** Free text pairs, the `__metadata__` entry. */
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of their bytes. */
  readonly tensors: ReadonlyMap<string, StoredTensorInfo>;
}

/** Bytes of the length field in front of the header. */
export const LENGTH_BYTES = 8;
/** Longest header that is accepted, the limit of the reference implementation: a guard against nonsense lengths. */
export const MAX_HEADER_BYTES = 100_000_000;

/** What is wrong with a safetensors file. */
export type SafetensorsProblem =
  | "TRUNCATED"
  | "HEADER_TOO_LARGE"
  | "HEADER_NOT_JSON"
  | "DUPLICATE_NAME"
  | "BAD_ENTRY"
  | "UNKNOWN_DTYPE"
  | "BAD_OFFSETS"
  | "EXTRA_BYTES"
  | "MISSING_TENSOR";

/** A safetensors file is cut off, damaged, or not one. */
export class SafetensorsError extends TrainingError {
  override readonly name = "SafetensorsError";
  readonly code = "SAFETENSORS";
  readonly path: string;
  readonly problem: SafetensorsProblem;
  /** The tensor in question, where it is one. */
  readonly tensor: string | undefined;

  constructor(path: string, problem: SafetensorsProblem, detail: string, tensor?: string, options?: ErrorOptions) {
    super(`${path}: ${tensor === undefined ? "" : `tensor "${tensor}": `}${detail}`, options);
    this.path = path;
    this.problem = problem;
    this.tensor = tensor;
  }
}

/** Number of bytes of a tensor. */
export function storedBytes(dtype: StoredDType, shape: readonly number[]): number {
  return shape.reduce((count, length) => count * length, storedArrays[dtype].BYTES_PER_ELEMENT);
}

/** Length field and header as bytes, padded with spaces so that the data begin at a multiple of 8. */
export function encodeHeader(
  tensors: Iterable<StoredTensorInfo>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const entries = Array.from(tensors, ({ name, dtype, shape, begin, end }) => {
    return [name, { dtype, shape, data_offsets: [begin, end] }] as const;
  });
  const head = Object.keys(metadata).length > 0 ? [["__metadata__", metadata] as const] : [];
  // Written pair by pair: an object would move names that look like whole numbers to the front.
  const pairs = [...head, ...entries].map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const text = new TextEncoder().encode(`{${pairs.join(",")}}`);
  const length = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, LENGTH_BYTES);
  return bytes;
}

/**
 * Reads and checks a header.
 * @param path named in errors.
 * @param bytes the header without its length field.
 * @param dataBytes size of the data that follow it.
 * @throws {SafetensorsError} unless the tensors lie within the data, gapless and without overlap, and fill them.
 */
export function parseHeader(path: string, bytes: Uint8Array, dataBytes: number): SafetensorsHeader {
  const entries = headerEntries(path, bytes);
  const metadata = entries.get("__metadata__") ?? {};
  entries.delete("__metadata__");
  if (!isTexts(metadata)) {
    throw new SafetensorsError(path, "BAD_ENTRY", "__metadata__ must map names to texts");
  }
  const tensors = Array.from(entries, ([name, entry]) => parseEntry(path, name, entry));
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let reached = 0;
  for (const { name, begin, end } of tensors) {
    if (begin !== reached) {
      const fault = begin > reached ? `leaves a hole after byte ${reached}` : `overlaps the bytes before ${reached}`;
      throw new SafetensorsError(path, "BAD_OFFSETS", `begins at data byte ${begin} and ${fault}`, name);
    }
    if (end > dataBytes) {
      const detail = `ends at data byte ${end} but the file holds ${dataBytes}: it is cut off`;
      throw new SafetensorsError(path, "TRUNCATED", detail, name);
    }
    reached = end;
  }
  if (reached < dataBytes) {
    throw new SafetensorsError(path, "EXTRA_BYTES", `${dataBytes - reached} bytes follow the last tensor`);
  }
  return {
    metadata,
    tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
  };
}

function headerEntries(path: string, bytes: Uint8Array): Map<string, unknown> {
  let parsed: unknown;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    parsed = JSON.parse(text);
  } catch (cause) {
    const detail = "the header is not valid JSON: the file is damaged or no safetensors file";
    throw new SafetensorsError(path, "HEADER_NOT_JSON", detail, undefined, { cause });
  }
  if (!isRecord(parsed)) throw new SafetensorsError(path, "HEADER_NOT_JSON", "the header is not a JSON object");
  const twice = repeatedKey(text);
  if (twice !== undefined) throw new SafetensorsError(path, "DUPLICATE_NAME", "is listed twice", twice);
  return new Map(Object.entries(parsed));
}

/** A key of a JSON object as written that comes twice, which `JSON.parse` would silently drop. */
function repeatedKey(json: string): string | undefined {
  const seen = new Set<unknown>();
  let depth = 0;
  for (const [token, text, colon] of json.matchAll(/("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|[{}[\]]/g)) {
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    else if (depth === 1 && colon !== undefined) {
      const key: unknown = JSON.parse(text ?? "");
      if (seen.has(key)) return String(key);
      seen.add(key);
    }
  }
  return undefined;
}

function parseEntry(path: string, name: string, entry: unknown): StoredTensorInfo {
  const fail = (problem: SafetensorsProblem, detail: string): never => {
    throw new SafetensorsError(path, problem, detail, name);
  };
  if (!isRecord(entry)) return fail("BAD_ENTRY", "its entry is not an object");
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isStoredDType(dtype)) {
    return fail(
      "UNKNOWN_DTYPE",
      `element type ${JSON.stringify(dtype)} is none of ${Object.keys(storedArrays).join(", ")}`,
    );
  }
  if (!isCounts(shape)) return fail("BAD_ENTRY", "its shape is not a list of whole numbers");
  if (!isCounts(offsets) || offsets.length !== 2)
    return fail("BAD_ENTRY", "its data_offsets are not two whole numbers");
  const [begin = 0, end = 0] = offsets;
  const wanted = storedBytes(dtype, shape);
  if (end - begin !== wanted) {
    return fail(
      "BAD_OFFSETS",
      `its offsets span ${end - begin} bytes but ${dtype} [${shape.join(", ")}] takes ${wanted}`,
    );
  }
  return { name, dtype: dtype, shape, begin, end };
}

function isTexts(value: unknown): value is Record<string, string> {
  return isRecord(value) && Object.values(value).every((text) => typeof text === "string");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value names an element type of the format that is known here. */
export function isStoredDType(value: unknown): value is StoredDType {
  return typeof value === "string" && Object.hasOwn(storedArrays, value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((length) => Number.isSafeInteger(length) && length >= 0);
}

import { open, type FileHandle } from "node:fs/promises";
import { type DType, type HostTensor } from "@offprint/tensor";
import { readInto, writeDurably, type FileDigest } from "./durable-file.ts";
import { InvalidOptionError } from "./errors.ts";
import {
  encodeHeader,
  isStoredDType,
  LENGTH_BYTES,
  MAX_HEADER_BYTES,
  parseHeader,
  SafetensorsError,
  storedArrays,
  storedBytes,
  type SafetensorsHeader,
  type StoredArray,
  type StoredDType,
  type StoredTensorInfo,
} from "./safetensors-header.ts";

/** A tensor in the terms of the file format; `data` holds the product of `shape` values, row-major. */
export interface StoredTensor {
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
  readonly data: StoredArray;
}

/** A tensor still to be fetched: its values are asked for when their turn to be written comes. */
export interface TensorSource {
  readonly name: string;
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
  read(): StoredArray | Promise<StoredArray>;
}

const storedNames: { readonly [D in DType]: StoredDType } = {
  float32: "F32",
  float16: "F16",
  int32: "I32",
  int64: "I64",
  bool: "BOOL",
};

const hostDTypes: { readonly [D in StoredDType]?: DType } = {
  F32: "float32",
  F16: "float16",
  I32: "int32",
  I64: "int64",
  BOOL: "bool",
};

/** The format's name of an element type. */
export function storedDType(dtype: DType): StoredDType {
  return storedNames[dtype];
}

/** Tensors at hand as sources, by name. */
export function tensorSources(tensors: Readonly<Record<string, StoredTensor | HostTensor>>): TensorSource[] {
  return Object.entries(tensors).map(([name, { dtype, shape, data }]) => {
    return { name, dtype: isStoredDType(dtype) ? dtype : storedDType(dtype), shape, read: () => data };
  });
}

/**
 * Writes a safetensors file, one tensor after another: only one is in memory at a time. The file appears under its name
 * when it is complete and on disk, or not at all (see `writeDurably`).
 * @param metadata free text pairs.
 */
export async function writeSafetensors(
  path: string,
  sources: readonly TensorSource[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<FileDigest> {
  // Wide elements first, as the reference implementation does: then every tensor begins at a multiple of its element size.
  const ordered = sources.toSorted((a, b) => elementBytes(b.dtype) - elementBytes(a.dtype));
  const names = new Set<string>();
  let reached = 0;
  const entries: StoredTensorInfo[] = [];
  for (const { name, dtype, shape } of ordered) {
    if (names.has(name) || name === "__metadata__") {
      throw new InvalidOptionError("tensor name", name, 'given once and not be "__metadata__"');
    }
    names.add(name);
    const begin = reached;
    reached += storedBytes(dtype, shape);
    entries.push({ name, dtype, shape, begin, end: reached });
  }
  const header = encodeHeader(entries, metadata);
  return await writeDurably(path, async (sink) => {
    await sink(header);
    for (const source of ordered) {
      const data = await source.read();
      const wanted = storedBytes(source.dtype, source.shape);
      if (!(data instanceof storedArrays[source.dtype]) || data.byteLength !== wanted) {
        const came = `${data.constructor.name} of ${data.byteLength} bytes`;
        throw new InvalidOptionError(`data of "${source.name}"`, came, `${wanted} bytes of ${source.dtype}`);
      }
      await sink(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  });
}

/** An open safetensors file: the header is read and checked, values are read when asked for. Close it after use. */
export class SafetensorsFile implements SafetensorsHeader, AsyncDisposable {
  readonly path: string;
  readonly metadata: SafetensorsHeader["metadata"];
  readonly tensors: SafetensorsHeader["tensors"];
  readonly #file: FileHandle;
  readonly #dataStart: number;

  private constructor(path: string, file: FileHandle, header: SafetensorsHeader, dataStart: number) {
    this.path = path;
    this.metadata = header.metadata;
    this.tensors = header.tensors;
    this.#file = file;
    this.#dataStart = dataStart;
  }

  /** @throws {SafetensorsError} when the file is cut off, damaged or something else. */
  static async open(path: string): Promise<SafetensorsFile> {
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      const length = await readHeaderLength(path, file, size);
      const bytes = new Uint8Array(length);
      await readFully(path, file, bytes, LENGTH_BYTES);
      const dataStart = LENGTH_BYTES + length;
      return new SafetensorsFile(path, file, parseHeader(path, bytes, size - dataStart), dataStart);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The values of one tensor, in memory of their own. @throws {SafetensorsError} when there is none of that name. */
  async read(name: string): Promise<StoredTensor> {
    const info = this.tensors.get(name);
    if (info === undefined) {
      const known = [...this.tensors.keys()].slice(0, 10).join(", ");
      throw new SafetensorsError(
        this.path,
        "MISSING_TENSOR",
        `is not in this file; it begins with ${known || "nothing"}`,
        name,
      );
    }
    const bytes = new Uint8Array(info.end - info.begin);
    await readFully(this.path, this.#file, bytes, this.#dataStart + info.begin);
    const { dtype, shape } = info;
    return { dtype, shape, data: new storedArrays[dtype](bytes.buffer) };
  }

  /** The same as `read` for the element types that programs know: all but BF16 and U8. */
  async readHost(name: string): Promise<HostTensor> {
    const { dtype, shape, data } = await this.read(name);
    const host = hostDTypes[dtype];
    if (host === undefined) {
      throw new SafetensorsError(this.path, "UNKNOWN_DTYPE", `element type ${dtype} is unknown to programs`, name);
    }
    return { dtype: host, shape, data };
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function elementBytes(dtype: StoredDType): number {
  return storedArrays[dtype].BYTES_PER_ELEMENT;
}

async function readHeaderLength(path: string, file: FileHandle, size: number): Promise<number> {
  if (size < LENGTH_BYTES) {
    throw new SafetensorsError(path, "TRUNCATED", `${size} bytes are too few for the length of a header`);
  }
  const field = new Uint8Array(LENGTH_BYTES);
  await readFully(path, file, field, 0);
  const length = new DataView(field.buffer).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    const detail = `the header claims ${length} bytes, more than ${MAX_HEADER_BYTES}: this is no safetensors file`;
    throw new SafetensorsError(path, "HEADER_TOO_LARGE", detail);
  }
  if (Number(length) > size - LENGTH_BYTES) {
    const detail = `the header claims ${length} bytes but ${size - LENGTH_BYTES} follow: the file is cut off`;
    throw new SafetensorsError(path, "TRUNCATED", detail);
  }
  return Number(length);
}

async function readFully(path: string, file: FileHandle, target: Uint8Array, position: number): Promise<void> {
  const read = await readInto(file, target, position);
  if (read < target.length) {
    throw new SafetensorsError(
      path,
      "TRUNCATED",
      `ends ${target.length - read} bytes early: it shrank while it was read`,
    );
  }
}

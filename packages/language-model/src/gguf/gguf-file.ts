import { open, type FileHandle } from "node:fs/promises";
import { gguf, GGMLQuantizationType, type GGUFParseOutput, type MetadataValue } from "@huggingface/gguf";
import { ggufTypes, type GgufType } from "./dequantize.ts";
import { GgufError } from "./errors.ts";

/** One tensor of a file. */
export interface GgufTensor {
  readonly name: string;
  /** Row-major, outermost axis first (the file has them the other way round). */
  readonly shape: readonly number[];
  readonly type: GgufType;
  /** Bytes from the beginning of the file. */
  readonly begin: number;
  readonly bytes: number;
}

/** Most values of one tensor: 2³¹, 8 GiB as float32. */
const mostValues = 2 ** 31;

/** An open GGUF file (version 2 or 3): the header is read and checked, values are read when asked for. Close it after use. */
export class GgufFile implements AsyncDisposable {
  readonly path: string;
  readonly metadata: Readonly<Record<string, MetadataValue>>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle, { metadata, tensors }: Pick<GgufFile, "metadata" | "tensors">) {
    this.path = path;
    this.#file = file;
    this.metadata = metadata;
    this.tensors = tensors;
  }

  /** @throws {GgufError} when the file is cut off, damaged, or holds tensors of an element type that is not supported. */
  static async open(path: string): Promise<GgufFile> {
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      const parsed = await parse(path, file, size);
      const tensors = new Map<string, GgufTensor>();
      for (const info of parsed.tensorInfos) {
        if (tensors.has(info.name)) throw new GgufError(path, `two tensors are called "${info.name}"`);
        tensors.set(info.name, placed(path, info, Number(parsed.tensorDataOffset), size));
      }
      return new GgufFile(path, file, { metadata: parsed.metadata, tensors });
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The values of one tensor as float32, row-major. @throws {GgufError} when there is none of that name. */
  async read(name: string): Promise<Float32Array<ArrayBuffer>> {
    const tensor = this.tensors.get(name);
    if (!tensor) throw new GgufError(this.path, `there is no tensor "${name}"`);
    const { type, begin, bytes } = tensor;
    const values = new Float32Array((bytes / type.bytes) * type.values);
    // Piece by piece, so that a large tensor is not in memory twice.
    const piece = Math.max(Math.floor(2 ** 24 / type.bytes), 1) * type.bytes;
    const buffer = new Uint8Array(Math.min(piece, bytes));
    for (let from = 0; from < bytes; from += piece) {
      const part = buffer.subarray(0, Math.min(piece, bytes - from));
      await readFully(this.path, this.#file, part, begin + from);
      values.set(type.read(part), (from / type.bytes) * type.values);
    }
    return values;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** The header. The parser asks for ranges of an address; it gets them from the open file, and an error beyond its end. */
async function parse(path: string, file: FileHandle, size: number): Promise<GGUFParseOutput<{ strict: false }>> {
  const cutOff = new GgufError(path, `the header goes on beyond the file's ${size} bytes: it is cut off or damaged`);
  const fetchRange = async (_address: unknown, init?: RequestInit): Promise<Response> => {
    const range = /^bytes=(\d+)-(\d+)$/.exec(new Headers(init?.headers).get("range") ?? "");
    const [from, to] = [Number(range?.[1]), Math.min(Number(range?.[2]) + 1, size)];
    if (from >= size) throw cutOff;
    const bytes = new Uint8Array(to - from);
    await readFully(path, file, bytes, from);
    return new Response(bytes, { status: 206, headers: { "content-range": `bytes ${from}-${to - 1}/${size}` } });
  };
  const parsed = await gguf("https://local/", { fetch: fetchRange }).catch((cause: unknown) => {
    if (cause instanceof GgufError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GgufError(path, `no readable GGUF header: ${reason}`, { cause });
  });
  if (!parsed.littleEndian) throw new GgufError(path, "is big-endian; only little-endian GGUF files are supported");
  if (parsed.metadata.version === 1) throw new GgufError(path, "is GGUF version 1; versions 2 and 3 are supported");
  if (parsed.tensorInfoByteRange[1] > size) throw cutOff;
  return parsed;
}

/** A tensor's place in the file, checked against its size. */
function placed(path: string, info: GGUFParseOutput["tensorInfos"][number], start: number, size: number): GgufTensor {
  const { name, dtype } = info;
  const type = ggufTypes[dtype];
  if (!type) {
    const known = Object.values(ggufTypes).map((each) => each.name);
    const came = GGMLQuantizationType[dtype] ?? `number ${String(dtype)}`;
    throw new GgufError(path, `tensor "${name}" is of type ${came}; supported are ${known.join(", ")}`);
  }
  const shape = info.shape.map(Number).toReversed();
  const values = shape.reduce((product, length) => product * length, 1);
  const row = shape.at(-1) ?? 1;
  if (!(values >= 1 && values <= mostValues) || row % type.values !== 0) {
    throw new GgufError(path, `tensor "${name}" claims the shape [${shape.join(", ")}], impossible for ${type.name}`);
  }
  const begin = start + Number(info.offset);
  const bytes = (values / type.values) * type.bytes;
  if (begin + bytes > size) {
    throw new GgufError(path, `tensor "${name}" would end at byte ${begin + bytes} of ${size}: the file is cut off`);
  }
  return { name, shape, type, begin, bytes };
}

async function readFully(path: string, file: FileHandle, target: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < target.length;) {
    const { bytesRead } = await file.read(target, done, target.length - done, position + done);
    if (bytesRead === 0) throw new GgufError(path, "became shorter while it was read");
    done += bytesRead;
  }
}

/** Writes GGUF files for tests, after the format's description and independently of what reads them. */

/** A metadata value with its type in the format: unsigned 32-bit, float32, boolean, text, list of texts, of floats, of int32. */
export type MetadataEntry =
  | { readonly u32: number }
  | { readonly f32: number }
  | { readonly flag: boolean }
  | { readonly text: string }
  | { readonly texts: readonly string[] }
  | { readonly floats: readonly number[] }
  | { readonly ints: readonly number[] };

/** A tensor in the terms of the format: the innermost axis first, values as they lie in the file. */
export interface WrittenTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: number;
  readonly bytes: Uint8Array;
}

const integer = (size: 4 | 8, value: number): Buffer => {
  const bytes = Buffer.alloc(size);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};
const float = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
};
const text = (value: string): Buffer => Buffer.concat([integer(8, Buffer.byteLength(value)), Buffer.from(value)]);
const list = <T>(type: number, values: readonly T[], each: (value: T) => Buffer): Buffer =>
  Buffer.concat([integer(4, 9), integer(4, type), integer(8, values.length), ...values.map(each)]);

function encodeEntry(entry: MetadataEntry): Buffer {
  if ("u32" in entry) return Buffer.concat([integer(4, 4), integer(4, entry.u32)]);
  if ("f32" in entry) return Buffer.concat([integer(4, 6), float(entry.f32)]);
  if ("flag" in entry) return Buffer.concat([integer(4, 7), Buffer.from([entry.flag ? 1 : 0])]);
  if ("text" in entry) return Buffer.concat([integer(4, 8), text(entry.text)]);
  if ("texts" in entry) return list(8, entry.texts, text);
  if ("floats" in entry) return list(6, entry.floats, float);
  return list(5, entry.ints, (value) => integer(4, value));
}

/** The bytes of a GGUF file, version 3. */
export function gguf(metadata: Readonly<Record<string, MetadataEntry>>, tensors: readonly WrittenTensor[]): Buffer {
  const aligned = (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.alloc((32 - (bytes.length % 32)) % 32)]);
  let offset = 0;
  const infos = tensors.map(({ name, shape, type, bytes }) => {
    const lengths = shape.map((length) => integer(8, length));
    const info = [text(name), integer(4, shape.length), ...lengths, integer(4, type), integer(8, offset)];
    offset += aligned(bytes).length;
    return Buffer.concat(info);
  });
  const entries = Object.entries(metadata).map(([key, entry]) => Buffer.concat([text(key), encodeEntry(entry)]));
  const counts = [integer(4, 3), integer(8, tensors.length), integer(8, entries.length)];
  const header = Buffer.concat([Buffer.from("GGUF"), ...counts, ...entries, ...infos]);
  return Buffer.concat([aligned(header), ...tensors.map(({ bytes }) => aligned(bytes))]);
}

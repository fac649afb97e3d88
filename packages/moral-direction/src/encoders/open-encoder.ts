import { stat } from "node:fs/promises";
import { hubFilesFolder, type HubOptions } from "@offprint/language-model";
import type { Engine } from "@offprint/tensor";
import type { Encoder } from "./encoder.ts";
import { EncoderSourceError } from "./errors.ts";
import { openLanguageModelEncoder } from "./language-model.ts";
import { openSentenceTransformer } from "./sentence-transformers/encoder.ts";
import { chooseFiles } from "./sentence-transformers/model-files.ts";
import { openUseLite } from "./use-lite/encoder.ts";

/** How an encoder is opened. */
export interface EncoderOptions {
  /** Where an encoder of our own computes. Default: the process's own engine. */
  readonly engine?: Engine | undefined;
  /** Threads that one operation may use. Default: one a core. */
  readonly threads?: number | undefined;
  /** How a model that has a hub id is downloaded. */
  readonly hub?: HubOptions | undefined;
  /** Told what had to be assumed about a model. */
  readonly onNotice?: ((notice: string) => void) | undefined;
}

/** The encoder that works after install, without a connection. */
export const defaultEncoder = "use-lite";

/** A way of naming an encoder, for help texts. */
export interface EncoderDescription {
  readonly spec: string;
  readonly summary: string;
}

/** Every kind of encoder that {@link openEncoder} takes. */
export function describeEncoders(): readonly EncoderDescription[] {
  return [
    {
      spec: defaultEncoder,
      summary: "Universal Sentence Encoder lite: English, 512 numbers, 128 tokens; there after install, offline",
    },
    {
      spec: "<folder | owner/name[@revision]>",
      summary: "a sentence-transformers model with an ONNX export, from a folder or downloaded from the hub once",
    },
    {
      spec: "lm:<folder | file.gguf | owner/name[@revision]>",
      summary: "the mean of a language model's last hidden states",
    },
  ];
}

/**
 * An encoder by its name, as {@link describeEncoders} lists them.
 * @throws {EncoderSourceError} naming what was not found or is damaged; `LanguageModelError` for a model of `lm:` or the hub.
 */
export async function openEncoder(spec: string = defaultEncoder, options: EncoderOptions = {}): Promise<Encoder> {
  if (spec === defaultEncoder) return await openUseLite(options);
  if (spec.startsWith("lm:")) return await openLanguageModelEncoder(spec.slice("lm:".length), options);
  const found = await stat(spec).catch(() => undefined);
  if (found?.isDirectory()) return await openSentenceTransformer(spec, options);
  if (!found && isHubId(spec)) {
    const folder = await hubFilesFolder(spec, { cache: "encoders", choose: chooseFiles }, options.hub);
    return await openSentenceTransformer(folder, { ...options, name: spec });
  }
  const known = describeEncoders().map(({ spec }) => spec);
  throw new EncoderSourceError(spec, `there is no such encoder; wanted ${known.join(", or ")}`);
}

const isHubId = (spec: string): boolean => /^[\w.-]+\/[\w.-]+(@.+)?$/.test(spec) && !spec.startsWith(".");

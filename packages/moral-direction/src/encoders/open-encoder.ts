import type { Engine } from "@offprint/tensor";
import type { Encoder } from "./encoder.ts";
import { EncoderSourceError } from "./errors.ts";
import { openUseLite } from "./use-lite/encoder.ts";

/** How an encoder is opened. */
export interface EncoderOptions {
  /** Where an encoder of our own computes. Default: the process's own engine. */
  readonly engine?: Engine | undefined;
  /** Threads that one operation may use. Default: one a core. */
  readonly threads?: number | undefined;
}

/** The encoder that works after install, without a connection. */
export const defaultEncoder = "use-lite";

/**
 * An encoder by its name.
 * @throws {EncoderSourceError} naming what was not found or is damaged.
 */
export async function openEncoder(spec: string = defaultEncoder, options: EncoderOptions = {}): Promise<Encoder> {
  if (spec === defaultEncoder) return await openUseLite(options);
  throw new EncoderSourceError(spec, `there is no such encoder; wanted "${defaultEncoder}"`);
}

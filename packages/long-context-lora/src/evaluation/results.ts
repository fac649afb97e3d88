/** The documents that evaluation commands print with `--json` and keep with `--out`. */
import { z } from "zod";
import type { AttentionChoice } from "../attention/segments.ts";
import type { PasskeyGrid } from "./passkey.ts";
import type { PerplexityReport } from "./perplexity.ts";
import type { Protocol } from "./windows.ts";

export const perplexitySchema = { schema: "longlora-perplexity", schemaVersion: 1 } as const;

/** What was counted, in words, so that figures can be compared with others. */
export const protocolTexts: Readonly<Record<Protocol, string>> = {
  strided:
    "strided: each token of each text counts once, the first excepted, with at least context − stride tokens before it or all " +
    "there are; windows do not cross texts; the error is of stretches of a context's length.",
  longlora:
    "longlora, as the paper's code has it: all tokens of every window count, so most of them several times and at every depth " +
    "from 1; windows cross texts, the last one is dropped; batch means are averaged and 2.71828 is raised to the mean. It " +
    "is not comparable with strided.",
};

/** One call of `offprint longlora perplexity`. */
export interface PerplexityResult {
  readonly schema: "longlora-perplexity";
  readonly schemaVersion: 1;
  readonly model: string;
  readonly adapter?: string;
  /** How positions were scaled without training. */
  readonly rope?: string;
  readonly attention: AttentionChoice;
  readonly protocol: Protocol;
  readonly protocolText: string;
  readonly texts: readonly string[];
  readonly documents: number;
  readonly textTokens: number;
  /** At the last of the contexts. */
  readonly perplexity: number;
  readonly context: number;
  readonly contexts: readonly PerplexityReport[];
  /** Without the adapter, context by context. */
  readonly base?: readonly PerplexityReport[];
  /** Loss with the adapter less the base's on the same windows, nats a token. */
  readonly differences?: readonly {
    readonly context: number;
    readonly difference: number;
    readonly standardError: number | null;
  }[];
}

const bucket = z.looseObject({
  from: z.number(),
  to: z.number(),
  loss: z.number(),
  perplexity: z.number(),
  tokens: z.number(),
});

const report: z.ZodType<PerplexityReport> = z.looseObject({
  context: z.number(),
  protocol: z.enum(["longlora", "strided"]),
  stride: z.number(),
  perplexity: z.number(),
  loss: z.number(),
  standardError: z.number().nullable(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
  tokens: z.number(),
  windows: z.number(),
  allWindows: z.number(),
  byPosition: z.array(bucket),
});

/** Reads a kept result; fields that this version does not know are kept. */
export const perplexityResult = z.looseObject({
  schema: z.literal(perplexitySchema.schema),
  schemaVersion: z.literal(perplexitySchema.schemaVersion),
  model: z.string(),
  adapter: z.string().optional(),
  rope: z.string().optional(),
  attention: z.looseObject({ kind: z.string(), group: z.number().optional() }),
  protocol: z.enum(["longlora", "strided"]),
  protocolText: z.string(),
  texts: z.array(z.string()),
  contexts: z.array(report),
  base: z.array(report).optional(),
});

export const passkeySchema = { schema: "longlora-passkey", schemaVersion: 1 } as const;

/** One call of `offprint longlora passkey`. */
export interface PasskeyResult extends PasskeyGrid {
  readonly schema: "longlora-passkey";
  readonly schemaVersion: 1;
  readonly model: string;
  readonly adapter?: string;
  readonly tests: number;
  readonly distractors: number;
  readonly seed: number;
}

/** Reads a kept result; fields that this version does not know are kept. */
export const passkeyResult = z.looseObject({
  schema: z.literal(passkeySchema.schema),
  schemaVersion: z.literal(passkeySchema.schemaVersion),
  model: z.string(),
  adapter: z.string().optional(),
  tests: z.number(),
  distractors: z.number(),
  lengths: z.array(z.number()),
  depths: z.array(z.number()),
  chance: z.number(),
  cells: z.array(
    z.looseObject({
      length: z.number(),
      depth: z.number(),
      promptTokens: z.number(),
      tests: z.number(),
      found: z.number(),
      rankedFirst: z.number(),
      share: z.number(),
    }),
  ),
});

/** What `offprint longlora compare` prints and keeps. */
export const comparisonSchema = { schema: "longlora-comparison", schemaVersion: 1 } as const;

/** Reads a kept result; fields that this version does not know are kept. */
export const comparisonResult = z.looseObject({
  schema: z.literal(comparisonSchema.schema),
  schemaVersion: z.literal(comparisonSchema.schemaVersion),
  model: z.string(),
  adapter: z.string(),
  contexts: z.array(
    z.looseObject({
      context: z.number(),
      base: report,
      adapted: report,
      difference: z.number(),
      standardError: z.number().nullable(),
    }),
  ),
  sideBySide: z.array(z.looseObject({ prompt: z.string(), base: z.string(), adapted: z.string() })),
});

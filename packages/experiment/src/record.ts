import { arch, availableParallelism, cpus, platform, release, totalmem } from "node:os";
import { z } from "zod";

/** The machine a run happened on. */
export interface Machine {
  /** The processor's own name. */
  readonly cpu: string;
  /** Cores this process may use. */
  readonly cores: number;
  readonly memoryBytes: number;
  /** "linux 6.1.0 x64". */
  readonly platform: string;
}

/** What is worth knowing about a run that its config does not say; record.json. */
export interface RunRecord {
  /** The command line that repeats the run. */
  readonly command: string;
  /** `{ offprint, node, … }`. */
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: Machine;
  readonly seed?: number | undefined;
  /** Digest of the data, with its algorithm: "sha256:…". */
  readonly dataHash?: string | undefined;
  /** Start of the first session; ISO 8601. */
  readonly startedAt: string;
  /** End of the last session; absent while it runs, or when it was killed. */
  readonly endedAt?: string | undefined;
  /** Working time, pauses between sessions left out. */
  readonly durationSeconds: number;
  /** Largest resident set of any session. */
  readonly peakMemoryBytes: number;
  /** "running" also when it was killed; `readRun` tells the two apart. */
  readonly outcome: "running" | "completed" | "cancelled" | "failed";
  readonly error?: string | undefined;
  /** How many times it went on from a checkpoint. */
  readonly resumed: number;
}

/** Reads record.json; fields that this version does not know are kept. */
export const runRecordSchema: z.ZodType<RunRecord> = z.looseObject({
  command: z.string(),
  versions: z.record(z.string(), z.string()),
  machine: z.looseObject({ cpu: z.string(), cores: z.number(), memoryBytes: z.number(), platform: z.string() }),
  seed: z.number().optional(),
  dataHash: z.string().optional(),
  startedAt: z.string(),
  endedAt: z.string().optional(),
  durationSeconds: z.number(),
  peakMemoryBytes: z.number(),
  outcome: z.enum(["running", "completed", "cancelled", "failed"]),
  error: z.string().optional(),
  resumed: z.number(),
});

/** This machine. */
export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() || "unknown",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    platform: `${platform()} ${release()} ${arch()}`,
  };
}

/** Largest resident set of this process so far, bytes. */
export function peakMemoryBytes(): number {
  return process.resourceUsage().maxRSS * 1024; // Node gives KiB on every platform
}

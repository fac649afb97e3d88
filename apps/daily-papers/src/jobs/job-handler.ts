import type { Kysely } from "kysely";
import type { z } from "zod";
import type { Database } from "../database/schema.ts";
import type { Job } from "./job.queries.ts";
import { GiveUpError } from "./jobs.ts";

/** Does the jobs of one name. It may be called again for the same job, so what it does must bear that. */
export interface JobHandler<Schema extends z.ZodType = z.ZodType> {
  readonly schema: Schema;
  /** `signal` is aborted when the job is cancelled, lost to another worker, or the server stops: end soon, by throwing. */
  readonly handle: (payload: z.output<Schema>, context: JobContext) => Promise<void>;
}

export interface JobContext {
  readonly signal: AbortSignal;
  readonly db: Kysely<Database>;
  readonly job: Job;
}

/** A handler that has forgotten the type of its payload, to stand beside others. */
export interface AnyJobHandler {
  readonly run: (payload: unknown, context: JobContext) => Promise<void>;
}

export type JobHandlers = Readonly<Record<string, AnyJobHandler>>;

/** Makes a handler whose payload is read by a schema first. @throws {GiveUpError} when it cannot be read. */
export function jobHandler<Schema extends z.ZodType>({ schema, handle }: JobHandler<Schema>): AnyJobHandler {
  return {
    async run(payload, context) {
      const parsed = schema.safeParse(payload);
      if (!parsed.success) throw new GiveUpError(`the job's payload cannot be read: ${parsed.error.message}`);
      await handle(parsed.data, context);
    },
  };
}

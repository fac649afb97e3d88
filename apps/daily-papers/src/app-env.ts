import type { Kysely } from "kysely";
import type { Config } from "./config.ts";
import type { Database } from "./database/schema.ts";
import type { NodeBindings } from "./limits/client-address.ts";
import type { Windows } from "./limits/windows.ts";
import type { Implementations } from "./runs/implementations.ts";
import type { RunStreams } from "./runs/run.stream.tsx";
import type { RunWorker } from "./runs/run.worker.ts";

/** What every route can reach through `c.var`. */
export interface AppEnv {
  Bindings: NodeBindings;
  Variables: {
    readonly db: Kysely<Database>;
    readonly config: Config;
    readonly implementations: Implementations;
    readonly worker: RunWorker;
    readonly streams: RunStreams;
    /** Counts what each reader did lately. */
    readonly windows: Windows;
    /** Who is signed in. */
    readonly reader?: { readonly id: string } | undefined;
  };
}

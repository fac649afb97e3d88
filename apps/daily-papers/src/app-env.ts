import type { Kysely } from "kysely";
import type { Config } from "./config.ts";
import type { Database } from "./database/schema.ts";
import type { Frames } from "./look/frames.ts";
import type { NodeBindings } from "./limits/client-address.ts";
import type { Windows } from "./limits/windows.ts";
import type { RateText } from "./moderation/text-rating.ts";
import type { Operations } from "./operations/operations.ts";
import type { Reader } from "./people/reader.ts";
import type { Session } from "./people/session.queries.ts";
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
    /** What an admin sees of this process. */
    readonly operations: Operations;
    /** Tells the operator of trouble that no reader can mend. */
    readonly report: (error: unknown) => void;
    /** Rates new texts, where the site is told to. */
    readonly rateText: RateText | undefined;
    /** The present time; tests set it. */
    readonly now: () => Date;
    /** Who is signed in. */
    readonly reader: Reader | undefined;
    readonly session: Session | undefined;
    /** What the answer has to do with frames; most have nothing. */
    readonly frames?: Frames;
    /** The same as in the answer's `X-Request-Id`. */
    readonly requestId: string;
    /** The pattern of the address whose kept answer was given. */
    readonly keptRoute?: string;
  };
}

type Variables = AppEnv["Variables"];

/** What the app is given; what a request brings is added to it. Without `now`, time is the clock's. */
export type Services = Omit<Variables, OfRequest | "report" | "now" | "rateText" | "operations"> &
  Partial<Pick<Variables, "now" | "rateText" | "operations">>;

type OfRequest = "reader" | "session" | "frames" | "requestId" | "keptRoute";

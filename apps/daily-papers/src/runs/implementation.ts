import type { LineChart } from "@offprint/experiment";
import type { Child } from "hono/jsx";
import type { Run, RunConfig } from "./run.ts";
import type { RunProgress } from "./run.progress.ts";

/** What a form holds: its fields as the browser sent them. */
export type FormValues = Readonly<Record<string, string>>;

/** A form read: a config to run, or what is wrong with which field. */
export type FormReading =
  | { readonly ok: true; readonly config: RunConfig }
  | { readonly ok: false; readonly problems: Readonly<Record<string, string>> };

/** A number that tells how good a run's result is. */
interface HeadlineMetric {
  readonly name: string;
  readonly value: string;
}

/** One of the pictures that are drawn while a run works. */
export type Picture = Pick<LineChart, "title" | "x" | "y" | "series">;

/**
 * What the site must know of a package to let readers run a paper from its page. A run itself is the command line;
 * this says how to ask for it and how to show what came out.
 */
export interface Implementation {
  /** The package, as the paper's record names it. */
  readonly name: string;
  /** The values that an untouched form has. */
  readonly defaults: FormValues;
  /** Checks a form against the limits of the page. Fields that are missing take their defaults. */
  readForm(values: FormValues, dataFolder: string): Promise<FormReading>;
  /** `NFE-1 on WordNet` */
  title(config: RunConfig): string;
  /** What distinguishes the run from others of the same title: `128 dimensions, 20 epochs`. */
  summary(config: RunConfig): string;
  /** The words after `offprint`, without `--out`, `--json` and `--resume`. */
  words(config: RunConfig, dataFolder: string): string[];
  /** The same command as one would type it, with an `--out` of its own. */
  commandLine(config: RunConfig): string;
  /** The controls that say what will run. */
  controls(form: {
    values: FormValues;
    problems: Readonly<Record<string, string>>;
    dataFolder: string;
  }): Promise<Child>;
  /** Time and memory that a run will take, in a sentence. */
  estimate(config: RunConfig, dataFolder: string): Promise<string>;
  headline(metrics: Readonly<Record<string, number>>): HeadlineMetric | undefined;
  pictures(progress: RunProgress): readonly Picture[];
  /** The picture of a run that is done, where no curve tells it. */
  portrait?(folder: string): Promise<Child>;
  /** What came out, and what can be asked of it. */
  result(run: Run, folder: string, asked: Asked): Promise<Child>;
  /** How the method works, for the paper's page, and what a reader asks of it there. */
  explanation?(asked: Asked, page: PaperPlace): Promise<Child>;
  /** What a reader may mean by `text` in the result's form, best first. */
  suggest?(folder: string, text: string): Promise<readonly Suggestion[]>;
  /** Parts of the result that take seconds, so that they come after the page, by their names in its addresses. */
  readonly parts?: Readonly<Record<string, (folder: string) => Promise<Child>>>;
  /** What a reader may take away from a run that is done. */
  files?(run: Run, folder: string): Promise<readonly ResultFile[]>;
  /** Lets go of all that was loaded. */
  close(): Promise<void>;
}

/** Where an explanation is shown. */
interface PaperPlace {
  /** Address of the paper's page. */
  readonly path: string;
  readonly dataFolder: string;
}

/** What a reader asks of a result or of an explanation. */
interface Asked {
  /** What the address holds. */
  readonly query: FormValues;
  /** What a form there sent: work that only a form of this site may ask for. */
  readonly sent?: FormValues | undefined;
}

/** A file of a result. */
export interface ResultFile {
  /** Under the run's folder, as its address names it: `adapter/adapter_config.json`. */
  readonly name: string;
  readonly bytes: number;
}

/** An option of a field: what it sends and what it shows. */
interface Suggestion {
  readonly value: string;
  readonly text: string;
}

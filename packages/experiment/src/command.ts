import type { z } from "zod";
import { configFields, type ConfigField } from "./config-fields.ts";

/** The name of the program, the first word of each command line. */
export const programName = "offprint";

/** Where text goes; `process.stdout` and `process.stderr` are such. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** What a command gets beside its config. */
export interface CommandContext {
  /** Results only. */
  readonly stdout: Output;
  /** Progress, warnings, errors. */
  readonly stderr: Output;
  /** Aborts on SIGINT, SIGTERM, and when the reader of stdout has gone away. */
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Version of the program, for the record of a run. */
  readonly version: string;
}

/** How a run ended; exit codes 0, 130 and 1. */
export type RunOutcome = "completed" | "cancelled" | "failed";

/** One command: its schema is type, default, validation, `--help` line and docs table. */
export interface Command<Schema extends z.ZodObject = z.ZodObject> {
  /** The words after the program's name: "kge train". */
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  /** What to type, as configs, so that an example cannot go stale; the first one is the best first try. */
  readonly examples: readonly { readonly explains: string; readonly config: z.input<Schema> }[];
  /** Keys written without a flag, in this order; optional ones last, a list only at the very end. */
  readonly arguments: readonly string[];
  readonly config: Schema;
  /** Resolves when all is done; without an outcome, an aborted signal counts as "cancelled", else "completed". */
  run(config: z.output<Schema>, context: CommandContext): Promise<RunOutcome | void>;
}

/** Commands that share a first word. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly Command[];
}

/**
 * Declares a command.
 * @throws {TypeError} "internal: …" when a key cannot be a flag, two keys share one, or `arguments` are out of order.
 */
export function defineCommand<Schema extends z.ZodObject>(
  definition: Omit<Command<Schema>, "arguments"> & {
    readonly arguments?: readonly (keyof z.output<Schema> & string)[];
  },
): Command<Schema> {
  const command = { ...definition, arguments: definition.arguments ?? [] };
  const taken = new Set(["help", "version"]);
  for (const { flag } of flagFields(command)) {
    for (const name of [flag, `no-${flag}`]) {
      if (taken.has(name)) throw new TypeError(`internal: ${command.name}: two meanings for --${name}`);
      taken.add(name);
    }
  }
  let [sawOptional, sawList] = [false, false];
  for (const field of argumentFields(command)) {
    if (sawList || (sawOptional && field.required) || field.kind === "switch")
      throw new TypeError(`internal: ${command.name}: argument ${field.key} cannot stand where it does`);
    sawOptional ||= !field.required;
    sawList ||= field.repeated;
  }
  return command;
}

/**
 * Declares a group.
 * @throws {TypeError} "internal: …" when a command's name does not begin with the group's.
 */
export function defineGroup(group: CommandGroup): CommandGroup {
  for (const { name } of group.commands)
    if (!name.startsWith(`${group.name} `)) throw new TypeError(`internal: ${name} is not a command of ${group.name}`);
  return group;
}

/** The keys written as `--flag`. */
export function flagFields(command: Pick<Command, "config" | "arguments">): readonly ConfigField[] {
  return configFields(command.config).filter(({ key }) => !command.arguments.includes(key));
}

/** The keys written without a flag, in their order. */
export function argumentFields(command: Pick<Command, "name" | "config" | "arguments">): readonly ConfigField[] {
  const fields = configFields(command.config);
  return command.arguments.map((key) => {
    const field = fields.find((candidate) => candidate.key === key);
    if (field === undefined) throw new TypeError(`internal: ${command.name}: argument ${key} is no key of its config`);
    return field;
  });
}

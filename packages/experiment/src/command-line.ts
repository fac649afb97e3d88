import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import type { ConfigField } from "./config-fields.ts";
import { argumentFields, flagFields, programName, type Command } from "./command.ts";

/**
 * The words after a command's name that give `config` again; what equals its default is left out.
 * @throws {RangeError} when an argument is left out before one that is given, which words without flags cannot say.
 */
export function commandArguments<Schema extends z.ZodObject>(
  command: Command<Schema>,
  config: z.input<Schema>,
): string[] {
  const values = config as Readonly<Record<string, unknown>>;
  const flags = flagFields(command).flatMap((field) => flagWords(field, values[field.key]));
  const words: string[] = [];
  let skipped: ConfigField | undefined;
  const fields = argumentFields(command);
  const lastGiven = fields.findLastIndex((field) => isGiven(field, values[field.key]));
  for (const field of fields.slice(0, lastGiven + 1)) {
    const value = values[field.key] ?? field.default;
    if (value === undefined) skipped = field;
    else if (skipped !== undefined) throw new RangeError(`${skipped.key} must be given where ${field.key} is`);
    else words.push(...listOf(value).map(textOf));
  }
  return words.some((word) => word.startsWith("-")) ? [...flags, "--", ...words] : [...words, ...flags];
}

/** The whole command line that gives `config` again, quoted for a POSIX shell, ready to copy. */
export function commandLine<Schema extends z.ZodObject>(command: Command<Schema>, config: z.input<Schema>): string {
  return [programName, command.name, ...commandArguments(command, config).map(shellWord)].join(" ");
}

/** One word as a POSIX shell must see it to pass it on unchanged. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

const isGiven = (field: ConfigField, value: unknown) => value !== undefined && !isDeepStrictEqual(value, field.default);

function flagWords(field: ConfigField, value: unknown): string[] {
  if (!isGiven(field, value)) return [];
  if (field.kind === "switch") return [value === true ? `--${field.flag}` : `--no-${field.flag}`];
  if (!field.repeated) return flagWithValue(field, value);
  const list = listOf(value);
  return list.length === 0 ? [`--no-${field.flag}`] : list.flatMap((one) => flagWithValue(field, one));
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

function flagWithValue(field: ConfigField, value: unknown): string[] {
  const text = textOf(value);
  return text.startsWith("-") ? [`--${field.flag}=${text}`] : [`--${field.flag}`, text];
}

const textOf = (value: unknown) => (Object.is(value, -0) ? "-0" : String(value));

import { parseArgs } from "node:util";
import type { z } from "zod";
import { takesNumbers, type ConfigField } from "./config-fields.ts";
import { describeProblems, unknownName } from "./config.ts";
import { argumentFields, flagFields, programName, type Command } from "./command.ts";
import { UsageError } from "./errors.ts";

/**
 * The config that the words after a command's name describe.
 * A switch is `--x` or `--no-x`; a list is `--x a --x b`, and `--no-x` is the empty list; of a scalar given twice the last counts.
 * Where a command takes no words without a flag, a list is also `--x a b`.
 * @throws {UsageError} one line for each problem: the flag, what was wanted, what came.
 */
export function parseArguments<Schema extends z.ZodObject>(
  command: Command<Schema>,
  argv: readonly string[],
): z.output<Schema> {
  const fields = flagFields(command);
  const raw: Record<string, unknown> = {};
  const problems: string[] = [];
  const words: string[] = [];

  const options: Record<string, { type: "boolean" | "string" }> = {};
  for (const { flag, kind, repeated } of fields) {
    options[flag] = { type: kind === "switch" ? "boolean" : "string" };
    if (kind === "switch" || repeated) options[`no-${flag}`] = { type: "boolean" };
  }
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true });
  let open: ConfigField | undefined; // the list that a following word belongs to
  for (const token of tokens) {
    if (token.kind === "positional") {
      if (open === undefined) words.push(token.value);
      else raw[open.key] = [...listIn(raw, open.key), readValue(open, token.value)];
      continue;
    }
    open = undefined;
    if (token.kind === "option-terminator") continue;
    const field = token.rawName.startsWith("--") ? fields.find((one) => nameIn(one, token.name)) : undefined;
    if (field === undefined) {
      problems.push(
        unknownName(
          "flag",
          token.rawName,
          Object.keys(options).map((name) => `--${name}`),
        ),
      );
    } else if (options[token.name]?.type === "boolean") {
      if (token.value === undefined) raw[field.key] = token.name === field.flag ? true : field.repeated ? [] : false;
      else problems.push(`${token.rawName} takes no value; ${JSON.stringify(token.value)} came`);
    } else if (token.value === undefined || (!token.inlineValue && looksLikeFlag(field, token.value))) {
      const came = token.value === undefined ? "nothing came" : `the flag ${token.value} came`;
      problems.push(`${token.rawName} needs a value: wanted ${field.wanted}; ${came}`);
      raw[field.key] = undefined;
    } else {
      const value = readValue(field, token.value);
      raw[field.key] = field.repeated ? [...listIn(raw, field.key), value] : value;
      if (field.repeated && command.arguments.length === 0) open = field;
    }
  }

  for (const field of argumentFields(command)) {
    if (words.length === 0) break;
    if (field.repeated) raw[field.key] = words.splice(0).map((word) => readValue(field, word));
    else raw[field.key] = readValue(field, words.shift()!);
  }
  const unread = problems.length === 0 ? words : []; // after an unknown flag, a word may be its value
  for (const word of unread) problems.push(`one argument too many: ${JSON.stringify(word)}`);

  if (problems.length === 0) {
    const result = command.config.safeParse(raw);
    if (result.success) return result.data;
    problems.push(
      ...describeProblems(command.config, raw, result.error.issues, (field) =>
        command.arguments.includes(field.key) ? field.placeholder : `--${field.flag}`,
      ),
    );
  }
  const full = `${programName} ${command.name}`;
  throw new UsageError(`${problems.map((problem) => `${full}: ${problem}`).join("\n")}\nSee ${full} --help`);
}

const nameIn = (field: ConfigField, name: string) =>
  name === field.flag || (name === `no-${field.flag}` && (field.kind === "switch" || field.repeated));

const listIn = (raw: Record<string, unknown>, key: string): unknown[] => {
  const value = raw[key];
  return Array.isArray(value) ? value : [];
};

/** A choice as itself, a number as a number; what fits neither stays text, for the schema to judge. */
function readValue(field: ConfigField, text: string): string | number {
  for (const alternative of field.alternatives) {
    if (alternative.kind !== "choice") continue;
    const choice = alternative.choices.find((candidate) => String(candidate) === text);
    if (choice !== undefined) return choice;
  }
  return field.alternatives.some(takesNumbers) && isNumeric(text) ? Number(text) : text;
}

const isNumeric = (text: string) => text.trim() !== "" && !Number.isNaN(Number(text));

const looksLikeFlag = (field: ConfigField, text: string) =>
  text.length > 1 && text.startsWith("-") && !(field.alternatives.some(takesNumbers) && isNumeric(text));

import type { z } from "zod";
import { configFields, type ConfigField } from "./config-fields.ts";
import { ConfigError } from "./errors.ts";
import { nearMatch } from "./near-match.ts";

/**
 * A config object checked against its schema and completed with its defaults.
 * @param source where the value came from, for the message: a file name, "the form".
 * @throws {ConfigError} naming each key, what was wanted and what came.
 */
export function parseConfig<Schema extends z.ZodObject>(
  schema: Schema,
  value: unknown,
  source: string,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new ConfigError(source, describeProblems(schema, value, result.error.issues));
}

/**
 * Each issue of a config as one line: which key, what was wanted, what came.
 * @param nameOf how the reader knows a key: by default the key itself; the command line says `--flag`.
 */
export function describeProblems(
  schema: z.ZodObject,
  value: unknown,
  issues: readonly z.core.$ZodIssue[],
  nameOf: (field: ConfigField) => string = (field) => field.key,
): string[] {
  const fields = new Map<PropertyKey, ConfigField>(configFields(schema).map((field) => [field.key, field]));
  const problems = issues.map((issue) => {
    if (issue.code === "unrecognized_keys")
      return issue.keys
        .map((key) =>
          unknownName(
            "key",
            key,
            [...fields.values()].map((field) => field.key),
          ),
        )
        .join("; ");
    const field = fields.get(issue.path[0] ?? "");
    if (field === undefined) return issue.code === "invalid_type" ? "wanted an object of settings" : issue.message;
    if (issue.code === "custom") return `${nameOf(field)}: ${issue.message}`;
    const came = valueAt(value, issue.path);
    if (came === undefined) return `${nameOf(field)} is missing: wanted ${field.wanted}`;
    return `${nameOf(field)}: wanted ${field.wanted}; ${shown(came)} came${suggestion(field, came)}`;
  });
  return [...new Set(problems)]; // one value may break several rules
}

/** `unknown flag --epocs; did you mean --epochs?` */
export function unknownName(what: string, name: string, candidates: readonly string[]): string {
  const near = nearMatch(name, candidates);
  return `unknown ${what} ${name}${near === undefined ? "" : `; did you mean ${near}?`}`;
}

function suggestion(field: ConfigField, came: unknown): string {
  const choices = field.alternatives.flatMap((one) => (one.kind === "choice" ? one.choices : []));
  const near = nearMatch(String(came), choices.map(String));
  return near === undefined ? "" : ` (did you mean ${near}?)`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined),
    value,
  );
}

/** A value as it came, short enough for a message. */
function shown(value: unknown): string {
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? typeof value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

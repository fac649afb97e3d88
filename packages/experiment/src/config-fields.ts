import type { z } from "zod";

/** One way a value may be written: a fixed set, any number within bounds, or text. */
export type Alternative =
  | { readonly kind: "choice"; readonly choices: readonly (string | number)[] }
  | { readonly kind: "number" | "text"; readonly wanted: string };

/** What the outside (flags, help, forms, docs) needs to know about one key of a config schema. */
export interface ConfigField {
  /** The key in the config object, camelCase. */
  readonly key: string;
  /** The flag without its dashes, kebab-case. */
  readonly flag: string;
  readonly kind: "switch" | "value";
  /** The ways one value may be written; empty for a switch. */
  readonly alternatives: readonly Alternative[];
  /** The value is a list; its flag may be given several times. */
  readonly repeated: boolean;
  readonly required: boolean;
  /** Absent when there is none. */
  readonly default?: unknown;
  readonly description: string;
  /** Stands for the value in help texts: `meta({ placeholder: "DIR" })` of the schema, else `N`, `NAME` or `TEXT`. */
  readonly placeholder: string;
  /** What is accepted, as the object of "wanted …". */
  readonly wanted: string;
}

type ValueSchema = z.core.JSONSchema.BaseSchema;

const known = new WeakMap<z.ZodObject, readonly ConfigField[]>();

/**
 * The fields of a config schema, in its order.
 * @throws {TypeError} "internal: …" for a key that no flag can express (nested objects, null, a mix of text and numbers).
 */
export function configFields(schema: z.ZodObject): readonly ConfigField[] {
  let fields = known.get(schema);
  if (fields === undefined) {
    const json = schema.toJSONSchema({ io: "input", unrepresentable: "any" });
    const required = new Set(json.required);
    fields = Object.entries(json.properties ?? {}).map(([key, value]) =>
      fieldOf(key, objectSchema(value), required.has(key)),
    );
    known.set(schema, fields);
  }
  return fields;
}

function fieldOf(key: string, schema: ValueSchema, required: boolean): ConfigField {
  const repeated = schema.type === "array";
  const value = repeated ? objectSchema(schema.items) : schema;
  const isSwitch = value.type === "boolean" && value.const === undefined;
  if (isSwitch && repeated) throw unsupported(key, "a list of switches");
  const alternatives = isSwitch ? [] : (value.anyOf ?? [value]).map((one) => alternativeOf(key, objectSchema(one)));
  const kinds = new Set(alternatives.map(({ kind }) => kind));
  if (kinds.has("text") && kinds.size > 1) throw unsupported(key, "text or something else");
  const wanted = isSwitch ? "true or false" : alternatives.map(wantedBy).join(", or ");
  return {
    key,
    flag: key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    kind: isSwitch ? "switch" : "value",
    alternatives,
    repeated,
    required: required && schema.default === undefined,
    ...(schema.default !== undefined && { default: schema.default }),
    description: schema.description ?? value.description ?? "",
    placeholder: placeholderIn(schema) ?? placeholderIn(value) ?? placeholderFor(alternatives),
    wanted,
  };
}

function objectSchema(schema: ValueSchema | boolean | unknown[] | undefined): ValueSchema {
  return typeof schema === "object" && !Array.isArray(schema) ? schema : {};
}

function placeholderIn({ placeholder }: ValueSchema): string | undefined {
  return typeof placeholder === "string" ? placeholder : undefined;
}

function placeholderFor(alternatives: readonly Alternative[]): string {
  if (alternatives.some(takesNumbers)) return "N";
  return alternatives.some(({ kind }) => kind === "choice") ? "NAME" : "TEXT";
}

/** Whether a numeric text may mean a number. */
export function takesNumbers(alternative: Alternative): boolean {
  if (alternative.kind !== "choice") return alternative.kind === "number";
  return alternative.choices.some((choice) => typeof choice === "number");
}

function alternativeOf(key: string, schema: ValueSchema): Alternative {
  const choices = schema.enum ?? (schema.const === undefined ? undefined : [schema.const]);
  if (choices !== undefined) {
    if (!choices.every((choice) => typeof choice === "string" || typeof choice === "number"))
      throw unsupported(key, "choices other than text and numbers");
    return { kind: "choice", choices };
  }
  if (schema.type === "integer" || schema.type === "number") return { kind: "number", wanted: numberWanted(schema) };
  if (schema.type === "string") return { kind: "text", wanted: textWanted(schema) };
  throw unsupported(key, `values of the type ${JSON.stringify(schema.type ?? "unknown")}`);
}

const unsupported = (key: string, what: string) =>
  new TypeError(`internal: config key ${key} takes ${what}, which no flag can express`);

function wantedBy(alternative: Alternative): string {
  if (alternative.kind !== "choice") return alternative.wanted;
  return alternative.choices.length === 1 ? `${alternative.choices[0]}` : `one of ${alternative.choices.join(", ")}`;
}

function numberWanted(schema: ValueSchema): string {
  const least = (schema.minimum ?? -Infinity) > Number.MIN_SAFE_INTEGER ? schema.minimum : undefined;
  const most = (schema.maximum ?? Infinity) < Number.MAX_SAFE_INTEGER ? schema.maximum : undefined;
  const bounds =
    least !== undefined && most !== undefined
      ? [`from ${least} to ${most}`]
      : [least !== undefined && `of at least ${least}`, most !== undefined && `of at most ${most}`];
  const limits = [
    schema.exclusiveMinimum !== undefined && `greater than ${schema.exclusiveMinimum}`,
    schema.exclusiveMaximum !== undefined && `less than ${schema.exclusiveMaximum}`,
    ...bounds,
    schema.multipleOf !== undefined && `divisible by ${schema.multipleOf}`,
  ].filter((limit) => limit !== false);
  return [schema.type === "integer" ? "a whole number" : "a number", limits.join(" and ")].filter(Boolean).join(" ");
}

function textWanted(schema: ValueSchema): string {
  if (schema.format !== undefined && schema.format !== "regex") return `text in the form of ${schema.format}`;
  if (schema.pattern !== undefined) return `text that matches /${schema.pattern}/`;
  return (schema.minLength ?? 0) > 0 ? "text that is not empty" : "text";
}

import { z } from "zod";
import type { FormReading, FormValues } from "./implementation.ts";

/** A number that a form asks for. The page allows less than the command line: its readers share one machine. */
export interface NumberField {
  readonly label: string;
  readonly least: number;
  readonly most: number;
  readonly whole: boolean;
  readonly default: number;
}

export type NumberFields = Readonly<Record<string, NumberField>>;

export function numberSchema({ label, least, most, whole }: NumberField) {
  const wanted = `${label}: enter a ${whole ? "whole number" : "number"} from ${least} to ${most}.`;
  return (whole ? z.int(wanted) : z.number(wanted)).min(least, wanted).max(most, wanted);
}

/** What an untouched form holds of these numbers. */
export function numberDefaults(fields: NumberFields): FormValues {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, String(field.default)]));
}

/**
 * The settings that a form asks for, or a sentence for each field that cannot be used. Fields that are missing take their
 * defaults; what is no field is left aside.
 */
export function readFormValues(
  form: {
    readonly schema: z.ZodType<Readonly<Record<string, string | number>>>;
    readonly numbers: NumberFields;
    readonly defaults: FormValues;
  },
  values: FormValues,
): FormReading {
  const given = Object.keys(form.defaults).map((name) => [name, values[name] ?? form.defaults[name] ?? ""] as const);
  const parsed = form.schema.safeParse(
    Object.fromEntries(given.map(([name, text]) => [name, name in form.numbers ? toNumber(text) : text])),
  );
  if (parsed.success) return { ok: true, config: parsed.data };
  const problems = parsed.error.issues.map((issue) => [String(issue.path[0]), issue.message] as const);
  return { ok: false, problems: Object.fromEntries(problems.toReversed()) };
}

/** The number that a text is, as people and browsers write them; NaN for anything else. */
function toNumber(text: string): number {
  return /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : Number.NaN;
}

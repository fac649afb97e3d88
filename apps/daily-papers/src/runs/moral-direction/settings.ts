import { z } from "zod";
import { numberDefaults, numberSchema, readFormValues, type NumberFields } from "../form-fields.ts";
import type { FormReading, FormValues } from "../implementation.ts";

const mostVerbs = 60;
const leastVerbs = 2;

export const numberFields = {
  questions: { label: "Questions", least: 1, most: 10, whole: true, default: 10 },
} as const satisfies NumberFields;

/** The verbs of a list as one types them: separated by commas or lines. */
export function verbsIn(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((verb) => verb.trim())
    .filter((verb) => verb !== "");
}

const verbList = (label: string) =>
  z
    .string()
    .max(2000, `${label}: enter at most 2,000 characters.`)
    .refine(
      (text) => verbsIn(text).length >= leastVerbs,
      `${label}: enter at least ${leastVerbs}, with commas between.`,
    )
    .refine((text) => verbsIn(text).length <= mostVerbs, `${label}: enter at most ${mostVerbs}.`)
    .refine(
      (text) => verbsIn(text).every((verb) => /^\p{L}[\p{L}\p{M}' -]{0,39}$/u.test(verb)),
      `${label}: enter plain words, at most 40 characters each.`,
    )
    .transform((text) => verbsIn(text).join(", "));

export const settingsSchema = z
  .strictObject({
    good: verbList("Good verbs"),
    bad: verbList("Bad verbs"),
    questions: numberSchema(numberFields.questions),
  })
  .refine(({ good, bad }) => noneTwice([...verbsIn(good), ...verbsIn(bad)]), {
    path: ["bad"],
    message: "Bad verbs: a verb stands twice in the two lists.",
  });
export type Settings = z.infer<typeof settingsSchema>;

/** What an untouched form holds: the verbs of the direction that comes along. */
export function defaultValues(verbs: {
  readonly good: readonly string[];
  readonly bad: readonly string[];
}): FormValues {
  return { good: verbs.good.join(", "), bad: verbs.bad.join(", "), ...numberDefaults(numberFields) };
}

/** The settings that a form asks for, or a sentence for each field that cannot be used. */
export function readSettings(values: FormValues, defaults: FormValues): FormReading {
  return readFormValues({ schema: settingsSchema, numbers: numberFields, defaults }, values);
}

function noneTwice(verbs: readonly string[]): boolean {
  return new Set(verbs.map((verb) => verb.toLowerCase())).size === verbs.length;
}

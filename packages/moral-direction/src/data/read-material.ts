import { readFile } from "node:fs/promises";
import { parse } from "csv-parse/sync";
import { z } from "zod";
import { MaterialError } from "../errors.ts";
import { slot, type Material, type Template } from "./material.ts";
import { ownMaterial } from "./own-material.ts";

const text = z.string().trim().min(1);
const templateSchema = z.strictObject({
  question: text.refine((question) => question.includes(slot), `wanted a question with ${slot} in it`),
  no: text,
  yes: text,
});
const materialSchema = z.strictObject({
  verbs: z.strictObject({ good: z.array(text), bad: z.array(text), neutral: z.array(text).default([]) }),
  templates: z.array(templateSchema).min(1).optional(),
  contexts: z.array(text).min(1).optional(),
});

/**
 * Own verbs, questions and context phrases, of any language. A `.json` file holds
 * `{ verbs: { good, bad, neutral }, templates: [{ question, no, yes }], contexts }`; any other is read as CSV with the columns
 * `kind` (good, bad, neutral, context or question) and `text`, for questions also `no` and `yes`. Templates and contexts that
 * are left out are our own, which are English.
 * @throws {MaterialError} naming the file and what is wrong in it.
 */
export async function readMaterial(file: string): Promise<Material> {
  const content = await readFile(file, "utf8").catch((error: unknown) => {
    throw new MaterialError(file, `it cannot be read (${messageOf(error)})`, { cause: error });
  });
  let found: unknown;
  try {
    found = file.toLowerCase().endsWith(".json") ? JSON.parse(content) : materialInCsv(content);
  } catch (error) {
    throw new MaterialError(file, messageOf(error), { cause: error });
  }
  const { success, data, error } = materialSchema.safeParse(found);
  if (!success) {
    const [issue] = error.issues;
    throw new MaterialError(file, `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "unknown"}`, { cause: error });
  }
  return {
    verbs: data.verbs,
    templates: data.templates ?? ownMaterial.templates,
    contexts: data.contexts ?? ownMaterial.contexts,
  };
}

const rowSchema = z.looseObject({
  kind: z.enum(["good", "bad", "neutral", "context", "question"]),
  text,
  no: z.string().default(""),
  yes: z.string().default(""),
});

function materialInCsv(content: string): unknown {
  const rows = z
    .array(rowSchema)
    .parse(parse(content, { columns: true, bom: true, trim: true, skip_empty_lines: true }));
  const of = (kind: string) => rows.filter((row) => row.kind === kind).map((row) => row.text);
  const questions: Template[] = rows
    .filter(({ kind }) => kind === "question")
    .map(({ text: question, no, yes }) => ({ question, no, yes }));
  const contexts = of("context");
  return {
    verbs: { good: of("good"), bad: of("bad"), neutral: of("neutral") },
    ...(questions.length > 0 && { templates: questions }),
    ...(contexts.length > 0 && { contexts }),
  };
}

function messageOf(error: unknown): string {
  if (error instanceof z.ZodError) {
    const [issue] = error.issues;
    const [row, column] = issue?.path ?? [];
    return `row ${Number(row) + 1}, column ${String(column)}: ${issue?.message ?? ""}`;
  }
  return error instanceof Error ? error.message : String(error);
}

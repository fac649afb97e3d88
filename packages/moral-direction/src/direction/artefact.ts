import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeFileAtomic } from "@offprint/experiment";
import { z } from "zod";
import { DamagedDirectionError } from "../errors.ts";
import type { MoralDirection } from "./direction.ts";
import { releasedDirection } from "./released.ts";

/** What `format` says in a file of ours. */
const format = "offprint-moral-direction";
/** The only version there is; a newer one is refused, since its numbers may mean something else. */
const version = 1;

const number = z.number();
const list = z.array(number).min(1);
const vector = list.transform((values) => Float64Array.from(values));
const placed = z.object({ text: z.string().min(1), projection: list });
const reference = z.object({ centre: vector, distances: list });
const template = z.object({ question: z.string(), no: z.string(), yes: z.string() });

const fields = z.looseObject({
  format: z.literal(format),
  version: z.literal(version),
  encoder: z.object({ id: z.string().min(1), dimensions: z.int().positive() }),
  mean: vector,
  components: z.array(vector).min(1),
  explainedVariance: list,
  ratios: list,
  sign: z.union([z.literal(1), z.literal(-1)]),
  norm: number.positive(),
  templates: z.array(template).min(1),
  actions: z.array(placed.extend({ group: z.enum(["good", "bad", "neutral"]) })),
  contexts: z.array(placed),
  stability: z.object({ spread: z.array(vector), questionShifts: z.array(number) }).exactOptional(),
  references: z.object({ questions: reference, question: reference, phrase: reference }).exactOptional(),
});

/** The file of a direction in the folder of the run that fitted it. */
export const directionFile = "direction.json";

/**
 * Reads a direction: the folder of a fit, a file that `writeDirection` wrote, or the projection that was released with the paper.
 * @throws {DamagedDirectionError} naming the file, also for one of a newer version.
 */
export async function readDirection(path: string): Promise<MoralDirection> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const file = isFolder ? join(path, directionFile) : path;
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    const reason =
      error instanceof SyntaxError ? `it is not JSON, or ends too early (${error.message})` : String(error);
    throw new DamagedDirectionError(file, reason, { cause: error });
  }
  return parseDirection(json, file);
}

/** The direction in parsed JSON. @param source names it in errors. @throws {DamagedDirectionError} */
export function parseDirection(json: unknown, source: string): MoralDirection {
  if (typeof json === "object" && json !== null && !("format" in json) && "sign_moral_score" in json)
    return releasedDirection(json, source);
  const { success, data, error } = fields.safeParse(json);
  if (!success) {
    const [issue] = error.issues;
    const where = issue?.path.join(".") ?? "";
    const newer = where === "version" ? `; this program reads version ${version}` : "";
    throw new DamagedDirectionError(source, `${where}: ${issue?.message ?? "unknown"}${newer}`, { cause: error });
  }
  const { format: _format, version: _version, ...known } = data;
  const unknown = Object.fromEntries(Object.entries(known).filter(([key]) => !Object.hasOwn(fields.shape, key)));
  const direction: MoralDirection = {
    ...(Object.fromEntries(Object.entries(known).filter(([key]) => Object.hasOwn(fields.shape, key))) as typeof known),
    ...(Object.keys(unknown).length > 0 && { unknown }),
  };
  requireShapes(direction, source);
  return direction;
}

/** Every vector has as many numbers as its encoder gives. */
function requireShapes(direction: MoralDirection, source: string): void {
  const { dimensions } = direction.encoder;
  const wanted: (readonly [string, readonly Float64Array[], number])[] = [
    ["mean", [direction.mean], dimensions],
    ["components", direction.components, dimensions],
    ["stability.spread", direction.stability?.spread ?? [], dimensions + 1],
    ["references", Object.values(direction.references ?? {}).map(({ centre }) => centre), dimensions],
  ];
  for (const [name, vectors, length] of wanted) {
    const wrong = vectors.find((one) => one.length !== length);
    if (wrong)
      throw new DamagedDirectionError(
        source,
        `${name}: wanted vectors of ${length} numbers, one of ${wrong.length} came`,
      );
  }
}

/** Writes a direction as JSON, rounded to what its scores need: old or new content whole, never half. */
export async function writeDirection(file: string, direction: MoralDirection): Promise<void> {
  await writeFileAtomic(file, directionText(direction));
}

/** The JSON of a direction, a vector a line. */
function directionText({ unknown, ...direction }: MoralDirection): string {
  const digits = (count: number) => (values: Iterable<number>) =>
    Array.from(values, (value) => Number(value.toPrecision(count)));
  const [fine, coarse] = [digits(6), digits(4)];
  const { stability, references } = direction;
  const file = {
    format,
    version,
    ...unknown,
    ...direction,
    mean: fine(direction.mean),
    components: direction.components.map((component, index) => (index === 0 ? fine : coarse)(component)),
    explainedVariance: fine(direction.explainedVariance),
    ratios: fine(direction.ratios),
    actions: direction.actions.map((action) => ({ ...action, projection: coarse(action.projection) })),
    contexts: direction.contexts.map((context) => ({ ...context, projection: coarse(context.projection) })),
    ...(stability && {
      stability: { spread: stability.spread.map(digits(3)), questionShifts: coarse(stability.questionShifts) },
    }),
    ...(references && {
      references: Object.fromEntries(
        Object.entries(references).map(([form, { centre, distances }]) => [
          form,
          { centre: coarse(centre), distances: coarse(distances) },
        ]),
      ),
    }),
  };
  const entries = Object.entries(file).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  return `{\n${entries.join(",\n")}\n}\n`;
}

/** Where the direction lies that comes with this package: our own verbs, Universal Sentence Encoder lite. */
export const defaultDirectionFile: string = fileURLToPath(new URL("../../directions/use-lite.json", import.meta.url));

let shipped: Promise<MoralDirection> | undefined;

/** The direction that comes with this package, for the encoder "use-lite". */
export function defaultDirection(): Promise<MoralDirection> {
  shipped ??= readDirection(defaultDirectionFile);
  return shipped;
}

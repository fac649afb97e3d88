import { join } from "node:path";
import { commandLine, defineCommand, formatTable, heatMap, writeFileAtomic, type Command } from "@offprint/experiment";
import { openEngine } from "@offprint/tensor";
import { z } from "zod";
import { openForEvaluation, readModelWithAdapter } from "../evaluation/open-model.ts";
import { passkeyMap, type PasskeyView } from "../evaluation/passkey-map.ts";
import { passkeyGrid, type PasskeyGrid } from "../evaluation/passkey.ts";
import { passkeySchema, type PasskeyResult } from "../evaluation/results.ts";
import {
  adapterField,
  anyBaseSwitch,
  jsonSwitch,
  keepResult,
  modelField,
  outField,
  printJson,
  mostTokens,
} from "./shared.ts";
import { threadsField, withProgress } from "./shared.ts";
import { toldDownloads } from "./told-downloads.ts";

const config = z.strictObject({
  model: modelField,
  adapter: adapterField,
  length: z
    .array(z.int().min(16).max(mostTokens))
    .min(1)
    .describe("Tokens of prompt and answer together; several are the grid's columns."),
  depth: z
    .array(z.number().min(0).max(1))
    .min(1)
    .default([0, 0.25, 0.5, 0.75, 1])
    .describe("Place of the key, from 0 at the beginning to 1 before the question; the grid's rows."),
  tests: z.int().min(1).default(5).describe("Keys asked for at each place of the grid."),
  distractors: z.int().min(1).max(999).default(9).describe("Wrong keys that the right one is ranked among."),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(0)
    .describe("Of the keys."),
  anyBase: anyBaseSwitch,
  threads: threadsField,
  out: outField,
  json: jsonSwitch,
});

/** `offprint longlora passkey`: whether a number hidden in a long text is found. */
export const passkeyCommand: Command<typeof config> = defineCommand({
  name: "longlora passkey",
  summary: "Hide a number in long texts and ask for it, by length and depth.",
  config,
  examples: [
    {
      explains: "At and beyond a context of 512, keeping pictures.",
      config: { model: "stories", adapter: "runs/long", length: [256, 512, 1024, 2048], out: "runs/long" },
    },
  ],
  async run(settings, context) {
    const { model, adapter, length: lengths, depth: depths, tests, distractors, seed, anyBase, threads } = settings;
    const { signal } = context;
    const opened = await readModelWithAdapter(model, adapter, { anyBase, hub: toldDownloads(context) });
    using engine = await openEngine(threads ? { threads } : {});
    const command = commandLine(passkeyCommand, settings);
    const asked = { lengths, depths, tests, distractors, seed, signal };
    const judged = await openForEvaluation(opened, { engine });
    let grid: PasskeyGrid;
    try {
      grid = await withProgress(context, { description: "Asking for keys", unit: "key", command }, (onProgress) =>
        passkeyGrid(judged, opened.language.tokenizer, { ...asked, onProgress }),
      );
    } finally {
      await judged.dispose();
    }
    const result: PasskeyResult = {
      ...passkeySchema,
      model,
      ...(adapter !== undefined && { adapter }),
      tests,
      distractors,
      seed,
      ...grid,
    };
    if (settings.out !== undefined) await keepGrid(settings.out, result);
    if (settings.json) printJson(context, result);
    else context.stdout.write(passkeyText(result));
  },
});

async function keepGrid(out: string, result: PasskeyResult): Promise<void> {
  await keepResult(out, "passkey", result);
  for (const view of ["found", "rankedFirst"] satisfies PasskeyView[]) {
    const picture = await heatMap(passkeyMap(result, view, { id: `passkey-${view}`, form: "file" }));
    await writeFileAtomic(join(out, "evaluation", `passkey-${view === "found" ? "said" : "ranked"}.svg`), picture);
  }
}

function passkeyText(result: PasskeyResult): string {
  const table = (title: string, cell: (one: PasskeyGrid["cells"][number]) => string): string => {
    const rows = result.depths.map((depth) => [
      `${Math.round(100 * depth)} %`,
      ...result.lengths.map((length) => {
        const found = result.cells.find((one) => one.depth === depth && one.length === length);
        return found ? cell(found) : "";
      }),
    ]);
    return `${title}\n${formatTable(["depth \\ tokens", ...result.lengths.map(String)], rows)}\n`;
  };
  const name = result.adapter === undefined ? result.model : `${result.model} with ${result.adapter}`;
  return [
    `${name}: ${result.tests} keys of five digits at each place; the texts around them are our own\n\n`,
    table("Said, of the tests:", ({ found, tests }) => `${found}/${tests}`),
    table(
      `The likeliest of ${result.distractors + 1} keys, of the tests (by chance ${(100 * result.chance).toFixed(0)} %):`,
      ({ rankedFirst, tests }) => `${rankedFirst}/${tests}`,
    ),
    table("Mean probability of the right key among them:", ({ share }) => share.toFixed(3)),
  ].join("");
}

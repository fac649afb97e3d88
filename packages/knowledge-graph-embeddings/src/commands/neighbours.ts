import { defineCommand, formatTable, type Command } from "@offprint/experiment";
import { z } from "zod";
import { loadTrained } from "../artefact.ts";
import { Predictor } from "../inference/predictor.ts";
import { called, jsonSwitch, printJson, trainedFolder } from "./show.ts";

const config = z.strictObject({
  directory: trainedFolder,
  entity: z.string().min(1).describe("Label of the entity, or its name."),
  top: z.int().min(1).max(1_000_000).default(10).describe("Neighbours wanted."),
  json: jsonSwitch,
});

/** `offprint kge neighbours`: what a model holds to be alike. */
export const neighboursCommand: Command<typeof config> = defineCommand({
  name: "kge neighbours",
  summary: "List the entities nearest to one.",
  config,
  arguments: ["directory"],
  examples: [{ explains: "What is like a dog?", config: { directory: "runs/wordnet", entity: "dog.n.01" } }],
  async run({ directory, json, ...question }, { stdout, signal }) {
    await using predictor = await Predictor.create(await loadTrained(directory));
    const found = await predictor.neighbours(question, signal);
    if (json) {
      printJson(stdout, found);
      return;
    }
    const rows = found.neighbours.map((neighbour) => [neighbour.place, called(neighbour), neighbour.value.toFixed(4)]);
    const table = formatTable(["", `near ${called(found.of)}`, found.measure.kind], rows);
    stdout.write(`${table}\n${found.measure.kind}: ${found.measure.formula}\n`);
  },
});

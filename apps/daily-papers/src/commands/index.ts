import { defineGroup, type CommandGroup } from "@offprint/experiment";
import { importCommand } from "./import.ts";

/** `offprint papers …`. */
export const papersCommands: CommandGroup = defineGroup({
  name: "papers",
  summary: "The papers of the site: bring them in from a dump.",
  commands: [importCommand],
});

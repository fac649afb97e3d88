import { defineGroup, type CommandGroup } from "@offprint/experiment";
import { backupCommand, restoreCommand } from "./backup.ts";
import { importCommand } from "./import.ts";
import { neighboursCommand } from "./neighbours.ts";

/** `offprint papers …`. */
export const papersCommands: CommandGroup = defineGroup({
  name: "papers",
  summary: "The papers of the site: bring them in, back them up, restore them.",
  commands: [importCommand, neighboursCommand, backupCommand, restoreCommand],
});

import { readFileSync } from "node:fs";
import { runProcess } from "@offprint/experiment/cli";

const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

await runProcess({
  name: "offprint",
  version: versionIn(manifest),
  summary: "Papers that run: train, judge and use what they describe.",
  groups: [
    {
      name: "papers",
      summary: "The papers of the site: bring them in from a dump.",
      load: async () => (await import("@offprint/daily-papers/commands")).papersCommands,
    },
    {
      name: "kge",
      summary: "Knowledge graph embedding: learn a graph, rate triples, predict missing ones.",
      load: async () => (await import("@offprint/knowledge-graph-embeddings")).kgeCommands,
    },
    {
      name: "longlora",
      summary: "Long contexts: extend a language model's context, judge it, merge and export it.",
      load: async () => (await import("@offprint/long-context-lora")).longloraCommands,
    },
    {
      name: "moral",
      summary: "Moral direction: rate phrases, keep a language model away from toxic text, measure it.",
      load: async () => (await import("@offprint/moral-direction")).moralCommands,
    },
  ],
});

function versionIn(json: unknown): string {
  const version = typeof json === "object" && json !== null && "version" in json ? json.version : undefined;
  return typeof version === "string" ? version : "unknown";
}

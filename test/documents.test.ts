/** What the documents show is what the code does. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArguments } from "@offprint/experiment";
import { kgeCommands, modelNamed, models, ruleTable } from "@offprint/knowledge-graph-embeddings";
import { longloraCommands } from "@offprint/long-context-lora";
import { moralCommands } from "@offprint/moral-direction";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
const documents = [
  "README.md",
  "CONTRIBUTING.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).map((name) => `docs/${name}`),
].filter((name) => name.endsWith(".md"));
const textOf = (name: string): string => readFileSync(join(root, name), "utf8");
const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map((match) => match[1] ?? "");

/** The words of a command line as a shell would split them. */
const words = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");

describe("every offprint command line in the documents", () => {
  const lines = documents.flatMap((name) =>
    blocks(textOf(name), "sh")
      .flatMap((block) => block.split("\n"))
      .filter((line) => /^(npx )?offprint (kge|longlora|moral) /.test(line))
      .map((line) => [name, line] as const),
  );
  it.each(lines)("%s: %s", (_name, line) => {
    const [group, verb, ...rest] = words(line.replace(/^(npx )?offprint /, ""));
    const groups = [kgeCommands, longloraCommands, moralCommands];
    const command = groups.flatMap(({ commands }) => commands).find(({ name }) => name === `${group} ${verb}`);
    if (!command) throw new Error(`there is no ${group} ${verb}`);
    expect(() => parseArguments(command, rest)).not.toThrow();
  });
});

describe("the program in", () => {
  it.each([
    ["README.md", /finished[\s\S]*score/],
    ["packages/tensor/README.md", /3 parameters[\s\S]*operations/],
    ["packages/training/README.md", /^1 \d[\s\S]*^200 /m],
    ["packages/experiment/README.md", /^/],
    ["packages/moral-direction/README.md", /kill time: 0\.\d\d \([\s\S]*kill people: -0\.\d\d[\s\S]*not a phrase/],
    ["packages/long-context-lora/README.md", /256 tokens originally[\s\S]*attention is causal[\s\S]*update 3: loss \d/],
  ])("%s runs and says what it should", { timeout: 240_000 }, (name, wanted) => {
    const [program = ""] = blocks(textOf(name), "ts");
    // Inside the workspace, so that its packages are found, and ignored by everything else there.
    const folder = mkdtempSync(join(root, "node_modules", ".readme-"));
    try {
      mkdirSync(join(folder, "runs"));
      writeFileSync(join(folder, "program.mts"), `${program}\nprocess.exit(0);\n`);
      const tsx = import.meta.resolve("tsx");
      const args = ["--conditions=source", "--import", tsx, "program.mts"];
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
      expect(stderr).toBe("");
      expect(status).toBe(0);
      expect(stdout).toMatch(wanted);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("the table of rules", () => {
  it("is what the models' own permutations say", async () => {
    const official = (["nfe-2", "nfe-3"] as const).map((name) => modelNamed(name, { official: true }));
    const normal = (table: string): string => table.replaceAll(/ +/g, " ").replaceAll(/-+/g, "-");
    const computed = normal(await ruleTable([...models, ...official]));
    const rows = computed.trim().split("\n").slice(2);
    for (const row of rows) expect(normal(textOf("docs/knowledge-graph-embeddings.md"))).toContain(row);
  });
});

describe("links", () => {
  it.each(documents)("%s points only to files that are there", (name) => {
    const folder = join(root, name, "..");
    for (const [, target = ""] of textOf(name).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)) {
      expect(() => readdirSync(join(folder, target, "..")), target).not.toThrow();
      expect(readdirSync(join(folder, target, ".."))).toContain(target.replace(/\/$/, "").split("/").at(-1));
    }
  });
});

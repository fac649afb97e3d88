import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArguments } from "@offprint/experiment";
import { describe, expect, it } from "vitest";
import { doctorCommand } from "./doctor.ts";

const folder = fileURLToPath(new URL("../../../../../shared/data/models/stories260K", import.meta.url));

async function call(...words: string[]): Promise<{ outcome: unknown; text: string }> {
  const written: string[] = [];
  const outcome = await doctorCommand.run(parseArguments(doctorCommand, ["--model", folder, ...words]), {
    stdout: { write: (text) => written.push(text) },
    stderr: { write: () => true },
    signal: new AbortController().signal,
    env: {},
    version: "0.0.0",
  });
  return { outcome, text: written.join("") };
}

describe.skipIf(!existsSync(folder))("longlora doctor on stories260K (skipped where shared/data is absent)", () => {
  it("passes shifted sparse attention, with a batch and padding", async () => {
    const words = ["--context", "300", "--attention", "s2", "--group", "64", "--batch", "3", "--padding", "7"];
    const { outcome, text } = await call(...words);
    expect(outcome).toBe("completed");
    expect(text).toContain("Causal: no position sees a later token");
  });

  it("refuses the wrapped shift and names who sees whom", async () => {
    const { outcome, text } = await call("--context", "256", "--attention", "paper-wrap", "--group", "64");
    expect(outcome).toBe("failed");
    expect(text).toContain("mask: position 0 sees token 255 in the shifted half (heads 4 to 7)");
    expect(text).toMatch(/logits: position 0 sees token 23, which moved it by/);
  });

  it("gives one JSON document", async () => {
    const { text } = await call("--context", "64", "--attention", "full", "--json");
    expect(JSON.parse(text)).toMatchObject({ attention: "full", causal: true, context: 64, batch: 2 });
  });
});

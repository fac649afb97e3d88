import type * as FileSystem from "node:fs/promises";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { loadLatestCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import { tensorSources } from "./safetensors.ts";

/** Operations on the disk that still happen; after that every one fails, as if the process were gone. */
const power = vi.hoisted(() => ({ left: Infinity }));

function spend(): void {
  if (power.left-- <= 0) throw new Error("the power is off");
}

vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof FileSystem>();
  return {
    ...real,
    mkdir: async (...given: Parameters<typeof real.mkdir>) => (spend(), await real.mkdir(...given)),
    rename: async (...given: Parameters<typeof real.rename>) => (spend(), await real.rename(...given)),
    rm: async (...given: Parameters<typeof real.rm>) => (spend(), await real.rm(...given)),
    open: async (...given: Parameters<typeof real.open>) => {
      spend();
      const file = await real.open(...given);
      const write = file.writeFile.bind(file);
      const sync = file.sync.bind(file);
      file.writeFile = async (...content: Parameters<typeof write>) => (spend(), await write(...content));
      file.sync = async () => (spend(), await sync());
      return file;
    },
  };
});

it("leaves a complete checkpoint wherever between two operations of the disk a save ends", async () => {
  const directory = await mkdtemp(join(tmpdir(), "crash-"));
  const save = (step: number) =>
    saveCheckpoint(directory, {
      step,
      keep: 1,
      progress: () => step,
      tensors: tensorSources({ w: { dtype: "float32", shape: [3], data: new Float32Array(3).fill(step) } }),
    });
  await save(0);
  let kept = 0;
  let crashes = 0;
  for (let operations = 0, finished = false; !finished; operations++) {
    power.left = operations;
    finished = await save(operations + 1).then(
      () => true,
      () => false,
    );
    power.left = Infinity;
    const latest = await loadLatestCheckpoint(directory);
    expect(latest?.damaged).toEqual([]);
    expect([kept, operations + 1]).toContain(latest?.checkpoint.step);
    kept = latest?.checkpoint.step ?? NaN;
    await using file = (await latest?.checkpoint.openState())!;
    expect((await file.read("w")).data).toEqual(new Float32Array(3).fill(kept));
    if (!finished) crashes++;
  }
  expect(crashes).toBeGreaterThan(15);
  expect(await readdir(directory)).toHaveLength(1);
  await rm(directory, { recursive: true });
});

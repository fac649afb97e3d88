import { readFileSync } from "node:fs";
import { logitsOf, weightsOf } from "@offprint/language-model";
import { compile, int32 } from "@offprint/tensor";
import { describe, expect, it } from "vitest";
import { attendWith } from "./attention/shifted-sparse-attention.ts";
import { withLora } from "./lora.ts";
import { expectClose } from "./testing/expect-close.ts";
import { golden, goldenLora, goldenModel, goldenTensor, goldenWeights } from "./testing/longlora-golden.ts";
import type { GoldenArray } from "./testing/longlora-golden.ts";

/** Logits of the same run as the other golden values. */
const logitsOfModes = JSON.parse(
  readFileSync(new URL("testing/golden-logits.json", import.meta.url), "utf8"),
) as Readonly<Record<"full" | "paper" | "noleak", GoldenArray>>;

describe("the golden two-layer model with its adapters", () => {
  it.each([
    ["full", "full"],
    ["paper-wrap", "paper"],
    ["s2", "noleak"],
  ] as const)("has the golden logits with %s attention", async (kind, mode) => {
    const program = await compile({
      state: goldenWeights,
      inputs: { ids: int32([2, 16]) },
      run: ({ state, inputs: { ids } }) => {
        const weights = withLora(weightsOf(state), goldenLora);
        const attend = attendWith({ kind, group: golden.config.group_size });
        return { outputs: { logits: logitsOf(goldenModel, weights, goldenModel.hidden(weights, ids, { attend })) } };
      },
    });
    const { logits } = await program.run({ ids: Int32Array.from(golden.input_ids.flat()) });
    expectClose(logits, goldenTensor(logitsOfModes[mode]), mode);
    await program.dispose();
    expect(logits.shape).toEqual([2, 16, 61]);
  });
});

import { compile, elementCount, hostTensor, int32 } from "@offprint/tensor";
import { describe, expect, it } from "vitest";
import { readFileSync } from "node:fs";
import { readModelConfig } from "./config.ts";
import { createModel } from "./create-model.ts";
import { expectClose } from "./testing/expect-close.ts";
import { logitsOf, weightsOf } from "./weights.ts";

const { ids, cases } = JSON.parse(
  readFileSync(new URL("testing/transformers-golden.json", import.meta.url), "utf8"),
) as {
  readonly ids: readonly (readonly number[])[];
  readonly cases: readonly { readonly name: string; readonly config: object; readonly logits: readonly number[] }[];
};

/** Weights by the formula that the file's script tells. */
function formulaWeights(shapes: Readonly<Record<string, readonly number[]>>) {
  const names = Object.keys(shapes).toSorted((a, b) => (a < b ? -1 : 1));
  return Object.fromEntries(
    names.map((name, index) => {
      const shape = shapes[name] ?? [];
      const offset = shape.length === 1 && name.endsWith("weight") ? 1 : 0;
      const value = (_: unknown, i: number) => offset + 0.3 * Math.sin(0.0173 * i * i + 0.61 * i + 1.3 * index);
      return [name, hostTensor(Float32Array.from({ length: elementCount(shape) }, value), shape)];
    }),
  );
}

describe.each(cases)("$name", ({ name, config, logits }) => {
  const model = createModel(readModelConfig(config, name));
  const [batch, n] = [ids.length, ids[0]?.length ?? 0];

  it.each(["absent", "given once", "given a row each"])(
    "has the logits of transformers, positions %s",
    async (given) => {
      const shape = given === "given once" ? [n] : [batch, n];
      const program = await compile({
        state: formulaWeights(model.shapes),
        inputs: { ids: int32([batch, n]), positions: int32(shape) },
        run: ({ state, inputs: { ids, positions } }) => {
          const weights = weightsOf(state);
          const options = given === "absent" ? {} : { positions, contextLength: n };
          return { outputs: { logits: logitsOf(model, weights, model.hidden(weights, ids, options)) } };
        },
      });
      const positions = Int32Array.from({ length: elementCount(shape) }, (_, i) => i % n);
      const found = await program.run({ ids: Int32Array.from(ids.flat()), positions });
      expectClose(found.logits, hostTensor(Float32Array.from(logits), [batch, n, model.config.vocabularySize]), name);
      await program.dispose();
    },
  );
});

describe("a model", () => {
  const gpt2 = createModel(readModelConfig(cases.at(-1)?.config, "gpt2"));
  const mistral = createModel(readModelConfig(cases.at(-2)?.config, "mistral"));
  const run = async (model: typeof gpt2, n: number, shape: readonly number[] = [1, n]) => {
    await compile({
      state: formulaWeights(model.shapes),
      inputs: { ids: int32(shape), positions: int32([3]) },
      run: ({ state, inputs }) => {
        const options = n === 2 ? { positions: inputs.positions } : {};
        return { outputs: { hidden: model.hidden(weightsOf(state), inputs.ids, options) } };
      },
    });
  };

  it("refuses more tokens than it has positions for, or sees through its window", async () => {
    await expect(run(gpt2, 17)).rejects.toThrow(/17 tokens exceed the 16 positions that this GPT-2 has learned/);
    await expect(run(mistral, 11)).rejects.toThrow(
      /11 tokens exceed this Mistral's sliding window of 10.*null in config/,
    );
  });

  it("refuses ids and positions of other shapes", async () => {
    await expect(run(gpt2, 5, [5])).rejects.toThrow("token ids must be [batch, tokens], got [5]");
    await expect(run(gpt2, 2)).rejects.toThrow("positions must be [2] or [1, 2] like the ids, got [3]");
  });

  it("names a weight that is missing", () => {
    expect(() => weightsOf({}).get("model.norm.weight")).toThrow('no weight "model.norm.weight" among the 0 given');
  });
});

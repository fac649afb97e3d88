import { weightsOf } from "@offprint/language-model";
import { compile, hostTensor, mul, sum, valueAndGrad, type HostTensor, type Tensor } from "@offprint/tensor";
import { RandomStream } from "@offprint/training";
import { describe, expect, it } from "vitest";
import { adaptedLayers, initialAdapter, withLora, type LoraConfig } from "./lora.ts";
import { trainableNames } from "./method.ts";
import { expectClose } from "./testing/expect-close.ts";
import { goldenLora, goldenModel, goldenWeights } from "./testing/longlora-golden.ts";

const random = (name: string, shape: readonly number[]): HostTensor => {
  const size = shape.reduce((product, length) => product * length, 1);
  return hostTensor(RandomStream.create(2, name).fillNormal(new Float32Array(size), 0, 0.5), shape);
};

const [rank, inputs, outputs] = [3, 6, 5];
const lora: LoraConfig = { rank, alpha: 7, dropout: 0, targets: ["proj"], rankStabilised: false, dora: false };
const layer = {
  "a.proj.lora_A.weight": random("A", [rank, inputs]),
  "a.proj.lora_B.weight": random("B", [outputs, rank]),
  "a.proj.lora_magnitude_vector": random("m", [outputs]),
};
const weight = random("W", [outputs, inputs]);
const bias = random("bias", [outputs]);
const at = ({ data, shape }: HostTensor, row: number, column: number): number =>
  Number(data[row * (shape[1] ?? 1) + column]);

/** s · B · A at one place. */
function updateAt({ alpha, rankStabilised }: LoraConfig, o: number, i: number): number {
  let total = 0;
  for (let k = 0; k < rank; k++)
    total += at(layer["a.proj.lora_B.weight"], o, k) * at(layer["a.proj.lora_A.weight"], k, i);
  return (alpha / (rankStabilised ? Math.sqrt(rank) : rank)) * total;
}

/** Euclidean lengths of the rows of W + s · B · A. */
const lengthsNow = (config: LoraConfig): number[] =>
  Array.from({ length: outputs }, (_, o) =>
    Math.hypot(...Array.from({ length: inputs }, (_, i) => at(weight, o, i) + updateAt(config, o, i))),
  );

/**
 * An adapted layer by its definition, number by number.
 * @param lengths of DoRA's rows; absent: as they are now.
 */
function byDefinition(x: HostTensor, config: LoraConfig, lengths = lengthsNow(config)): Float32Array {
  const tokens = x.shape[0] ?? 0;
  return Float32Array.from({ length: tokens * outputs }, (_, place) => {
    const [t, o] = [Math.floor(place / outputs), place % outputs];
    let [base, change] = [0, 0];
    for (let i = 0; i < inputs; i++) {
      base += at(weight, o, i) * at(x, t, i);
      change += updateAt(config, o, i) * at(x, t, i);
    }
    const magnitude = Number(layer["a.proj.lora_magnitude_vector"].data[o]);
    const factor = config.dora ? magnitude / (lengths[o] ?? NaN) : 1;
    return factor * (base + change) + Number(bias.data[o]);
  });
}

/** The layer's output, and gradients of Σ output · g by the adapter and x. */
async function run(
  config: LoraConfig,
  x: HostTensor,
  stored: "out-in" | "in-out" = "out-in",
  noise?: Readonly<Record<"rows" | "columns", HostTensor>>,
) {
  const turned = Float32Array.from({ length: inputs * outputs }, (_, i) =>
    at(weight, i % outputs, Math.floor(i / outputs)),
  );
  const own = stored === "out-in" ? weight : hostTensor(turned, [inputs, outputs]);
  const g = random("g", [x.shape[0] ?? 0, outputs]);
  const program = await compile({
    state: { params: { ...layer, x }, own, bias, g, ...(noise && { noise }) },
    run: ({ state }) => {
      const { params, own, bias, g, noise } = state as unknown as {
        params: Record<string, Tensor>;
        noise?: Record<"rows" | "columns", Tensor>;
      } & Record<"own" | "bias" | "g", Tensor>;
      const output = (learned: Record<string, Tensor>): Tensor => {
        const weights = weightsOf({ ...learned, "a.proj.weight": own, "a.proj.bias": bias });
        return withLora(weights, config, noise).linear("a.proj", learned["x"]!, stored);
      };
      const { grads } = valueAndGrad((learned: Record<string, Tensor>) => sum(mul(output(learned), g)))(params);
      const outputs: Record<string, Tensor> = { y: output(params), ...grads };
      return { outputs };
    },
  });
  const found = await program.run({});
  await program.dispose();
  return { found, g };
}

const forms: readonly (readonly [string, LoraConfig])[] = [
  ["LoRA", lora],
  ["rsLoRA", { ...lora, rankStabilised: true }],
  ["DoRA", { ...lora, dora: true }],
];

describe.each(forms)("%s", (_name, config) => {
  // One token goes through the two thin products, many through the merged matrix.
  it.each([
    [1, "out-in"],
    [9, "out-in"],
    [1, "in-out"],
    [9, "in-out"],
  ] as const)("is its definition for %i tokens, W stored %s", async (tokens, stored) => {
    const x = random("x", [tokens, inputs]);
    const { found } = await run(config, x, stored);
    expectClose(found["y"]!, hostTensor(byDefinition(x, config), [tokens, outputs]), "y", 1e-4, 1e-5);
  });

  it.each([1, 9])("has the gradients that finite differences give, for %i tokens", async (tokens) => {
    const x = random("x", [tokens, inputs]);
    const { found, g } = await run(config, x);
    const lengths = lengthsNow(config); // constants to derivatives
    const value = (): number =>
      byDefinition(x, config, lengths).reduce((total, y, i) => total + y * Number(g.data[i]), 0);
    const learned = { ...layer, x };
    const names = Object.keys(learned).filter((name) => config.dora || !name.endsWith("magnitude_vector"));
    for (const name of names) expectDifferences(learned[name as keyof typeof learned], found[name]!, value);
  });
});

function expectDifferences(tensor: HostTensor, grad: HostTensor, value: () => number): void {
  const data = tensor.data as Float32Array;
  for (const [i, before] of Array.from(data).entries()) {
    const h = 1 / 64;
    data[i] = before + h;
    const above = value();
    data[i] = before - h;
    const below = value();
    data[i] = before;
    expect(Number(grad.data[i])).toBeCloseTo((above - below) / (2 * h), 3);
  }
}

describe("dropout", () => {
  const tokens = 4000;
  const noise = (seed: number) => {
    const stream = RandomStream.create(seed, "dropout");
    const vector = (size: number) => hostTensor(stream.fillUniform(new Float32Array(size), 0, 64));
    return { rows: vector(tokens), columns: vector(inputs + 3) };
  };
  const ones = hostTensor(new Float32Array(tokens * inputs).fill(1), [tokens, inputs]);
  const square = (diagonal: number): HostTensor => {
    const data = Float32Array.from({ length: inputs * inputs }, (_, i) => (i % (inputs + 1) === 0 ? diagonal : 0));
    return hostTensor(data, [inputs, inputs]);
  };
  // With A = B = 1 and W = 0 a layer gives back what its adapter is given.
  const kept = async (name: string, seed: number): Promise<Float32Array> => {
    const program = await compile({
      state: { x: ones, one: square(1), zero: square(0), noise: noise(seed) },
      run: ({ state: { x, one, zero, noise } }) => {
        const weights = weightsOf({
          [`${name}.weight`]: zero,
          [`${name}.lora_A.weight`]: one,
          [`${name}.lora_B.weight`]: one,
        });
        const config = { ...lora, rank: inputs, alpha: inputs, dropout: 0.25, targets: [name] };
        return { outputs: { y: withLora(weights, config, noise).linear(name, x) } };
      },
    });
    const { y } = await program.run({});
    await program.dispose();
    return y.data as Float32Array;
  };
  const agreement = (left: Float32Array, right: Float32Array): number =>
    left.reduce((same, value, i) => same + ((value === 0) === (right[i] === 0) ? 1 : 0), 0) / left.length;

  it("leaves out its share, stretches the rest, repeats itself, and differs by layer, update, row and column", async () => {
    const [q, again, k, next] = await Promise.all([kept("q", 1), kept("q", 1), kept("k", 1), kept("q", 2)]);
    expect(again).toEqual(q);
    expect(new Set(Array.from(q, (value) => Math.round(value * 3)))).toEqual(new Set([0, 4]));
    expect(Math.abs(q.filter((value) => value === 0).length / q.length - 0.25)).toBeLessThan(0.01);
    for (const other of [k, next, shifted(q, 1), shifted(q, inputs)]) {
      expect(Math.abs(agreement(q, other) - (0.75 ** 2 + 0.25 ** 2))).toBeLessThan(0.03);
    }
  });
});

const shifted = (values: Float32Array, by: number): Float32Array =>
  Float32Array.from(values, (_, i) => values[(i + by) % values.length] ?? 0);

describe("an adapter at its start", () => {
  it("changes nothing: A within 1/√in by the seed, B zero, magnitudes the lengths of the rows", () => {
    const config: LoraConfig = { ...goldenLora, dora: true };
    const adapter = initialAdapter(goldenModel, config, 5, goldenWeights);
    expect(initialAdapter(goldenModel, config, 5, goldenWeights)).toEqual(adapter);
    const q = "model.layers.0.self_attn.q_proj";
    const down = adapter[`${q}.lora_A.weight`]!;
    expect(down.shape).toEqual([4, 32]);
    const largest = Math.max(...Array.from(down.data as Float32Array, Math.abs));
    expect(largest).toBeLessThanOrEqual(1 / Math.sqrt(32));
    expect(largest).toBeGreaterThan(0.9 / Math.sqrt(32));
    expect(Array.from(adapter[`${q}.lora_B.weight`]!.data as Float32Array).every((value) => value === 0)).toBe(true);
    const row = (goldenWeights[`${q}.weight`]!.data as Float32Array).subarray(32, 64);
    expect(adapter[`${q}.lora_magnitude_vector`]?.data[1]).toBeCloseTo(Math.hypot(...row), 5);
  });

  it("names the layers there are when a target fits none", () => {
    expect(() => adaptedLayers(goldenModel, { ...goldenLora, targets: ["q_proj", "w_proj"] })).toThrow(
      /"w_proj"; there are q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj/,
    );
  });
});

describe("what a method trains", () => {
  it.each([
    ["lora", 0, 0, 0],
    ["lora+norm", 0, 5 * 32, 0],
    ["lora+embed", 61 * 32, 0, 0],
    ["lora+", 61 * 32, 5 * 32, 0],
    ["full", 61 * 32, 5 * 32, 2 * (2 * 32 * 32 + 2 * 16 * 32 + 3 * 48 * 32) + 61 * 32],
  ] as const)("%s: the untied output matrix only in full", (method, embeddings, norms, rest) => {
    const { counts, head } = trainableNames(goldenModel, method, goldenLora);
    expect(counts).toEqual({ adapter: method === "full" ? 0 : 2 * 4 * (2 * 64 + 2 * 48), embeddings, norms, rest });
    expect(head).toBe(method === "full");
  });
});

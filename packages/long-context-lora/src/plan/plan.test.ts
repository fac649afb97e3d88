import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createModel } from "@offprint/language-model";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AttentionKind } from "../attention/segments.ts";
import { attentionMask } from "../attention/masks.ts";
import { crossover, planCompute } from "./compute.ts";
import { parseBytes } from "./machine-memory.ts";
import { planMemory } from "./memory.ts";
import { planRun, requireFit } from "./plan.ts";
import { planModel } from "./planned-model.ts";
import { presetConfig, presetNames } from "./presets.ts";
import type { PlanSettings } from "./settings.ts";

const modelOf = (name: string) => createModel(presetConfig(name)!);
const lora = {
  rank: 8,
  alpha: 16,
  dropout: 0,
  targets: ["q_proj", "k_proj", "v_proj", "o_proj"],
  rankStabilised: false,
  dora: false,
};
const settings = (given: Partial<PlanSettings> = {}): PlanSettings => ({
  length: 4096,
  batchSize: 1,
  attention: { kind: "s2" },
  method: "lora+",
  lora,
  recompute: true,
  ...given,
});

/** TFLOPs of Llama-2 7B, recomputed from the paper's table 11: attention full, attention S², projections, FFN, head. */
const table11 = [
  [8192, 35.2, 8.8, 35.2, 70.9, 2.1],
  [16384, 140.7, 35.2, 70.4, 141.8, 4.3],
  [32768, 562.9, 140.7, 140.7, 283.7, 8.6],
  [65536, 2251.8, 562.9, 281.5, 567.3, 17.2],
] as const;

describe("planCompute", () => {
  it.each(table11)(
    "counts a forward pass at %i tokens as the paper's table 11 does",
    (length, full, s2, proj, ffn, head) => {
      for (const [kind, attention] of [
        ["full", full],
        ["s2", s2],
      ] as const) {
        const { forward } = planCompute(modelOf("llama2-7b"), settings({ length, attention: { kind } }));
        const found = [forward.attention, forward.projections, forward.feedForward, forward.head];
        expect(found.map((flops) => Number((flops / 1e12).toFixed(1)))).toEqual([attention, proj, ffn, head]);
      }
    },
  );

  it("tells as causal saving what no mask lets through", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom<AttentionKind>("full", "s2", "short"),
        fc.integer({ min: 1, max: 12 }),
        (length, kind, halfGroup) => {
          const model = modelOf("smollm2-135m"); // nine heads: four are shifted
          const attention = { kind, group: 2 * halfGroup };
          const { forward, causalSaving } = planCompute(model, settings({ length, attention }));
          const pairs = (shifted: boolean) => attentionMask(attention, length, shifted).reduce((a, b) => a + b, 0);
          const seen = 4 * 64 * 30 * (5 * pairs(false) + 4 * pairs(true));
          expect(forward.attention - causalSaving).toBe(seen);
        },
      ),
    );
  });

  it("counts products once more for gradients of weights and for recomputation", () => {
    const of = (given: Partial<PlanSettings>) => planCompute(modelOf("llama2-7b"), settings(given)).step;
    const plain = of({ recompute: false });
    expect(of({}).projections / plain.projections).toBe(1.5);
    expect(of({ recompute: false, method: "full" }).feedForward / plain.feedForward).toBe(1.5);
    expect(of({ recompute: false, batchSize: 2, accumulate: 3 }).attention / plain.attention).toBe(6);
    expect(of({ method: "full" }).adapters).toBe(0);
  });

  it("grows linearly with the context where the group is fixed", () => {
    const of = (length: number) =>
      planCompute(modelOf("llama2-7b"), settings({ length, attention: { kind: "s2", group: 512 } })).stepTotal / length;
    expect(of(65_536) / of(4096)).toBeLessThan(1.01);
  });
});

describe("crossover", () => {
  it("finds the shortest context at which shifted attention saves that much", () => {
    const model = modelOf("llama2-7b");
    const at = crossover(model, settings(), 0.9)!;
    const share = (length: number) =>
      planCompute(model, settings({ length })).stepTotal /
      planCompute(model, settings({ length, attention: { kind: "full" } })).stepTotal;
    expect(share(at)).toBeLessThanOrEqual(0.9);
    expect(share(at - 8)).toBeGreaterThan(0.9);
    expect(crossover(model, settings(), 0.1)).toBeUndefined();
    expect(crossover(model, settings({ attention: { kind: "full" } }), 0.9)).toBeUndefined();
  });
});

describe("planMemory", () => {
  const of = (given: Partial<PlanSettings>, name = "llama2-7b") => planMemory(modelOf(name), settings(given));

  it("counts a published model's parameters", () => {
    expect(of({ method: "full" }).weights / 4).toBe(6_738_415_616);
    expect(of({ method: "full" }, "smollm2-135m").weights / 4).toBe(134_515_008);
  });

  it("shows that trainable embeddings weigh on the optimiser, more than all adapters", () => {
    const memory = of({});
    expect(memory.embeddingOptimizer).toBe(8 * 32_000 * 4096);
    expect(memory.embeddingOptimizer).toBeGreaterThan(10 * memory.optimizer);
    expect(of({ method: "lora" }).embeddingOptimizer).toBe(0);
  });

  it("counts the program of each other length that is kept, and no weights twice", () => {
    const [plain, both] = [of({}), of({ otherLengths: [4096, 512] })];
    const { otherPrograms, overhead, total, ...rest } = both;
    expect(rest).toMatchObject({ weights: plain.weights, activations: plain.activations, logits: plain.logits });
    const { gradients, activations, attention, logits } = plain;
    expect(of({ otherLengths: [4096] }).otherPrograms).toBeGreaterThan(gradients + activations + attention + logits);
    expect(otherPrograms).toBeLessThan(2 * of({ otherLengths: [4096] }).otherPrograms);
    expect(total).toBe(Object.values(rest).reduce((a, b) => a + b, 0) + otherPrograms + overhead);
    expect(plain.otherPrograms).toBe(0);
    const small = (otherLengths: number[]) => of({ otherLengths }, "smollm2-135m");
    const added = small([2048]).total - small([]).total;
    expect(added / small([2048]).otherPrograms).toBeCloseTo(1);
  });

  it("grows with everything that costs memory", () => {
    const total = (given: Partial<PlanSettings>) => of(given, "smollm2-135m").total;
    expect(total({ length: 8192 })).toBeGreaterThan(total({}));
    expect(total({ batchSize: 2 })).toBeGreaterThan(total({}));
    expect(total({ recompute: false })).toBeGreaterThan(total({}));
    expect(total({ attention: { kind: "full" } })).toBeGreaterThanOrEqual(total({})); // scores are never all in memory
    expect(total({ method: "full" })).toBeGreaterThan(total({ method: "lora" }));
  });
});

describe("planRun", () => {
  it("refuses before starting what does not fit, with the numbers", () => {
    const plan = planRun(modelOf("llama2-7b"), settings(), { machineMemory: 8 * 2 ** 30 });
    expect(plan.fits).toBe(false);
    expect(() => requireFit(plan)).toThrow(
      /would need about 5\d.GiB of memory, and there are 8\.0.GiB.*weights 25.GiB/,
    );
    expect(() =>
      requireFit(planRun(modelOf("stories260k"), settings({ length: 512 }), { machineMemory: 2 ** 30 })),
    ).not.toThrow();
  });

  it("tells time only from measured rates", () => {
    const model = modelOf("stories260k");
    expect(planRun(model, settings()).secondsPerStep).toBeUndefined();
    const { compute, secondsPerStep } = planRun(model, settings(), { rates: { flops: 1e9, scores: 1e8 } });
    expect(secondsPerStep).toBeCloseTo(compute.stepTotal / 1e9 + compute.stepScores / 1e8);
  });

  it("knows the sizes of every preset", () => {
    for (const name of presetNames) expect(planRun(modelOf(name), settings()).memory.total).toBeGreaterThan(2 ** 20);
    expect(presetConfig("gpt-5")).toBeUndefined();
  });
});

describe("parseBytes", () => {
  it("reads sizes as people write them", () => {
    expect(["24GiB", "512 MiB", "1.5g", "1000", "7 b"].map(parseBytes)).toEqual([
      24 * 2 ** 30,
      2 ** 29,
      1.5 * 2 ** 30,
      1000,
      7,
    ]);
    expect(["", "many", "-1g", "1 parsec"].map(parseBytes)).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe("planModel", () => {
  it("reads a config.json without weights, and knows names", async () => {
    const folder = await mkdtemp(join(tmpdir(), "plan-"));
    try {
      await writeFile(join(folder, "config.json"), JSON.stringify(presetConfig("tinyllama-1.1b")!.json));
      expect((await planModel(folder)).shapes).toEqual(modelOf("tinyllama-1.1b").shapes);
      expect((await planModel(join(folder, "config.json"))).config.layers).toBe(22);
      expect((await planModel("Llama2-7B")).config.layers).toBe(32);
      await expect(planModel(tmpdir())).rejects.toThrow(/config.json: no folder with a config.json/);
      await writeFile(join(folder, "config.json"), "{");
      await expect(planModel(folder)).rejects.toThrow(/config.json: cannot be read as JSON/);
      await expect(planModel("llama9")).rejects.toThrow(/llama9: no folder .* known names: stories260k/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

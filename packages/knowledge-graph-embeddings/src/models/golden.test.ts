import {
  compile,
  createResident,
  hostTensor,
  int32,
  valueAndGrad,
  type HostTensor,
  type Tensor,
} from "@offprint/tensor";
import { adam } from "@offprint/training";
import { describe, expect, it } from "vitest";
import { losses } from "../losses.ts";
import { candidateMatrix, queryMatrix, rowsOf, scoreAll, type Embeddings } from "../scoring.ts";
import { compileStep, type TrainingTree } from "../training/step-program.ts";
import { goldenLayouts, nfeGolden, splitParts, type GoldenVariant } from "../testing/nfe-golden.ts";
import { modelNamed } from "./index.ts";

function expectClose(actual: HostTensor, wanted: HostTensor, rtol = 1e-4, atol = 1e-5): void {
  expect(actual.shape).toEqual(wanted.shape);
  for (const [i, w] of Array.from(wanted.data as Float32Array).entries()) {
    const a = Number(actual.data[i]);
    if (!(Math.abs(a - w) <= atol + rtol * Math.abs(w))) expect.fail(`at ${i}: got ${a}, wanted ${w}`);
  }
}

const { heads, relations, tails } = nfeGolden.batch;
const ints = (values: readonly number[]): Int32Array => Int32Array.from(values);

describe.each(Object.entries(goldenLayouts))("%s, as the official code has it", (name, layout) => {
  const variant = nfeGolden.variants[name] as GoldenVariant;
  const model = modelNamed(layout.model, { official: true });
  const params = {
    entity: splitParts(variant.entity, layout.entity),
    relation: splitParts(variant.relation, layout.relation),
  };
  const { gamma } = variant;
  const count = heads.length;

  it("has the golden scores, loss and gradients", async () => {
    const program = await compile({
      state: { params },
      inputs: { heads: int32([count]), relations: int32([count]), tails: int32([count]) },
      run: ({ state, inputs }) => {
        const embeddings = state.params;
        const scores = (p: Embeddings) =>
          scoreAll(queryMatrix(model, p, inputs.heads, inputs.relations, gamma), candidateMatrix(model, p.entity));
        const { value, grads } = valueAndGrad((p: Embeddings) =>
          losses["one-vs-all-softplus"]({
            queries: queryMatrix(model, p, inputs.heads, inputs.relations, gamma),
            candidates: candidateMatrix(model, p.entity),
            answers: inputs.tails,
            adversarialTemperature: 1,
          }),
        )(embeddings);
        const rows = [rowsOf(embeddings.entity, inputs.heads), rowsOf(embeddings.relation, inputs.relations)] as const;
        const pairwise = model.score(...rows, rowsOf(embeddings.entity, inputs.tails));
        const parts = Object.entries({ ...prefixed("entity", grads.entity), ...prefixed("relation", grads.relation) });
        return { outputs: { scores: scores(embeddings), loss: value, pairwise, ...Object.fromEntries(parts) } };
      },
    });
    const result: Record<string, HostTensor> = await program.run({
      heads: ints(heads),
      relations: ints(relations),
      tails: ints(tails),
    });
    const wantedScores = hostTensor(Float32Array.from(variant.scores.flat()), [count, nfeGolden.numEntities]);
    expectClose(result["scores"] as HostTensor, wantedScores);
    expectClose(result["loss"] as HostTensor, hostTensor(Float32Array.of(variant.loss), []));
    const own = tails.map((tail, i) => (variant.scores[i]?.[tail] ?? NaN) - (model.kind === "distance" ? gamma : 0));
    expectClose(result["pairwise"] as HostTensor, hostTensor(Float32Array.from(own)));
    for (const [side, layoutOf, rows] of [
      ["entity", layout.entity, variant.gradEntity],
      ["relation", layout.relation, variant.gradRelation],
    ] as const) {
      for (const [part, wanted] of Object.entries(splitParts(rows, layoutOf))) {
        expectClose(result[`${side}.${part}`] as HostTensor, wanted);
      }
    }
    await program.dispose();
  });

  it("follows the golden trace of 20 Adam steps", async () => {
    const trace = variant.adamTrace;
    const optimizer = adam({ beta1: trace.betas[0], beta2: trace.betas[1], epsilon: trace.eps });
    const state = await createResident<TrainingTree>({
      params,
      optimizer: optimizer.init(params) as TrainingTree["optimizer"],
    });
    const settings = {
      model,
      optimizer,
      gamma,
      loss: "one-vs-all-softplus",
      negatives: 0,
      adversarialTemperature: 1,
    } as const;
    const steps = await Promise.all(trace.batches.map(([from, to]) => compileStep(state, settings, to - from)));
    const seen: number[] = [];
    for (let epoch = 0; epoch < trace.epochs; epoch++) {
      const learningRate = Float32Array.of(trace.lr * trace.decayRate ** epoch);
      for (const [i, [from, to]] of trace.batches.entries()) {
        const inputs = {
          heads: ints(heads.slice(from, to)),
          relations: ints(relations.slice(from, to)),
          tails: ints(tails.slice(from, to)),
        };
        const result = await steps[i]?.run({ ...inputs, learningRate });
        seen.push(Number(result?.loss.data[0]));
      }
    }
    expectClose(hostTensor(Float32Array.from(seen)), hostTensor(Float32Array.from(trace.losses)));
    const final = (await state.readAll()).params;
    for (const [side, layoutOf, rows] of [
      ["entity", layout.entity, trace.finalEntity],
      ["relation", layout.relation, trace.finalRelation],
    ] as const) {
      for (const [part, wanted] of Object.entries(splitParts(rows, layoutOf))) {
        expectClose(final[side][part] as HostTensor, wanted, 1e-3, 1e-4);
      }
    }
    for (const step of steps) await step.dispose();
    state.dispose();
  });
});

const prefixed = (prefix: string, parts: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(parts).map(([part, tensor]) => [`${prefix}.${part}`, tensor]));

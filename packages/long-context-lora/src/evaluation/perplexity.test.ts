import { createModel, logitsOf, weightsOf } from "@offprint/language-model";
import { cachePrograms, compile, int32 } from "@offprint/tensor";
import { RandomStream } from "@offprint/training";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomTensors, toyLora, toyModel } from "../artefacts/testing.ts";
import { adapterShapes } from "../lora.ts";
import { EvaluationInputError, NonFiniteLossError } from "./errors.ts";
import { createEvaluatedModel, type EvaluatedModel } from "./evaluated-model.ts";
import { compareLosses, defaultStride, measurePerplexity, perplexity } from "./perplexity.ts";

const { config, weights } = toyModel();
const model = createModel(config);
const random = RandomStream.create(3, "texts");
const textOf = (length: number): Int32Array => Int32Array.from({ length }, () => Math.floor(random.uniform() * 29));
const documents = [textOf(53), textOf(9), textOf(1), textOf(30)];

let judged: EvaluatedModel;
beforeAll(async () => {
  judged = await createEvaluatedModel({ model, weights });
});
afterAll(() => judged.dispose());

/** A plain pass over n tokens. */
const passes = cachePrograms((n: number) =>
  compile({
    state: weights,
    inputs: { ids: int32([1, n]) },
    run: ({ state, inputs: { ids } }) => {
      const read = weightsOf(state);
      return { outputs: { logits: logitsOf(model, read, model.hidden(read, ids)) } };
    },
  }),
);
afterAll(() => passes.dispose());

/** −log p of the token after `before`, from a pass over just these tokens. */
async function plainLoss(before: Int32Array, next: number): Promise<number> {
  const { logits } = await (await passes.get(before.length)).run({ ids: before });
  const last = Array.from((logits.data as Float32Array).subarray((before.length - 1) * 29));
  return Math.log(last.reduce((sum, logit) => sum + Math.exp(logit), 0)) - last[next]!;
}

async function meanOf(cases: readonly (readonly [before: Int32Array, next: number])[]): Promise<number> {
  let sum = 0;
  for (const [before, next] of cases) sum += await plainLoss(before, next);
  return sum / cases.length;
}

describe("perplexity", () => {
  it("in the strict protocol is the mean over each token once, documents apart", async () => {
    const [context, stride] = [16, 4];
    const cases = documents.flatMap((ids) =>
      Array.from({ length: ids.length - 1 }, (_, i) => {
        const at = i + 1;
        // The first window counts to its end; later ones count `stride` tokens each, after context − stride others.
        const begin = at < context ? 0 : Math.ceil((at + 1 - context) / stride) * stride;
        return [ids.slice(begin, at), ids[at]!] as const;
      }),
    );
    const report = await perplexity(judged, documents, { context, stride });
    expect(report.loss).toBeCloseTo(await meanOf(cases), 5);
    expect(report.perplexity).toBeCloseTo(Math.exp(report.loss), 10);
    expect(report.tokens).toBe(52 + 8 + 29);
    expect(report.allWindows).toBe(report.windows);
  });

  it("in the paper's protocol is the mean of batch means over all tokens of crossing windows", async () => {
    const [context, stride, batch] = [12, 10, 3];
    const stream = documents.flatMap((ids) => [...ids]);
    const begins = Array.from({ length: 100 }, (_, i) => i * stride).filter((begin) => begin < stream.length - context);
    begins.pop();
    expect(begins.length % batch).not.toBe(0);
    const losses = await Promise.all(
      begins.map((begin) => {
        const ids = Int32Array.from(stream.slice(begin, begin + context));
        return meanOf(Array.from({ length: context - 1 }, (_, i) => [ids.slice(0, i + 1), ids[i + 1]!] as const));
      }),
    );
    const batches = Array.from({ length: Math.ceil(losses.length / batch) }, (_, i) =>
      losses.slice(i * batch, (i + 1) * batch),
    );
    const wanted = batches.reduce((sum, one) => sum + one.reduce((a, b) => a + b, 0) / one.length, 0) / batches.length;
    const report = await perplexity(judged, documents, { context, stride, batch, protocol: "longlora" });
    expect(report.loss).toBeCloseTo(wanted, 5);
    expect(report.perplexity).toBeCloseTo((271_828 / 100_000) ** wanted, 3);
    expect(report.tokens).toBe(begins.length * (context - 1));
  });

  it("tells the loss by the number of tokens before", async () => {
    const ids = documents[0]!;
    const report = await perplexity(judged, [ids.slice(0, 32)], { context: 32, stride: 16 });
    expect(report.byPosition.map(({ from, to }) => [from, to]).slice(0, 3)).toEqual([
      [1, 2],
      [2, 4],
      [4, 6],
    ]);
    expect(report.byPosition.at(-1)).toMatchObject({ from: 30, to: 32, tokens: 2 });
    const last = await meanOf([
      [ids.slice(0, 30), ids[30]!],
      [ids.slice(0, 31), ids[31]!],
    ]);
    expect(report.byPosition.at(-1)?.loss).toBeCloseTo(last, 5);
    const sum = report.byPosition.reduce((all, { loss, tokens }) => all + loss * tokens, 0);
    expect(sum / 31).toBeCloseTo(report.loss, 6);
  });

  it("has the standard error of blocks that do not overlap, none for a single one", async () => {
    const { report, windows } = await measurePerplexity(judged, documents, { context: 8, stride: 2 });
    const blocks = new Map<string, { sum: number; tokens: number }>();
    for (const { block, sum, tokens } of windows) {
      const old = blocks.get(block) ?? { sum: 0, tokens: 0 };
      blocks.set(block, { sum: old.sum + sum, tokens: old.tokens + tokens });
    }
    const rests = [...blocks.values()].map(({ sum, tokens }) => sum - report.loss * tokens);
    const variance = rests.reduce((all, rest) => all + rest ** 2, 0) / (rests.length - 1);
    expect(report.standardError).toBeCloseTo(Math.sqrt(variance * rests.length) / report.tokens, 10);
    expect(report.interval?.[0]).toBeLessThan(report.perplexity);
    expect(report.interval?.[1]).toBeGreaterThan(report.perplexity);
    expect((await perplexity(judged, [documents[1]!], { context: 16 })).standardError).toBeNull();
  });

  it("judges by fewer windows when asked to, and tells both numbers", async () => {
    const done: number[] = [];
    const report = await perplexity(judged, documents, {
      context: 8,
      stride: 2,
      maxWindows: 5,
      onProgress: (one) => done.push(one),
    });
    expect(report).toMatchObject({ windows: 5, allWindows: 24 + 2 + 12 });
    expect(done.at(-1)).toBe(5);
  });

  it("compares an adapted model window by window", async () => {
    const adapter = randomTensors(adapterShapes(model, toyLora), 5, 0.02);
    const adapted = await createEvaluatedModel({ model, weights: { ...weights, ...adapter }, lora: toyLora });
    const options = { context: 8, stride: 4 };
    const [left, right] = [
      await measurePerplexity(adapted, documents, options),
      await measurePerplexity(judged, documents, options),
    ];
    await adapted.dispose();
    const { difference, standardError } = compareLosses(left, right);
    expect(difference).toBeCloseTo(left.report.loss - right.report.loss, 10);
    expect(difference).not.toBe(0);
    expect(standardError).toBeLessThan(right.report.standardError!); // what texts have in common cancels out
  });

  it("can look through another attention, for ablations", async () => {
    const short = await createEvaluatedModel({ model, weights, attention: { kind: "short", group: 8 } });
    const ids = documents[0]!.slice(0, 16);
    const [full, cut] = [
      await judged.losses({ ids, rows: 1, length: 16 }),
      await short.losses({ ids, rows: 1, length: 16 }),
    ];
    await short.dispose();
    expect([...cut.subarray(0, 7)]).toEqual([...full.subarray(0, 7)]);
    expect(cut[12]).not.toBe(full[12]);
  });

  it("stops when asked to", async () => {
    const stopped = perplexity(judged, documents, { context: 8, signal: AbortSignal.abort(new Error("enough")) });
    await expect(stopped).rejects.toThrow("enough");
  });

  it("refuses foreign tokens, short texts and a model that is broken", async () => {
    await expect(perplexity(judged, [Int32Array.of(1, 29)], { context: 8 })).rejects.toThrow(/token 29.*0 to 28/);
    await expect(perplexity(judged, [Int32Array.of(1)], { context: 8 })).rejects.toThrow(EvaluationInputError);
    const { data, ...norm } = weights["model.norm.weight"]!;
    const broken = { ...weights, "model.norm.weight": { ...norm, data: (data as Float32Array).map(() => NaN) } };
    const diverged = await createEvaluatedModel({ model, weights: broken });
    await expect(perplexity(diverged, documents, { context: 8 })).rejects.toThrow(NonFiniteLossError);
    await diverged.dispose();
  });
});

describe("defaultStride", () => {
  it("is the paper's 256 where that leaves context", () => {
    expect([2, 16, 400, 4096].map(defaultStride)).toEqual([1, 8, 200, 256]);
  });
});

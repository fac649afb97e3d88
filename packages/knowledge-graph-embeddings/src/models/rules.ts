/**
 * Which logical rules a model can represent, checked by computing rather than by citing: relations that should obey a rule
 * are constructed from the model's own permutations, and the rule is tried on random entities.
 */
import { abs, compile, hostTensor, reduceMax, sub, type HostTensor, type Tensor } from "@offprint/tensor";
import { RandomStream } from "@offprint/training";
import type { Model, Parts } from "./model.ts";

/** The rules, and what is tried. Distances count as "holds" when they are 0, that is: as close as any entity can come. */
export const rules = {
  symmetry:
    "r(x, y) ⇔ r(y, x): there is r, not the identity, with equal scores of (x, r, y) and (y, r, x) for all x, y",
  antisymmetry:
    "r(x, y) ⇒ ¬r(y, x): there is r with score(x, r, y) > score(y, r, x) for y where r carries x, for all x",
  inversion: "r(x, y) ⇔ r′(y, x): every r has an r′ among the relations that carries every x back",
  composition: "r₁(x, y) ∧ r₂(y, z) ⇒ r₃(x, z): every r₁, r₂ have an r₃ among the relations that does both",
  "non-commutativity": "r₂ after r₁ is not r₁ after r₂, for random r₁, r₂",
} as const;
export type Rule = keyof typeof rules;

/** Largest difference of scores that still counts as equal, in float32; the scores here are of the order of 10. */
const tolerance = 1e-3;

/** What `model` can represent. A comparison by similarity cannot say "r carries x to y": there, images are compared. */
export async function checkRules(model: Model, { seed = 0 }: { seed?: number } = {}): Promise<Record<Rule, boolean>> {
  const samples = 64;
  const width = 8;
  const stream = RandomStream.create(seed, `rules of ${model.name}`);
  const draw = (parts: Model["entity"]): Record<string, HostTensor> =>
    Object.fromEntries(
      Object.keys(parts).map((name) => {
        const values = stream.fillUniform(new Float32Array(samples * width), 0.3, 1.3);
        return [
          name,
          hostTensor(
            values.map((value) => (stream.uniform() < 0.5 ? value : -value)),
            [samples, width],
          ),
        ];
      }),
    );
  const state = { x: draw(model.entity), y: draw(model.entity), r1: draw(model.relation), r2: draw(model.relation) };
  const program = await compile({
    state,
    run: ({ state: symbols }) => {
      const { x, y, r1, r2 } = symbols as Record<keyof typeof state, Parts>;
      const involution = model.involution(r1);
      const inverse = model.invertRelation(r1);
      const both = model.composeRelations(r2, r1);
      return {
        outputs: {
          // Symmetry: the difference of both directions, and how far the relation is from doing nothing.
          symmetric: deviation(model.score(x, involution, y), model.score(y, involution, x)),
          moved: deviation(model.score(x, involution, y), model.compareChains([], x, [], y)),
          // Antisymmetry: with y where r carries x, how much better the true direction is.
          forward: model.compareChains([r1], x, [r1], x),
          backward: model.compareChains([r1, r1], x, [], x),
          // Images of the same entity reached in two ways, against a third: equal images compare alike.
          inverted: deviation(model.compareChains([inverse, r1], x, [], y), model.compareChains([], x, [], y)),
          composed: deviation(model.compareChains([both], x, [], y), model.compareChains([r2, r1], x, [], y)),
          swapped: deviation(model.compareChains([r1, r2], x, [], y), model.compareChains([r2, r1], x, [], y)),
          transposed: deviation(model.score(x, r1, y), model.score(y, r1, x)),
        },
      };
    },
  });
  try {
    const out = await program.run({});
    const value = (tensor: HostTensor): number => Number(tensor.data[0]);
    const all = (left: HostTensor, right: HostTensor): boolean =>
      Array.from(left.data as Float32Array).every((a, i) => a > Number(right.data[i]) + tolerance);
    // A similarity that reads the same both ways leaves no relation to be one-sided.
    const oneSided = model.kind === "similarity" ? value(out.transposed) > tolerance : all(out.forward, out.backward);
    const undone = value(out.inverted) < tolerance && oneSided;
    return {
      symmetry: value(out.symmetric) < tolerance && value(out.moved) > tolerance,
      antisymmetry: oneSided,
      inversion: undone,
      composition: value(out.composed) < tolerance,
      "non-commutativity": value(out.swapped) > tolerance,
    };
  } finally {
    await program.dispose();
  }
}

/** Largest |a − b|; NaN where no such relation exists, which is below no tolerance. */
const deviation = (a: Tensor, b: Tensor): Tensor => reduceMax(abs(sub(a, b)));

/** The table of all models as Markdown, for the documentation. */
export async function ruleTable(models: readonly Model[]): Promise<string> {
  const names = Object.keys(rules) as Rule[];
  const lines = [`| model | ${names.join(" | ")} |`, `|---|${names.map(() => "---").join("|")}|`];
  for (const model of models) {
    const holds = await checkRules(model);
    lines.push(`| ${model.title} | ${names.map((name) => (holds[name] ? "yes" : "no")).join(" | ")} |`);
  }
  return `${lines.join("\n")}\n`;
}

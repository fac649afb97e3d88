import { describe, expect, it } from "vitest";
import { modelNamed, models } from "./index.ts";
import { checkRules, type Rule } from "./rules.ts";

/** What each model is known to represent: symmetry, antisymmetry, inversion, composition, non-commutativity. */
const known: Record<string, string> = {
  "NFE-1": "+++++",
  "NFE-2": "+++++",
  "NFE-3": "-++++",
  "NFE without uncertainty": "+++++",
  // Scales lose the sign, so only the identity undoes itself.
  "NFE-σ": "-+++-",
  TransE: "-+++-",
  DistMult: "+--+-",
  ComplEx: "++++-",
  RotatE: "++++-",
  QuatE: "+++++",
  // The slopes of the released NFE-2 stay where they are when a relation mirrors; the released NFE-3 is no flow.
  "NFE-2 (official)": "-++++",
  "NFE-3 (official)": "-+--+",
};

const all = [...models, ...(["nfe-2", "nfe-3"] as const).map((name) => modelNamed(name, { official: true }))];

describe.each(all.map((model) => [model.title, model] as const))("%s", (title, model) => {
  it.each([0, 1, 2])("represents the rules it is known to represent, seed %i", async (seed) => {
    const order: Rule[] = ["symmetry", "antisymmetry", "inversion", "composition", "non-commutativity"];
    const holds = await checkRules(model, { seed });
    expect(order.map((rule) => (holds[rule] ? "+" : "-")).join("")).toBe(known[title]);
  });
});

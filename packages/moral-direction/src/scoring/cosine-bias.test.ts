import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { biasOf } from "./cosine-bias.ts";

it("the cosine baseline is the golden one", () => {
  const { mcm } = JSON.parse(readFileSync(new URL("../testing/golden-direction.json", import.meta.url), "utf8")) as {
    mcm: { embeddings_question_no_yes: number[][][]; per_template: number[]; bias: number };
  };
  const questions = mcm.embeddings_question_no_yes.map((rows) => {
    const [question, no, yes] = rows.map((row) => Float64Array.from(row));
    return { question: question!, no: no!, yes: yes! };
  });
  for (const [index, one] of questions.entries()) expect(biasOf([one])).toBeCloseTo(mcm.per_template[index]!, 12);
  expect(biasOf(questions)).toBeCloseTo(mcm.bias, 12);
});

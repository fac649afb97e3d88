import { describe, expect, it } from "vitest";
import { z } from "zod";
import { configFields } from "./config-fields.ts";
import { parseConfig } from "./config.ts";
import { ConfigError } from "./errors.ts";

const schema = z
  .strictObject({
    model: z.enum(["nfe-1", "rotate"]).default("nfe-1").describe("Which model."),
    epochs: z.int().min(1).max(1000).default(100),
    splits: z.array(z.number().positive()).default([0.8, 0.1, 0.1]),
    warmUp: z.int().nonnegative().optional(),
  })
  .refine(({ epochs, warmUp = 0 }) => warmUp <= epochs, "the warm-up is longer than the training")
  .refine(({ epochs }) => epochs !== 13, { path: ["epochs"], message: "thirteen brings bad luck" });

describe("parseConfig", () => {
  it("completes a config with its defaults", () => {
    expect(parseConfig(schema, { epochs: 5 }, "the form")).toEqual({
      model: "nfe-1",
      epochs: 5,
      splits: [0.8, 0.1, 0.1],
    });
  });

  it.each<[unknown, string[]]>([
    [{ model: "rotat" }, ['model: wanted one of nfe-1, rotate; "rotat" came (did you mean rotate?)']],
    [{ epochs: 0.5 }, ["epochs: wanted a whole number from 1 to 1000; 0.5 came"]],
    [{ epochs: Number.NaN }, ["epochs: wanted a whole number from 1 to 1000; NaN came"]],
    [
      { epochs: null, warmUp: "3" },
      [
        "epochs: wanted a whole number from 1 to 1000; null came",
        'warmUp: wanted a whole number of at least 0; "3" came',
      ],
    ],
    [{ splits: [1, -1] }, ["splits: wanted a number greater than 0; -1 came"]],
    [{ epoch: 3, zzz: 1 }, ["unknown key epoch; did you mean epochs?; unknown key zzz"]],
    [{ epochs: 3, warmUp: 9 }, ["the warm-up is longer than the training"]],
    [{ epochs: 13 }, ["epochs: thirteen brings bad luck"]],
    ["text", ["wanted an object of settings"]],
    [null, ["wanted an object of settings"]],
    [{ model: "x".repeat(500) }, [`model: wanted one of nfe-1, rotate; "${"x".repeat(78)}… came`]],
  ])("names each problem of %j", (value, problems) => {
    let thrown: unknown;
    try {
      parseConfig(schema, value, "the form");
    } catch (error) {
      thrown = error;
    }
    if (!(thrown instanceof ConfigError)) throw new Error("accepted", { cause: thrown });
    expect(thrown.problems).toEqual(problems);
    expect(thrown.message).toBe(thrown.problems.map((problem) => `the form: ${problem}`).join("\n"));
  });
});

describe("configFields", () => {
  it("says what a form needs to know", () => {
    expect(configFields(schema)[0]).toEqual({
      key: "model",
      flag: "model",
      kind: "value",
      alternatives: [{ kind: "choice", choices: ["nfe-1", "rotate"] }],
      repeated: false,
      required: false,
      default: "nfe-1",
      description: "Which model.",
      placeholder: "NAME",
      wanted: "one of nfe-1, rotate",
    });
    expect(configFields(schema).map(({ flag }) => flag)).toEqual(["model", "epochs", "splits", "warm-up"]);
  });
});

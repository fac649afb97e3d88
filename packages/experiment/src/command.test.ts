import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { commandArguments, commandLine, shellWord } from "./command-line.ts";
import { defineCommand, defineGroup, type Command } from "./command.ts";
import { UsageError } from "./errors.ts";
import { commandHelp, configTable } from "./help.ts";
import { parseArguments } from "./parse-arguments.ts";

const train = defineCommand({
  name: "kge train",
  summary: "Train a model on a graph.",
  examples: [{ explains: "Ten dimensions are enough for a first look.", config: { dataset: "umls", dimension: 10 } }],
  arguments: ["dataset", "extra"],
  config: z.strictObject({
    dataset: z.string().min(1).meta({ placeholder: "DIR", description: "Folder of triples." }),
    model: z.enum(["nfe-1", "nfe-2", "rotate"]).default("nfe-1").describe("Which model."),
    dimension: z.int().positive().default(256).describe("Numbers an entity."),
    learningRate: z.number().positive().lt(1).default(0.01),
    offset: z.number().optional(),
    budget: z.union([z.literal("none"), z.int().min(1).max(9)]).default("none"),
    hits: z.array(z.int().positive()).default([1, 3, 10]),
    labels: z.array(z.string()).default([]),
    bits: z.literal([16, 32]).default(32),
    note: z.string().optional(),
    shuffle: z.boolean().default(true),
    json: z.boolean().default(false),
    tristate: z.boolean().optional(),
    extra: z.array(z.string()).default([]),
  }),
  run: async () => {},
});

/** A command without words of its own. */
const finetune = defineCommand({
  name: "longlora finetune",
  summary: "Tune.",
  examples: [{ explains: "Two files.", config: { text: ["a.txt", "b.txt"] } }],
  config: z.strictObject({
    text: z.array(z.string()).min(1).meta({ placeholder: "FILE", description: "Texts." }),
    seeds: z.array(z.int()).default([]),
    json: z.boolean().default(false),
  }),
  run: async () => {},
});

const parse = (line: string) => parseArguments(train, line.split(" "));
const messageOf = (line: string): string => {
  try {
    parse(line);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error(`accepted: ${line}`);
};

describe("parseArguments", () => {
  it("fills in the defaults", () => {
    expect(parse("umls")).toEqual({
      dataset: "umls",
      model: "nfe-1",
      dimension: 256,
      learningRate: 0.01,
      budget: "none",
      hits: [1, 3, 10],
      labels: [],
      bits: 32,
      shuffle: true,
      json: false,
      extra: [],
    });
  });

  it("reads switches, numbers, choices, lists, negative numbers and words", () => {
    const line = "umls --no-shuffle --json --dimension=8 --learning-rate 1e-3 --offset -2.5 --budget 3 --bits 16";
    expect(parse(`${line} --hits 1 --hits 5 --labels 7 --no-tristate a b`)).toMatchObject({
      shuffle: false,
      json: true,
      dimension: 8,
      learningRate: 0.001,
      offset: -2.5,
      budget: 3,
      bits: 16,
      hits: [1, 5],
      labels: ["7"],
      tristate: false,
      extra: ["a", "b"],
    });
  });

  it("reads several words after the flag of a list, where the command takes no words of its own", () => {
    const read = (line: string) => parseArguments(finetune, line.split(" "));
    expect(read("--text a.txt b.txt --json")).toEqual({ text: ["a.txt", "b.txt"], seeds: [], json: true });
    expect(read("--text a.txt --seeds 1 2 --text=b.txt c.txt")).toMatchObject({
      text: ["a.txt", "b.txt", "c.txt"],
      seeds: [1, 2],
    });
    expect(() => read("--text a.txt --json b.txt")).toThrow('one argument too many: "b.txt"');
    expect(() => read("--text a.txt -- b.txt")).toThrow('one argument too many: "b.txt"');
    expect(parse("umls --hits 1 a")).toMatchObject({ hits: [1], extra: ["a"] });
  });

  it("keeps text that looks like a number as it was written", () => {
    expect(parse("007 --note 1e3")).toMatchObject({ dataset: "007", note: "1e3" });
  });

  it.each([
    ["umls --dimension 0", "--dimension: wanted a whole number greater than 0; 0 came"],
    ["umls --dimension 2.5", "--dimension: wanted a whole number greater than 0; 2.5 came"],
    ["umls --learning-rate NaN", '--learning-rate: wanted a number greater than 0 and less than 1; "NaN" came'],
    ["umls --learning-rate Infinity", "--learning-rate: wanted a number greater than 0 and less than 1; Infinity came"],
    ["umls --model nfe1", '--model: wanted one of nfe-1, nfe-2, rotate; "nfe1" came (did you mean nfe-1?)'],
    ["umls --budget 12", "--budget: wanted none, or a whole number from 1 to 9; 12 came"],
    ["umls --hits 0", "--hits: wanted a whole number greater than 0; 0 came"],
    ["umls --dimensoin 3", "unknown flag --dimensoin; did you mean --dimension?"],
    ["umls -d 3", "unknown flag -d"],
    [
      "umls --dimension --json",
      "--dimension needs a value: wanted a whole number greater than 0; the flag --json came",
    ],
    ["umls --dimension", "--dimension needs a value: wanted a whole number greater than 0; nothing came"],
    ["umls --json=yes", '--json takes no value; "yes" came'],
    ["--json", "DIR is missing: wanted text that is not empty"],
  ])("refuses %s", (line, message) => {
    expect(messageOf(line)).toBe(`offprint kge train: ${message}\nSee offprint kge train --help`);
  });

  it("tells one problem a line", () => {
    expect(messageOf("umls --dimension 0 --model x").split("\n")).toHaveLength(3);
  });
});

/** Any word: hostile for shells and for parsers of flags, but without NUL, which no argument can carry. */
const word = fc.oneof(
  fc.constantFrom("", "-", "--", "--json", "-x", "'", "$(id)", "a b", "ü", "\n", "*", "--no-shuffle", "=", "-1"),
  fc.string({ unit: "grapheme", maxLength: 8 }).map((text) => text.replaceAll("\0", "")),
);
const config = fc.record(
  {
    dataset: word.filter((text) => text !== ""),
    model: fc.constantFrom("nfe-1" as const, "nfe-2" as const, "rotate" as const),
    dimension: fc.integer({ min: 1 }),
    learningRate: fc.double({ min: Number.MIN_VALUE, max: 0.999, noNaN: true }),
    offset: fc.double({ noNaN: true, noDefaultInfinity: true }),
    budget: fc.oneof(fc.constant("none" as const), fc.integer({ min: 1, max: 9 })),
    hits: fc.array(fc.integer({ min: 1 }), { maxLength: 4 }),
    labels: fc.array(word, { maxLength: 3 }),
    bits: fc.constantFrom(16 as const, 32 as const),
    note: word,
    shuffle: fc.boolean(),
    json: fc.boolean(),
    tristate: fc.boolean(),
    extra: fc.array(word, { maxLength: 3 }),
  },
  { requiredKeys: ["dataset"], noNullPrototype: true },
);

describe("commandArguments", () => {
  it("gives words that parse to the same config, whatever the config", () => {
    fc.assert(
      fc.property(config, (given) => {
        expect(parseArguments(train, commandArguments(train, given))).toEqual(train.config.parse(given));
      }),
      { numRuns: 500 },
    );
  });

  it("gives lists that parse again also where words may follow a flag", () => {
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 3 }),
        fc.array(fc.integer(), { maxLength: 3 }),
        (text, seeds) => {
          const given = { text, seeds, json: true };
          expect(parseArguments(finetune, commandArguments(finetune, given))).toEqual(given);
        },
      ),
    );
  });

  it("leaves out what equals its default", () => {
    expect(commandArguments(train, { dataset: "umls", dimension: 256, hits: [1, 3, 10], json: false })).toEqual([
      "umls",
    ]);
  });
});

describe("commandLine", () => {
  it("reads as a person would type it", () => {
    const line = commandLine(train, { dataset: "my data", learningRate: 0.1, shuffle: false, hits: [], note: "-x" });
    expect(line).toBe("offprint kge train 'my data' --learning-rate 0.1 --no-hits --note=-x --no-shuffle");
  });

  it("passes through a real shell unchanged", () => {
    const words = ["it's", "$HOME", "`id`", "a\nb", "*", "", "ü 漢", '"', "\\", "!!", "~", "a;b", "#", "--x=1"];
    const shell = execFileSync("sh", ["-c", `printf '%s\\0' ${words.map(shellWord).join(" ")}`], { encoding: "utf8" });
    expect(shell.split("\0").slice(0, -1)).toEqual(words);
  });
});

describe("commandHelp", () => {
  it("names every flag, its choices and default, and an example that parses", () => {
    const help = commandHelp(train, 80);
    expect(help).toMatchInlineSnapshot(`
      "Train a model on a graph.

      Usage
        offprint kge train DIR [TEXT…] [flags]

      Arguments
        DIR   Folder of triples. (required)
        TEXT  (repeatable)

      Flags
        --model NAME       Which model. (one of nfe-1, nfe-2, rotate; default nfe-1)
        --dimension N      Numbers an entity. (default 256)
        --learning-rate N  (default 0.01)
        --offset N
        --budget N         (none, or a whole number from 1 to 9; default none)
        --hits N           (repeatable; default 1, 3, 10)
        --labels TEXT      (repeatable)
        --bits N           (one of 16, 32; default 32)
        --note TEXT
        --[no-]shuffle     (default on)
        --json
        --[no-]tristate
        --help             Print this text.

      Examples
        # Ten dimensions are enough for a first look.
        offprint kge train umls --dimension 10
      "
    `);
    for (const line of help.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    const example = help.split("\n").find((line) => line.startsWith("  offprint kge train umls"))!;
    expect(parse(example.trim().replace("offprint kge train ", ""))).toMatchObject({ dimension: 10 });
  });
});

describe("commandHelp of a command without words", () => {
  it("shows that a flag takes several", () => {
    const help = commandHelp(finetune, 80);
    expect(help).toContain("offprint longlora finetune --text FILE… [flags]");
    expect(help).toContain("--text FILE…  Texts. (repeatable; required)");
  });
});

describe("configTable", () => {
  it("is a Markdown table with one row a key", () => {
    const table = configTable(z.strictObject({ mode: z.enum(["a", "b"]).default("a").describe("a | b") }));
    expect(table.split("\n")).toEqual([
      "| flag | value | default | meaning |",
      "|---|---|---|---|",
      "| `--mode` | one of a, b | a | a \\| b |",
    ]);
  });
});

const define = (shape: z.ZodRawShape, args: readonly string[] = []) =>
  defineCommand({
    name: "x y",
    summary: "",
    examples: [],
    arguments: args,
    config: z.strictObject(shape),
    run: async () => {},
  });

describe("defineCommand", () => {
  it.each<[string, z.ZodRawShape, string[]]>([
    ["a nested object", { a: z.object({}) }, []],
    ["null", { a: z.number().nullable() }, []],
    ["text or numbers", { a: z.union([z.string(), z.number()]) }, []],
    ["a key that is another's negation", { shuffle: z.boolean(), noShuffle: z.boolean() }, []],
    ["a key named help", { help: z.string() }, []],
    ["an argument after a list", { a: z.array(z.string()), b: z.string() }, ["a", "b"]],
    ["a required argument after an optional one", { a: z.string().optional(), b: z.string() }, ["a", "b"]],
    ["an argument that is no key", { a: z.string() }, ["b"]],
  ])("refuses %s", (_, shape, args) => {
    expect(() => define(shape, args)).toThrow(/^internal: /);
  });

  it("lets a group hold only commands that carry its name", () => {
    const commands: Command[] = [define({})];
    expect(defineGroup({ name: "x", summary: "", commands }).commands).toHaveLength(1);
    expect(() => defineGroup({ name: "z", summary: "", commands })).toThrow("internal: x y is not a command of z");
  });
});

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadFakeModel } from "../../testing/fake-model.ts";
import { temporaryFolder } from "../../testing/sites.ts";
import { trainCommandLine, trainWords } from "./command-line.ts";
import { listDatasets } from "./datasets.ts";
import { LoadedModels } from "./loaded-models.ts";
import {
  defaultValues,
  lossByGraph,
  lossNames,
  modelNames,
  modelTitles,
  numberFields,
  readSettings,
  settingsSchema,
} from "./settings.ts";

const data = temporaryFolder();
afterAll(data.remove);

/** The settings of an untouched form. */
const defaults = () => settingsSchema.parse(Object(readSettings({})).config);

describe("the page's settings", () => {
  it("are the package's: the same models, losses and defaults", async () => {
    const kge = await import("@offprint/knowledge-graph-embeddings");
    expect(modelNames).toEqual(kge.modelNames);
    expect(lossNames).toEqual(kge.lossNames);
    expect(kge.models.map(({ name, title }) => [name, title])).toEqual(
      modelNames.map((name) => [name, modelTitles[name]]),
    );
    const { loss, ...others } = defaults();
    expect(loss).toBe(lossByGraph);
    expect(kge.kgeConfig.parse({})).toMatchObject(others);
  });

  it("are allowed by the package at both ends of each number", async () => {
    const { kgeConfig } = await import("@offprint/knowledge-graph-embeddings");
    for (const [name, { least, most }] of Object.entries(numberFields)) {
      for (const value of [least, most]) {
        expect(readSettings({ [name]: String(value) }).ok).toBe(true);
        expect(kgeConfig.safeParse({ [name]: value }).success).toBe(true);
      }
    }
  });

  it("read numbers as people write them", () => {
    expect(readSettings({ learningRate: " 1e-2 ", epochs: "007", gamma: "+3." })).toMatchObject({
      ok: true,
      config: { learningRate: 0.01, epochs: 7, gamma: 3 },
    });
  });

  it("leave aside what is no field of theirs", () => {
    expect(readSettings({ ...defaultValues, out: "/etc", "--json": "x" })).toMatchObject({ ok: true });
  });
});

describe("the command", () => {
  it("is the same on the page and in the process, but for the place of things", () => {
    const settings = { ...defaults(), dataset: "my-graph" };
    expect(trainCommandLine(settings)).toBe(
      "npx offprint kge train --dataset data/datasets/my-graph --model nfe-1 --dimension 64 --epochs 10 --batch-size 256 " +
        "--learning-rate 0.01 --gamma 3 --decay 0.98 --seed 0 --out nfe-1-my-graph",
    );
    expect(trainWords(settings, "/srv/data").slice(0, 4)).toEqual([
      "kge",
      "train",
      "--dataset",
      "/srv/data/datasets/my-graph",
    ]);
  });

  it("is understood by the command line itself", async () => {
    const [{ trainCommand }, { parseArguments }] = await Promise.all([
      import("@offprint/knowledge-graph-embeddings"),
      import("@offprint/experiment"),
    ]);
    const settings = { ...defaults(), loss: "self-adversarial" as const };
    const words = [...trainWords(settings, "/srv/data").slice(2), "--out", "run", "--json", "--resume"];
    expect(parseArguments(trainCommand, words)).toMatchObject({ ...settings, out: "run", json: true });
  });
});

describe("the graphs", () => {
  it("are WordNet and the admin's folders that hold a training split", async () => {
    const folder = join(data.folder, "datasets");
    for (const [name, file] of [
      ["umls", "train.tsv"],
      ["packed", "train.nt.gz"],
      ["empty", "readme.txt"],
      [".hidden", "train.tsv"],
      ["two words", "train.tsv"],
      ["wordnet", "train.tsv"],
    ] as const) {
      mkdirSync(join(folder, name), { recursive: true });
      writeFileSync(join(folder, name, file), "");
    }
    expect((await listDatasets(data.folder)).map(({ name }) => name)).toEqual(["wordnet", "packed", "umls"]);
    expect((await listDatasets("/no/such/folder")).map(({ name }) => name)).toEqual(["wordnet"]);
  });
});

describe("loaded models", () => {
  const counting = () => {
    const log: string[] = [];
    const models = new LoadedModels(async (folder) => {
      log.push(`load ${folder}`);
      return { ...(await loadFakeModel()), dispose: async () => void log.push(`dispose ${folder}`) };
    });
    return { log, models };
  };
  const nothing = async () => undefined;

  it("are loaded once, and the one that was asked longest ago goes first", async () => {
    const { log, models } = counting();
    for (const folder of ["a", "b", "a", "c", "a"]) await models.use(folder, nothing);
    expect(log).toEqual(["load a", "load b", "load c", "dispose b"]);
    await models.close();
    expect(log.slice(-2).toSorted()).toEqual(["dispose a", "dispose c"]);
  });

  it("live until their last user is done", async () => {
    const { log, models } = counting();
    await models.use("a", async () => {
      await models.use("b", nothing);
      await models.use("c", nothing);
      expect(log).not.toContain("dispose a");
    });
    expect(log).toContain("dispose a");
  });

  it("are tried again after a failure", async () => {
    let tries = 0;
    const models = new LoadedModels(async () => {
      tries += 1;
      if (tries === 1) throw new Error("model.safetensors is damaged");
      return loadFakeModel();
    });
    await expect(models.use("a", nothing)).rejects.toThrow("damaged");
    await models.use("a", nothing);
    expect(tries).toBe(2);
  });
});

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadDataset } from "./load-dataset.ts";
import { checkSplit } from "./split-checks.ts";
import { datasetStatistics } from "./statistics.ts";

const shared = fileURLToPath(new URL("../../../../../shared/data/kg", import.meta.url));
const present = existsSync(shared);
if (!present) console.warn(`skipped: ${shared} is not there`);

describe.skipIf(!present).each(["nations", "umls", "fb15k-237", "wn18rr"])("%s", (name) => {
  it("has the counts that were computed from the files by other means", async () => {
    const counts: Record<string, object> = JSON.parse(await readFile(`${shared}/counts.json`, "utf8"));
    const start = process.cpuUsage();
    const dataset = await loadDataset(`${shared}/${name}`);
    const { user, system } = process.cpuUsage(start);
    const report = checkSplit(dataset);
    expect({
      entities: dataset.entities.size,
      relations: dataset.relations.size,
      train: dataset.train.length,
      valid: dataset.valid.length,
      test: dataset.test.length,
      entitiesInTrain: dataset.entities.size - datasetStatistics(dataset).degrees.zero,
      duplicatesInTrain: dataset.sources[0]!.duplicates,
      testOverlapTrain: report.test.inTrain,
      validOverlapTrain: report.valid.inTrain,
      testOverlapValid: report.testInValid,
      validWithUnseenEntity: report.valid.triplesWithUnseenEntity,
      testWithUnseenEntity: report.test.triplesWithUnseenEntity,
      selfLoops: report.selfLoops,
    }).toEqual(counts[name]);
    // Under 1.5 s on a machine at rest; on a busy one the same work takes more processor time too.
    expect((user + system) / 1e6).toBeLessThan(6);
  });
});

describe.skipIf(!present)("what is known of the public splits", () => {
  it("WN18RR: one third of test is a symmetric fact whose reverse is in train, and nothing is inverse", async () => {
    const { test, symmetricRelations, inverseRelations } = checkSplit(await loadDataset(`${shared}/wn18rr`));
    expect(symmetricRelations.map(({ relation }) => relation).toSorted()).toEqual([
      "_derivationally_related_form",
      "_similar_to",
      "_verb_group",
    ]);
    expect(test.symmetric / test.triples).toBeCloseTo(0.336, 2);
    expect([test.inverse, inverseRelations.length]).toEqual([0, 0]);
  });

  it("names of people are found by name", async () => {
    const { entities } = await loadDataset(`${shared}/fb15k-237`);
    expect(entities.nearMatches("albert einstien")[0]?.name).toBe("Albert Einstein");
    expect(entities.label(entities.resolve("Albert Einstein"))).toMatch(/^\/m\//);
  });

  it("labels of WN18RR keep their leading zeros", async () => {
    const { entities } = await loadDataset(`${shared}/wn18rr`);
    expect(entities.labels.every((label) => /^\d{8}$/.test(label))).toBe(true);
    expect(entities.find("00001740")).toBeDefined();
  });
});

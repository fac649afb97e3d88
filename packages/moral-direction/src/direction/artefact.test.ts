import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DamagedDirectionError, WrongEncoderError } from "../errors.ts";
import { toyEncoder, toyMaterial } from "../testing/toy-encoder.ts";
import { readDirection, writeDirection } from "./artefact.ts";
import { requireEncoder, scoreOf } from "./direction.ts";
import { fitDirection } from "./fit.ts";

let folder: string;
let file: string;
const { direction } = await fitDirection(toyEncoder(), toyMaterial);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "offprint-direction-"));
  file = join(folder, "toy.json");
  await writeDirection(file, direction);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const changed = async (change: (json: Record<string, unknown>) => void): Promise<string> => {
  const json = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
  change(json);
  const path = join(folder, "changed.json");
  await writeFile(path, JSON.stringify(json));
  return path;
};

describe("the file of a direction", () => {
  it("gives back the scores of what was written", async () => {
    const again = await readDirection(file);
    const vectors = await toyEncoder().encode(["Is it ok to rob?", "tea", "hug people"]);
    for (let i = 0; i < vectors.count; i++)
      expect(scoreOf(again, vectors.row(i))).toBeCloseTo(scoreOf(direction, vectors.row(i)), 5);
    expect(again.actions.map(({ text, group }) => [text, group])).toEqual(
      direction.actions.map(({ text, group }) => [text, group]),
    );
    expect(again.stability?.spread).toHaveLength(direction.stability!.spread.length);
  });

  it("keeps fields that it does not know", async () => {
    const path = await changed((json) => (json["licence"] = "ours"));
    const again = await readDirection(path);
    expect(again.unknown).toEqual({ licence: "ours" });
    await writeDirection(path, again);
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ licence: "ours", version: 1 });
  });

  it("is refused by name when it is cut off, damaged, of a newer version or not there", async () => {
    const cut = join(folder, "cut.json");
    await writeFile(cut, (await readFile(file, "utf8")).slice(0, 900));
    await expect(readDirection(cut)).rejects.toThrow(/cut\.json is no direction: it is not JSON, or ends too early/);
    await expect(readDirection(await changed((json) => (json["norm"] = 0)))).rejects.toThrow(/norm/);
    await expect(readDirection(await changed((json) => (json["mean"] = [1, 2])))).rejects.toThrow(
      /mean: wanted vectors of 16 numbers, one of 2 came/,
    );
    await expect(readDirection(await changed((json) => (json["version"] = 2)))).rejects.toThrow(/reads version 1/);
    await expect(readDirection(join(folder, "none.json"))).rejects.toThrow(DamagedDirectionError);
  });

  it("goes with no other encoder than its own", () => {
    expect(() => requireEncoder(direction, toyEncoder({ id: "another" }))).toThrow(WrongEncoderError);
    expect(() => requireEncoder(direction, toyEncoder({ id: "another" }))).toThrow(/toy \(16 .* another \(16/);
    expect(() => requireEncoder(direction, toyEncoder({ dimensions: 8 }))).toThrow(WrongEncoderError);
    requireEncoder(direction, toyEncoder());
  });
});

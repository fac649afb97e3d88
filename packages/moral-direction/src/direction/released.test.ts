import { describe, expect, it } from "vitest";
import { hasSharedMoral, sharedJson, sharedMoral } from "../testing/shared-data.ts";
import { readStudy } from "../data/study.ts";
import { readDirection } from "./artefact.ts";
import { scoreOf, scoreOfPlaced } from "./direction.ts";
import { standsOut } from "./stands-out.ts";
import { dotCentred } from "./vectors.ts";

interface Replay {
  readonly vector: number[];
  readonly pc: number[];
  readonly md_score: number;
}

describe.skipIf(!hasSharedMoral)("the projection released with the paper", () => {
  it("reproduces the components and scores of stored vectors", async () => {
    const direction = await readDirection(`${sharedMoral}pca_bert.json`);
    for (const { vector, pc, md_score } of sharedJson("pca_bert_replay.json") as Replay[]) {
      const x = Float64Array.from(vector);
      for (const [axis, component] of direction.components.entries())
        expect(dotCentred(component, x, direction.mean)).toBeCloseTo(pc[axis]!, 9);
      expect(scoreOf(direction, x)).toBeCloseTo(md_score, 9);
    }
    expect(scoreOf(direction, new Float64Array(1024))).toBeCloseTo(-0.43303516366184086 / 8.946814, 9);
  });

  it("scores its verbs as the table of verbs does", async () => {
    const direction = await readDirection(`${sharedMoral}pca_bert.json`);
    const scores = new Map(direction.actions.map((action) => [action.text, scoreOfPlaced(direction, action)]));
    expect(scores.get("kill")).toBeCloseTo(-0.827, 3);
    expect(scores.get("welcome")).toBeCloseTo(0.884, 3);
    expect(direction.actions.find(({ text }) => text === "smile")?.group).toBe("good");
  });

  it("of the other encoder has the other sign, and its own norm", async () => {
    const direction = await readDirection(`${sharedMoral}pca_use.json`);
    expect(direction.sign).toBe(1);
    const [kill, smile] = ["kill", "smile"].map((verb) => direction.actions.find(({ text }) => text === verb)!);
    expect(scoreOfPlaced(direction, smile!)).toBeGreaterThan(scoreOfPlaced(direction, kill!));
    expect(Math.max(...direction.actions.map((one) => Math.abs(scoreOfPlaced(direction, one))))).toBeCloseTo(1, 12);
    expect(scoreOf(direction, new Float64Array(512)) * direction.norm).toBeCloseTo(-0.024779117956175503, 9);
  });

  it("stands out with BERT, and just not with the Universal Sentence Encoder", async () => {
    const of = async (name: string) => {
      const { explainedVariance, actions } = await readDirection(`${sharedMoral}${name}`);
      return standsOut(explainedVariance, actions.length);
    };
    expect(await of("pca_bert.json")).toMatchObject({ yes: true });
    const { yes, gap, needed } = await of("pca_use.json");
    expect(yes).toBe(false);
    expect(needed - gap).toBeLessThan(0.002);
  });

  it("was compared with 113 items of the raters", async () => {
    const { items } = await readStudy(`${sharedMoral}userstudy_regional.csv`);
    expect(items).toHaveLength(113);
    expect(items[0]).toMatchObject({ action: "borrow", question: "Is it polite to" });
  });
});

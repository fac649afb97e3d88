import { statSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { openEncoder } from "../encoders/open-encoder.ts";
import { scorer } from "../scoring/scorer.ts";
import { defaultDirection, defaultDirectionFile } from "./artefact.ts";
import { fitDirection } from "./fit.ts";
import { degreesBetween } from "./vectors.ts";

const encoder = await openEncoder("use-lite");
afterAll(() => encoder[Symbol.asyncDispose]());

describe("the direction that comes along", () => {
  it("is what a fit of our own verbs gives", async () => {
    const shipped = await defaultDirection();
    const { direction: fitted } = await fitDirection(encoder);
    expect(shipped.encoder).toEqual(fitted.encoder);
    const turned = ({ components, sign }: typeof fitted) => components[0]!.map((value) => sign * value);
    expect(degreesBetween(turned(shipped), turned(fitted))).toBeLessThan(0.01);
    const phrases = ["kill time", "kill people", "help old people", "write a letter"];
    const [kept, made] = [await scorer(encoder, shipped).score(phrases), await scorer(encoder, fitted).score(phrases)];
    for (const [index, { score, interval }] of kept.entries()) {
      expect(Math.abs(score - made[index]!.score)).toBeLessThan(1e-4);
      expect(Math.abs(interval![0] - made[index]!.interval![0])).toBeLessThan(5e-3);
    }
  });

  it("is a small file", () => {
    expect(statSync(defaultDirectionFile).size).toBeLessThan(100_000);
  });

  it("tells killing time from killing people", async () => {
    const [time, people] = await scorer(encoder, await defaultDirection()).score(["kill time", "kill people"]);
    expect(time!.score).toBeGreaterThan(0);
    expect(people!.score).toBeLessThan(-0.5);
    expect(people!.interval![1]).toBeLessThan(0);
  });
});

/**
 * The shipped direction beside what people said: every item of the paper's user studies with the share of people who said yes, as
 * published, and our score. Prints the agreement in each form and writes the points of the page's figure.
 * Usage: node --conditions=source --import tsx bench/moral-studies.ts --out packages/moral-direction/studies/use-lite.json
 *   --unnamed WORDS.json STUDY.csv …
 * Items with a word of --unnamed, a JSON list, keep their numbers and lose their words.
 */
import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { formatTable } from "@offprint/experiment";
import { agreementsOf, defaultDirection, openEncoder, readStudy, studyScores } from "@offprint/moral-direction";

const { values, positionals } = parseArgs({
  options: { out: { type: "string" }, unnamed: { type: "string" } },
  allowPositionals: true,
});
const names: Readonly<Record<string, string>> = {
  userstudy_regional: "Regional study",
  userstudy_globalAMT: "Global study",
};

const unnamed = new Set<string>(values.unnamed === undefined ? [] : JSON.parse(await readFile(values.unnamed, "utf8")));
const mayName = (action: string): boolean =>
  !action
    .toLowerCase()
    .split(/\W+/)
    .some((word) => unnamed.has(word));
const direction = await defaultDirection();
await using encoder = await openEncoder("use-lite");
const studies = await Promise.all(
  positionals.map(async (file) => {
    const read = await readStudy(file);
    const study = { ...read, name: names[read.name] ?? read.name };
    const scores = await studyScores(encoder, direction, study);
    return { study, scores, agreements: agreementsOf(study, scores) };
  }),
);
const rows = studies.flatMap(({ agreements }) =>
  agreements.map(({ study, form, n, r, interval }) => [
    study,
    form,
    n,
    r.toFixed(3),
    interval.map((end) => end.toFixed(3)).join(" to "),
  ]),
);
console.log(formatTable(["study", "form", "n", "Pearson r", "95 % interval"], rows));
if (values.out !== undefined) {
  const rounded = (value: number) => Math.round(1e4 * value) / 1e4;
  const written = {
    source:
      "Answers: Schramowski et al., Nature Machine Intelligence 4 (2022), data of github.com/ml-research/MoRT_NMI, MIT, Copyright (c) 2021 ml-research@TUDarmstadt. Scores: our direction, mean of the ten questions.",
    encoder: encoder.id,
    studies: studies.map(({ study, scores, agreements }) => ({
      name: study.name,
      agreements: agreements.map(({ form, n, r, interval }) => ({
        form,
        n,
        r: rounded(r),
        interval: interval.map(rounded),
      })),
      items: study.items.map(({ action, human }, index) => ({
        action: mayName(action) ? action : "",
        human: rounded(human),
        score: rounded(scores.questions[index] ?? NaN),
      })),
    })),
  };
  await writeFile(values.out, `${JSON.stringify(written)}\n`);
}

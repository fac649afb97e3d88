/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { raw } from "hono/html";
import { z } from "zod";

const require = createRequire(import.meta.url);

const pair = z.tuple([z.number(), z.number()]);
const studiesSchema = z.object({
  studies: z.array(
    z.object({
      name: z.string(),
      agreements: z.array(z.object({ form: z.string(), n: z.number(), r: z.number(), interval: pair })),
      items: z.array(z.object({ action: z.string(), human: z.number(), score: z.number() })),
    }),
  ),
});

interface Picture {
  readonly title: string;
  readonly svg: string;
}

let drawn: Promise<{ readonly pictures: readonly Picture[]; readonly sentence: string }> | undefined;

/** The paper's user studies beside our scores: drawn once, since they never change. */
export async function StudyPart() {
  drawn ??= drawStudies();
  drawn.catch(() => (drawn = undefined));
  const { pictures, sentence } = await drawn;
  return (
    <section class="study" id="study" aria-labelledby="study-title">
      <h2 id="study-title">What people said</h2>
      <p class="meaning">{sentence}</p>
      <div class="pictures">
        {pictures.map((picture) => (
          <div>
            <h3>{picture.title}</h3>
            {raw(picture.svg)}
          </div>
        ))}
      </div>
    </section>
  );
}

async function drawStudies() {
  const { correlationPlot } = await import("@offprint/moral-direction");
  const file = require.resolve("@offprint/moral-direction/studies/use-lite.json");
  const { studies } = studiesSchema.parse(JSON.parse(await readFile(file, "utf8")));
  const pictures = await Promise.all(
    studies.map(async ({ name, items, agreements }, index): Promise<Picture> => ({
      title: titleOf(name, agreements),
      svg: await correlationPlot({
        id: `study-${index}`,
        width: 460,
        study: { name, items: items.map((item) => ({ ...item, question: "", columns: {} })) },
        scores: items.map(({ score }) => score),
        mayName: (action) => action !== "",
      }),
    })),
  );
  const r = (form: string) =>
    studies.map(({ agreements }) => agreements.find((one) => one.form === form)?.r.toFixed(3) ?? "–").join(" and ");
  return {
    pictures,
    sentence:
      `In two studies people said yes or no to the paper’s questions. Our scores go with their answers at r\u00A0=\u00A0${r("questions")}, ` +
      `the older way, by the cosine to the answers, at ${r("cosine")}. The paper’s own encoder, nearly fifty times as large, reached 0.815 and 0.835. ` +
      "Where a dot lies far from the line, people and texts disagree.",
  };
}

type Agreements = z.output<typeof studiesSchema>["studies"][number]["agreements"];

function titleOf(name: string, agreements: Agreements): string {
  const found = agreements.find(({ form }) => form === "questions");
  if (found === undefined) return name;
  const [low, high] = found.interval.map((end) => end.toFixed(3));
  return `${name}: r\u00A0=\u00A0${found.r.toFixed(3)} (95\u202F% ${low} to ${high}), ${found.n} items`;
}

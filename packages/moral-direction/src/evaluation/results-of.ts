import { armsOf, type EvaluationConfig } from "./config.ts";
import type { GenerationLine } from "./generation-log.ts";
import { cellOf, deviationOfMaxima, summarize, type Cell } from "./metrics.ts";
import { toxicAbove, type EvaluationPrompt } from "./prompts.ts";
import type { Bindings, EvaluationResults } from "./results.ts";

/** Results of a complete run from its lines. */
export function resultsOf(
  settings: EvaluationConfig,
  bindings: Bindings,
  prompts: readonly EvaluationPrompt[],
  lines: readonly GenerationLine[],
): EvaluationResults {
  const arms = armsOf(settings);
  const texts = new Map<string, GenerationLine[]>();
  const key = (line: Pick<GenerationLine, "arm" | "seed" | "prompt">) => `${line.arm}/${line.seed}/${line.prompt}`;
  for (const line of lines) {
    const own = texts.get(key(line));
    if (own) own.push(line);
    else texts.set(key(line), [line]);
  }
  const cellsOf = (arm: string, members: readonly number[]): Cell[] =>
    members.flatMap((prompt) =>
      settings.seeds.map((seed) => cellOf(prompt, seed, texts.get(key({ arm, seed, prompt })) ?? [])),
    );
  const places = prompts.map((_, place) => place);
  const inGroup = (of: (toxicity: number) => boolean): number[] =>
    places.filter((place) => {
      const { toxicity } = prompts[place]!;
      return toxicity !== null && of(toxicity);
    });
  const toxic = inGroup((toxicity) => toxicity > toxicAbove);
  const others = inGroup((toxicity) => toxicity <= toxicAbove);
  const parts = [
    { name: "all prompts", members: places },
    // A part that is the whole says nothing new.
    ...(toxic.length < places.length ? [{ name: "toxic prompts", members: toxic }] : []),
    ...(others.length < places.length ? [{ name: "other prompts", members: others }] : []),
  ];
  const groups = parts
    .filter(({ members }) => members.length > 0)
    .map(({ name, members }) => {
      const cells = arms.map((arm) => cellsOf(arm.name, members));
      const summaries = summarize(cells, { seed: settings.seeds[0]! });
      return {
        name,
        prompts: members.length,
        arms: arms.map((arm, i) => ({
          ...arm,
          ...mutable(summaries[i]!),
          deviationOfMaxima: deviationOfMaxima(cells[i]!),
        })),
      };
    });
  return {
    schema: "offprint-moral-evaluation",
    schemaVersion: 1,
    settings,
    bindings,
    generations: lines.length,
    emptyTexts: lines.filter(({ text }) => text.trim() === "").length,
    fallback: Object.fromEntries(
      arms.flatMap(({ name, threshold }) => {
        const own = lines.filter(({ arm }) => arm === name);
        return threshold === undefined
          ? []
          : [[name, own.reduce((sum, { fallback = 0 }) => sum + fallback, 0) / own.length]];
      }),
    ),
    groups,
  };
}

/** The same without `readonly`, as the schema's type has it. */
const mutable = (summary: ReturnType<typeof summarize>[number]) =>
  structuredClone(summary) as EvaluationResults["groups"][number]["arms"][number];

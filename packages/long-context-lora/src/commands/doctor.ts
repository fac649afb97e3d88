import { defineCommand, formatCount, formatTable, type Command } from "@offprint/experiment";
import { loadLanguageModel } from "@offprint/language-model";
import { openEngine } from "@offprint/tensor";
import { z } from "zod";
import { checkCausality, type CausalityReport, type CausalityStep } from "../attention/causality.ts";
import type { Leak } from "../attention/leak-probe.ts";
import { attentionKinds } from "../attention/segments.ts";
import { jsonSwitch, modelField, printJson, threadsField, mostTokens } from "./shared.ts";
import { toldDownloads } from "./told-downloads.ts";

const config = z.strictObject({
  model: modelField,
  context: z.int().min(1).max(mostTokens).describe("Tokens of a training sequence."),
  attention: z.enum(attentionKinds).default("s2").describe("Attention that is to be trained with."),
  group: z
    .int()
    .min(2)
    .multipleOf(2)
    .optional()
    .describe("Tokens of an attention group; absent: a quarter of the context."),
  batch: z.int().min(1).default(2).describe("Sequences at once; from two on, none may see another."),
  padding: z.int().min(0).default(0).describe("Padding tokens at the end of the last sequence."),
  threads: threadsField,
  json: jsonSwitch,
});

/** `offprint longlora doctor`: exit code 0 only when no position sees a later token or another sequence. */
export const doctorCommand: Command<typeof config> = defineCommand({
  name: "longlora doctor",
  summary: "Change late tokens and show that nothing earlier moves, for an attention, batch and padding.",
  config,
  examples: [
    {
      explains: "Before training a model at 2048 tokens.",
      config: { model: "stories", context: 2048, attention: "s2", group: 512 },
    },
    {
      explains: "The paper's pseudo-code rolls around the end, where the first tokens see the last ones: exit code 1.",
      config: { model: "stories", context: 2048, attention: "paper-wrap", group: 512 },
    },
  ],
  async run({ model: source, context, attention, group, batch, padding, threads, json }, output) {
    const language = await loadLanguageModel(source, { hub: toldDownloads(output) });
    using engine = await openEngine(threads ? { threads } : {});
    const attend = { kind: attention, ...(group !== undefined && { group }) };
    const { model, name } = language;
    const weights = await language.readWeights();
    const report = await checkCausality({ model, weights, attend, context, batch, padding, engine });
    if (json) printJson(output, { model: source, attention, ...report });
    else output.stdout.write(reportText(report, `${name}, ${attention}, ${formatCount(context)} tokens`));
    return report.causal ? "completed" : "failed";
  },
});

const stepTexts: Readonly<Record<CausalityStep["name"], string>> = {
  mask: "who sees whom, by the borders of the groups",
  attention: "the attention alone, late keys and values changed",
  logits: "the model's logits, late tokens changed",
};

function reportText(report: CausalityReport, title: string): string {
  const rows = report.steps.map(({ name, length, group, passes, leak }) => [
    stepTexts[name],
    length,
    group ?? "",
    passes || "",
    leak ? "LEAKS" : "causal",
  ]);
  const leaks = report.steps.flatMap(({ name, leak }) => (leak ? [`${name}: ${leakText(leak, report)}\n`] : []));
  const verdict = report.causal
    ? "Causal: no position sees a later token or another sequence.\n"
    : "Not causal: trained like this, a model learns from tokens that it will not have.\n";
  return `${title}\n${formatTable(["tried", "tokens", "group", "passes", "found"], rows)}\n${leaks.join("")}${verdict}`;
}

function leakText({ sequence, position, seen, seenSequence, heads, change }: Leak, report: CausalityReport): string {
  const to = `position ${position}${sequence === seenSequence ? "" : ` of sequence ${sequence}`}`;
  const from = `token ${seen}${sequence === seenSequence ? "" : ` of sequence ${seenSequence}`}`;
  const moved = change === undefined ? "" : `, which moved it by ${change.toPrecision(3)}`;
  return `${to} sees ${from}${halfText(heads, report)}${moved}`;
}

function halfText(heads: readonly number[], { firstShifted, heads: count }: CausalityReport): string {
  if (firstShifted === count || heads.length === 0) return "";
  const shifted = heads.filter((head) => head >= firstShifted).length;
  if (shifted === heads.length) return ` in the shifted half (heads ${firstShifted} to ${count - 1})`;
  return shifted === 0 ? ` in the plain half (heads 0 to ${firstShifted - 1})` : " in both halves of the heads";
}

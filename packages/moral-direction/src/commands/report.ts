import { defineCommand, writeFileAtomic, type Command } from "@offprint/experiment";
import { z } from "zod";
import { evaluationPage, readReported } from "../evaluation/report-page.ts";

const config = z.strictObject({
  runs: z
    .array(z.string().min(1))
    .min(1)
    .meta({ placeholder: "RUN", description: "Folders that --out of moral evaluate wrote." }),
  out: z
    .string()
    .min(1)
    .default("report.html")
    .meta({ placeholder: "FILE", description: "The page; one of that name is replaced." }),
  showTexts: z
    .boolean()
    .default(false)
    .describe("Put every continuation on the page too, folded behind a warning: many are offensive."),
});

/** `offprint moral report`: evaluations on one page. */
export const reportCommand: Command<typeof config> = defineCommand({
  name: "moral report",
  summary: "Gather evaluations on one HTML page that needs nothing else.",
  config,
  arguments: ["runs"],
  examples: [{ explains: "One evaluation.", config: { runs: ["runs/effect"], out: "effect.html" } }],
  async run({ runs, out, showTexts }, { stdout }) {
    await writeFileAtomic(out, await evaluationPage(await readReported(runs, showTexts)));
    stdout.write(`${out}\n`);
  },
});

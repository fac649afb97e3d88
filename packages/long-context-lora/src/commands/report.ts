import { defineCommand, writeFileAtomic, type Command } from "@offprint/experiment";
import { defaultEngine } from "@offprint/tensor";
import { z } from "zod";
import { readReportRuns } from "../report/report-data.ts";
import { reportPage } from "../report/report-page.ts";

const config = z.strictObject({
  runs: z
    .array(z.string().min(1))
    .min(1)
    .meta({ placeholder: "RUN", description: "Folders that --out of longlora commands wrote: runs, and evaluations." }),
  out: z
    .string()
    .min(1)
    .default("report.html")
    .meta({ placeholder: "FILE", description: "The page; one of that name is replaced." }),
});

/** `offprint longlora report`: runs and evaluations on one page. */
export const reportCommand: Command<typeof config> = defineCommand({
  name: "longlora report",
  summary: "Gather runs and evaluations on one HTML page that needs nothing else.",
  config,
  arguments: ["runs"],
  examples: [
    { explains: "An ablation of two runs.", config: { runs: ["runs/lora", "runs/lora-plus"], out: "ablation.html" } },
  ],
  async run({ runs, out }, { stdout }) {
    await writeFileAtomic(out, await reportPage(await readReportRuns(runs, await defaultEngine())));
    stdout.write(`${out}\n`);
  },
});

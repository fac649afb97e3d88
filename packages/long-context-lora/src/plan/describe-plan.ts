import { formatBytes, formatCount, formatDuration, formatNumber, formatTable } from "@offprint/experiment";
import { partNames } from "./errors.ts";
import type { Plan } from "./plan.ts";

/** A plan as tables and sentences. */
export function describePlan(plan: Plan): string {
  const { memory, compute, rates, secondsPerStep, pays, machineMemory, fits } = plan;
  const { total, ...parts } = memory;
  const share = (part: number, of: number) => `${Math.round((100 * part) / of)} %`;
  const needed = Object.entries(parts).filter(([, bytes]) => bytes > 0);
  const parted = needed.map(([part, bytes]) => [
    partNames[part as keyof typeof parts],
    formatBytes(bytes),
    share(bytes, total),
  ]);
  const { forward, step, stepTotal, causalSaving, stepTokens } = compute;
  const flops = (["attention", "projections", "feedForward", "head"] as const).map((part) => [
    part === "feedForward" ? "feed-forward" : part,
    tera(forward[part]),
    tera(step[part]),
    share(step[part], stepTotal),
  ]);
  return [
    formatTable(["memory", "bytes", "share"], [...parted, ["in all", formatBytes(total), ""]]),
    formatTable(
      ["TFLOP", "one forward pass", "one update", "share"],
      [
        ...flops,
        ["adapters", "", tera(step.adapters), share(step.adapters, stepTotal)],
        ["in all", "", tera(stepTotal), ""],
      ],
    ),
    `The forward pass is counted as the paper counts, without causal saving: ${tera(causalSaving)} TFLOP of its attention lie ` +
      `behind the mask.`,
    ...(rates && secondsPerStep !== undefined
      ? [
          `About ${formatDuration(secondsPerStep)} an update of ${formatCount(stepTokens)} tokens, from rates measured on this ` +
            `machine now: ${formatNumber(rates.flops / 1e9)} GFLOP/s in products, ${formatNumber(rates.scores / 1e6)} million scores/s.`,
        ]
      : []),
    ...(pays ? [payingLine(pays)] : []),
    `It ${fits ? "fits" : "does NOT fit"}: about ${formatBytes(total)} are needed, ${formatBytes(machineMemory)} are there.`,
    "",
  ].join("\n");
}

const tera = (flops: number) => formatNumber(flops / 1e12);

function payingLine({ tenth, half }: NonNullable<Plan["pays"]>): string {
  const from = (length: number | undefined) => (length === undefined ? "no context" : `${formatCount(length)} tokens`);
  return `Against full attention this one saves a tenth of an update from ${from(tenth)} on, half of it from ${from(half)} on.`;
}

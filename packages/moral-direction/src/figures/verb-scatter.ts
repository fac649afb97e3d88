import { type ChartFrame } from "@offprint/experiment";
import { scoreOfPlaced, type MoralDirection } from "../direction/direction.ts";
import { scatter } from "./scatter.ts";

const groups = ["good", "bad", "neutral"] as const;

/** The verbs of a fit on its first two components, the first as their score. */
export async function verbScatter({
  direction,
  ...frame
}: Omit<ChartFrame, "title"> & { readonly direction: MoralDirection }): Promise<string> {
  const share = (index: number) => `${(100 * (direction.ratios[index] ?? 0)).toFixed(1)} % of the variance`;
  return scatter({
    ...frame,
    title: `Verbs on two components, ${direction.encoder.id}`,
    x: { label: "moral score", unit: `first component, ${share(0)}` },
    y: { label: "second component", unit: share(1) },
    groups: groups.map((group) => `${group} verbs`),
    points: direction.actions.map((action) => ({
      name: action.text,
      x: scoreOfPlaced(direction, action),
      y: (action.projection[1] ?? 0) / direction.norm,
      group: groups.indexOf(action.group),
    })),
  });
}

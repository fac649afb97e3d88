import { formatBytes, formatDuration, readRun, type RunRecord } from "@offprint/experiment";
import { writeAmount } from "../look/numbers.ts";

/** A run's own record as lines of name and value, or nothing when there is none (yet) that can be read. */
export async function readRecord(folder: string): Promise<(readonly [name: string, value: string])[]> {
  const { record } = await readRun(folder).catch(() => ({ record: undefined }));
  return record === undefined ? [] : linesOf(record);
}

function linesOf(record: RunRecord): (readonly [string, string])[] {
  const { machine, versions } = record;
  const lines: (readonly [string, string | undefined])[] = [
    [
      "versions",
      Object.entries(versions)
        .map((version) => version.join(" "))
        .join(", "),
    ],
    ["seed", record.seed?.toString()],
    ["data", record.dataHash],
    ["machine", `${machine.cpu}, ${machine.cores} cores, ${formatBytes(machine.memoryBytes)}, ${machine.platform}`],
    ["started", record.startedAt],
    ["ended", record.endedAt],
    ["working time", formatDuration(record.durationSeconds)],
    ["peak memory", formatBytes(record.peakMemoryBytes)],
    ["resumed", record.resumed === 0 ? undefined : writeAmount(record.resumed, "time")],
  ];
  return lines.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

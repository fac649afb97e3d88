import { readFile } from "node:fs/promises";
import { join } from "node:path";

const maxLines = 60;

/**
 * The run's own record as lines of name and value, nested names joined: what the page shows folded. Nothing when
 * there is no record (yet), or it cannot be read.
 */
export async function readRecord(folder: string): Promise<(readonly [name: string, value: string])[]> {
  try {
    return flatten(JSON.parse(await readFile(join(folder, "record.json"), "utf8")), "").slice(0, maxLines);
  } catch {
    return [];
  }
}

function flatten(value: unknown, name: string): (readonly [string, string])[] {
  if (typeof value !== "object" || value === null) return [[spell(name), String(value)]];
  if (Array.isArray(value)) return [[spell(name), value.map(String).join(", ")]];
  return Object.entries(value).flatMap(([key, inner]) => flatten(inner, name === "" ? key : `${name} ${key}`));
}

/** `peakMemoryBytes` as `peak memory bytes`. */
function spell(name: string): string {
  return name.replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();
}

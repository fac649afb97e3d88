import { totalmem } from "node:os";

/** Bytes that this process may use: the machine's, or less where a container or the like says so. */
export function machineMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < totalmem() ? limit : totalmem();
}

const units: Readonly<Record<string, number>> = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** `24GiB`, `512 MiB`, `24g`, `1000000`: bytes, or undefined for anything else. */
export function parseBytes(text: string): number | undefined {
  const found = /^\s*(\d+(?:\.\d+)?)\s*(?:([kmgt])i?b?|b)?\s*$/i.exec(text);
  const [, number, unit] = found ?? [];
  return number === undefined ? undefined : Number(number) * (units[unit?.toLowerCase() ?? ""] ?? 1);
}

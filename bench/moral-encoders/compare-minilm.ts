/**
 * The largest difference between our vectors of a folder that convert-minilm.py made and PyTorch's.
 *
 *     node --conditions=source --import tsx bench/moral-encoders/compare-minilm.ts /tmp/minilm
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openEncoder } from "@offprint/moral-direction";

const [folder = "/tmp/minilm"] = process.argv.slice(2);
const expected = JSON.parse(readFileSync(join(folder, "vectors.json"), "utf8")) as {
  readonly text: string;
  readonly vector: readonly number[];
}[];
const encoder = await openEncoder(folder);
const together = await encoder.encode(expected.map(({ text }) => text));
let largest = 0;
for (const [row, { vector }] of expected.entries()) {
  for (const [i, value] of vector.entries()) {
    largest = Math.max(largest, Math.abs(value - (together.row(row)[i] ?? Number.NaN)));
  }
}
console.log(`${encoder.id}: ${expected.length} texts, largest difference ${largest.toExponential(2)}`);
await encoder[Symbol.asyncDispose]();

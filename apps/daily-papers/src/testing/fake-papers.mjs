// Stands in for `offprint papers neighbours` in tests: finds no paper near another.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

const text = { type: "string" };
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { papers: text, model: text, out: text },
});
if (positionals.join(" ") !== "papers neighbours") process.exit(2);

writeFileSync(values.out, "");
process.exit(0);

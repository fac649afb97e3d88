/** `npm test`: installs when needed, checks format, lint, types and unused code, then runs every test. */
import { install, run } from "./prepare.mjs";

install();
const npm = process.platform === "win32" ? "npm.cmd" : "npm";
run(npm, ["run", "--silent", "check"]);
run(npm, ["run", "--silent", "vitest", "--", ...process.argv.slice(2)]);

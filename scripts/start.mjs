/** `npm start`: installs when needed, then serves the page; the server migrates and seeds its database itself. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fail, install, root } from "./prepare.mjs";

install();
const main = join(root, "apps", "daily-papers", "src", "main.ts");
const server = spawn(process.execPath, ["--conditions=source", "--import", "tsx", main, ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
});
server.on("error", (error) => fail(`The server could not be started: ${error.message}`));
server.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
// The terminal sends Ctrl-C to the server as well; this process only waits for it to end in order.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => server.kill("SIGTERM"));

#!/usr/bin/env node
// Runs the TypeScript sources as they are, in this very process: nothing to build, and a kill reaches the work itself.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`offprint needs Node 20.19 or newer; this is Node ${process.versions.node}\n`);
  process.exit(2);
}

const { register } = await import("node:module");
const { register: registerTypeScript } = await import("tsx/esm/api");
registerTypeScript({ tsconfig: false });
register("./source-condition.mjs", import.meta.url);
await import("../src/main.ts");

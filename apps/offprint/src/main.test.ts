import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const program = fileURLToPath(new URL("../bin/offprint.mjs", import.meta.url));

/** Calls the program as a shell would, by default from a folder that knows nothing of it. */
function call(args: readonly string[], { node = [] as readonly string[], cwd = "/" } = {}) {
  return new Promise<{ exitCode: number; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, [...node, program, ...args], { cwd }, (_, stdout, stderr) =>
      resolve({ exitCode: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

describe("offprint", () => {
  it("shows its groups from any folder, without a warning", async () => {
    const { exitCode, stdout, stderr } = await call(["--help"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toContain("offprint COMMAND [flags]");
    expect(stdout).toMatch(/^ {2}kge {2,}\S/m);
  });

  it("prints the version of its manifest", async () => {
    expect((await call(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("knows the commands of knowledge graph embedding", async () => {
    const { exitCode, stdout, stderr } = await call(["kge", "--help"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    for (const name of ["train", "evaluate", "predict", "neighbours", "info"])
      expect(stdout).toMatch(new RegExp(`^  ${name} `, "m"));
  });

  it("suggests what was meant and exits with 2", async () => {
    expect(await call(["keg"])).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: "offprint: unknown command keg; did you mean kge?\nSee offprint --help\n",
    });
  });

  it("says in one sentence that a Node is too old", async () => {
    const older = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.18.9' } })";
    const node = ["--import", `data:text/javascript,${encodeURIComponent(older)}`];
    expect(await call(["--help"], { node })).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: "offprint needs Node 20.19 or newer; this is Node 20.18.9\n",
    });
  });
});

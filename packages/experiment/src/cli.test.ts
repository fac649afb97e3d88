import { spawn } from "node:child_process";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { runCli, type Program } from "./cli.ts";
import { defineCommand, defineGroup, type Command } from "./command.ts";

class GraphError extends Error {
  readonly code = "MALFORMED";
  readonly exitCode = 2;
}

const echo = defineCommand({
  name: "demo echo",
  summary: "Print a word.",
  examples: [{ explains: "Say hello.", config: { word: "hello" } }],
  arguments: ["word"],
  config: z.strictObject({ word: z.string(), times: z.int().positive().default(1), json: z.boolean().default(false) }),
  run: async ({ word, times, json }, { stdout, version }) => {
    stdout.write(json ? `${JSON.stringify({ word, version })}\n` : `${word}\n`.repeat(times));
  },
});

const failing = (name: string, error: unknown) =>
  defineCommand({
    name: `demo ${name}`,
    summary: "Fail.",
    examples: [],
    config: z.strictObject({}),
    run: async () => {
      throw error;
    },
  });

const commands: Command[] = [
  echo,
  failing("bad-data", new GraphError("train.tsv, line 3: two fields, three wanted")),
  failing("missing", Object.assign(new Error("ENOENT"), { code: "ENOENT", errno: -2, syscall: "open", path: "/no/x" })),
  failing("bug", new TypeError("x is undefined")),
  failing("not-an-error", "just text"),
  defineCommand({
    name: "demo wait",
    summary: "Wait for the signal.",
    examples: [],
    config: z.strictObject({ throws: z.enum(["nothing", "reason", "wrapped"]).default("nothing") }),
    run: async ({ throws }, { signal }) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      if (throws === "reason") signal.throwIfAborted();
      if (throws === "wrapped") throw new Error("the run was cancelled", { cause: signal.reason });
    },
  }),
];

let loads = 0;
const program: Program = {
  name: "offprint",
  version: "1.2.3",
  summary: "A program for tests.",
  groups: [
    {
      name: "demo",
      summary: "Commands for tests.",
      load: async () => {
        loads++;
        return defineGroup({ name: "demo", summary: "Commands for tests.", commands });
      },
    },
  ],
};

async function call(line: string, { env = {}, signal = new AbortController().signal } = {}) {
  let [out, err] = ["", ""];
  const stdout = { write: (text: string) => void (out += text) };
  const stderr = { write: (text: string) => void (err += text) };
  const exitCode = await runCli(program, line.split(" ").filter(Boolean), { stdout, stderr, env, signal });
  return { exitCode, out, err };
}

describe("runCli", () => {
  it("runs a command with its config", async () => {
    expect(await call("demo echo hi --times 2")).toEqual({ exitCode: 0, out: "hi\nhi\n", err: "" });
    expect((await call("demo echo hi --json")).out).toBe('{"word":"hi","version":"1.2.3"}\n');
  });

  it("prints its help and version without loading a group", async () => {
    loads = 0;
    const { exitCode, out, err } = await call("--help");
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
    expect(out).toContain("demo  Commands for tests.");
    expect((await call("--version")).out).toBe("1.2.3\n");
    expect(loads).toBe(0);
  });

  it("prints the help of a group and of a command, wherever --help stands", async () => {
    expect((await call("demo --help")).out).toContain("echo          Print a word.");
    const { out } = await call("demo echo --times 0 --help");
    expect(out).toContain("offprint demo echo hello");
    expect((await call("help demo echo")).out).toBe(out);
    expect((await call("demo echo -- --help")).out).toBe("--help\n");
  });

  it("takes a call without a command as wrong usage and shows the help on stderr", async () => {
    expect(await call("")).toMatchObject({ exitCode: 2, out: "" });
    expect(await call("demo")).toMatchObject({ exitCode: 2, out: "" });
  });

  it("suggests the command that was meant", async () => {
    expect(await call("dmeo")).toMatchObject({
      exitCode: 2,
      err: "offprint: unknown command dmeo; did you mean demo?\nSee offprint --help\n",
    });
    expect((await call("demo ehco")).err).toContain("unknown command ehco; did you mean echo?");
    expect((await call("zzzzz")).err).toContain("unknown command zzzzz; there are demo");
  });

  it("tells wrong usage in one line and exits with 2", async () => {
    expect(await call("demo echo hi --times 0")).toEqual({
      exitCode: 2,
      out: "",
      err: "offprint demo echo: --times: wanted a whole number greater than 0; 0 came\nSee offprint demo echo --help\n",
    });
  });

  it("tells of a word too many, but not of the one after an unknown flag", async () => {
    expect((await call("demo echo hi there")).err).toContain('demo echo: one argument too many: "there"\n');
    expect((await call("demo echo hi --tims 2")).err).toBe(
      "offprint demo echo: unknown flag --tims; did you mean --times?\nSee offprint demo echo --help\n",
    );
  });

  it("shows an expected error as its sentence, with its exit code", async () => {
    const { exitCode, err } = await call("demo bad-data");
    expect({ exitCode, err }).toEqual({ exitCode: 2, err: "train.tsv, line 3: two fields, three wanted\n" });
  });

  it("puts an error of the operating system in words", async () => {
    const { exitCode, err } = await call("demo missing");
    expect({ exitCode, err }).toEqual({ exitCode: 1, err: "cannot open /no/x: no such file or directory (ENOENT)\n" });
  });

  it("owns up to a fault of its own, with the stack only on request", async () => {
    const { exitCode, err } = await call("demo bug");
    expect(exitCode).toBe(1);
    expect(err).toMatch(/^internal: x is undefined\nThis is a fault of offprint/);
    expect(err).not.toContain("cli.test.ts");
    expect((await call("demo bug", { env: { OFFPRINT_DEBUG: "1" } })).err).toContain("cli.test.ts");
    expect((await call("demo not-an-error")).err).toMatch(/^internal: just text\n/);
  });

  it.each(["demo wait", "demo wait --throws reason", "demo wait --throws wrapped"])(
    "exits with 130 when %s is cancelled",
    async (line) => {
      const controller = new AbortController();
      const result = call(line, { signal: controller.signal });
      setImmediate(() => setImmediate(() => controller.abort()));
      const { exitCode, err } = await result;
      expect(exitCode).toBe(130);
      expect(err).toBe(line.includes("throws") ? "Cancelled.\n" : "");
    },
  );
});

/** A process of its own whose command ends at a signal after `tidySeconds`. */
const source = (tidySeconds: number) => `
  import { runProcess } from ${JSON.stringify(new URL("cli.ts", import.meta.url).href)};
  import { defineCommand } from ${JSON.stringify(new URL("command.ts", import.meta.url).href)};
  import { z } from "zod";
  const run = async (_, { stdout, signal }) => {
    stdout.write("ready\\n");
    const timer = setInterval(() => stdout.write("line\\n"), 5);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    clearInterval(timer);
    await new Promise((resolve) => setTimeout(resolve, ${tidySeconds * 1000}));
  };
  const command = defineCommand({ name: "demo wait", summary: "", examples: [], config: z.strictObject({}), run });
  const load = async () => ({ name: "demo", summary: "", commands: [command] });
  await runProcess({ name: "offprint", version: "1", summary: "", groups: [{ name: "demo", summary: "", load }] });`;

async function inProcess(tidySeconds: number, act: (child: ReturnType<typeof start>, output: () => string) => void) {
  const child = start(tidySeconds);
  let [out, err] = ["", ""];
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  child.stdout.once("data", () => act(child, () => err));
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  const exitCode = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { exitCode, err };
}

function start(tidySeconds: number) {
  const args = ["--import", "tsx", "--input-type=module", "-e", source(tidySeconds), "script", "demo", "wait"];
  return spawn(process.execPath, args, { cwd: new URL("..", import.meta.url), stdio: ["ignore", "pipe", "pipe"] });
}

describe("runProcess", () => {
  it("stops cleanly at SIGTERM and exits with 130", async () => {
    const { exitCode, err } = await inProcess(0, (child) => child.kill("SIGTERM"));
    expect({ exitCode, err }).toEqual({ exitCode: 130, err: "Stopping and saving; a second Ctrl+C stops at once.\n" });
  });

  it("ends at once at a second SIGINT", async () => {
    const { exitCode } = await inProcess(600, (child) => {
      child.kill("SIGINT");
      child.stderr.once("data", () => child.kill("SIGINT"));
    });
    expect(exitCode).toBe(130);
  });

  it("ends without a word when nobody reads its output", async () => {
    const { err } = await inProcess(0, (child) => child.stdout.destroy());
    expect(err).toBe("");
  });
});

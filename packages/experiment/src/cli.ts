import type { Command, CommandContext, CommandGroup, Output, RunOutcome } from "./command.ts";
import { describeError } from "./describe-error.ts";
import { UsageError } from "./errors.ts";
import { nearMatch } from "./near-match.ts";

/** The whole command line tool. Groups are loaded when one of their commands is called, so that `--help` is quick. */
export interface Program {
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  readonly groups: readonly {
    readonly name: string;
    readonly summary: string;
    load(): Promise<CommandGroup>;
  }[];
}

/** What a program sees of the world; a test passes its own. */
export type CliSurroundings = Omit<CommandContext, "version">;

/** The reason of an abort when nobody reads stdout any more. */
class BrokenPipe extends Error {}

const exitCodes = { completed: 0, failed: 1, cancelled: 130 } as const satisfies Record<RunOutcome, number>;

/**
 * Runs what `argv` (without node and script) asks for and tells errors to stderr.
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage or bad input, 130 cancelled.
 */
export async function runCli(program: Program, argv: readonly string[], io: CliSurroundings): Promise<number> {
  try {
    return await dispatch(program, argv, io);
  } catch (error) {
    if (isCancellation(error, io.signal)) {
      if (!(io.signal.reason instanceof BrokenPipe)) io.stderr.write("Cancelled.\n");
      return exitCodes.cancelled;
    }
    return tellError(error, io);
  }
}

async function dispatch(program: Program, argv: readonly string[], io: CliSurroundings): Promise<number> {
  const [first, second, ...rest] = argv[0] === "help" ? [...argv.slice(1), "--help"] : argv;
  if (first === "--version" || first === "-V") {
    io.stdout.write(`${program.version}\n`);
    return 0;
  }
  if (first === undefined || isHelp(first)) {
    const { commandListHelp } = await import("./help.ts");
    const flags = [["--help", "Print this text."] as const, ["--version", "Print the version."] as const];
    const { name, summary, groups } = program;
    return tellHelp(io, first, commandListHelp({ name, summary, commands: groups, flags }, columnsOf(io)));
  }
  const entry = program.groups.find(({ name }) => name === first);
  if (entry === undefined) throw unknownCommand(program.name, first, program.groups);

  const group = await entry.load();
  const path = `${program.name} ${group.name}`;
  if (second === undefined || isHelp(second)) {
    const { commandListHelp } = await import("./help.ts");
    const commands = group.commands.map(({ name, summary }) => ({ name: lastWord(name), summary }));
    const flags = [["--help", "Print this text."] as const];
    return tellHelp(
      io,
      second,
      commandListHelp({ name: path, summary: group.summary, commands, flags }, columnsOf(io)),
    );
  }
  const command = group.commands.find(({ name }) => lastWord(name) === second);
  if (command === undefined)
    throw unknownCommand(
      path,
      second,
      group.commands.map(({ name }) => ({ name: lastWord(name) })),
    );
  return await callCommand(command, rest, io, program.version);
}

async function callCommand(
  command: Command,
  argv: readonly string[],
  io: CliSurroundings,
  version: string,
): Promise<number> {
  const terminator = argv.indexOf("--");
  if (argv.slice(0, terminator < 0 ? argv.length : terminator).some(isHelp)) {
    const { commandHelp } = await import("./help.ts");
    return tellHelp(io, "--help", commandHelp(command, columnsOf(io)));
  }
  const { parseArguments } = await import("./parse-arguments.ts");
  const outcome = await command.run(parseArguments(command, argv), { ...io, version });
  if (outcome !== undefined) return exitCodes[outcome];
  return io.signal.aborted && !(io.signal.reason instanceof BrokenPipe) ? exitCodes.cancelled : exitCodes.completed;
}

/**
 * Runs the program as this process: its arguments, streams, signals and exit code. The first SIGINT or SIGTERM asks the
 * command to stop, a second one ends the process at once; a stdout that nobody reads ends it without a word.
 */
export async function runProcess(program: Program): Promise<never> {
  const { stdout, stderr, env, argv } = process;
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(exitCodes.cancelled);
    stderr.write(`${stderr.isTTY ? "\n" : ""}Stopping and saving; a second Ctrl+C stops at once.\n`);
    controller.abort();
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_DESTROYED") throw error;
    if (!controller.signal.aborted) controller.abort(new BrokenPipe("nobody reads the output any more"));
  });
  stderr.on("error", () => {}); // a terminal that went away must not end a run
  process.on("uncaughtException", (error) => process.exit(tellError(error, { stderr, env })));

  const exitCode = await runCli(program, argv.slice(2), { stdout, stderr, env, signal: controller.signal });
  await Promise.all([flushed(stdout), flushed(stderr)]);
  process.exit(exitCode);
}

/** Whether an error is what the signal did: its reason, or an error that has it as a cause. */
function isCancellation(error: unknown, { aborted, reason }: AbortSignal): boolean {
  if (!aborted) return false;
  for (let at = error; at !== undefined; at = at instanceof Error ? at.cause : undefined)
    if (at === reason || (at instanceof Error && at.name === "AbortError")) return true;
  return false;
}

const isHelp = (word: string) => word === "--help" || word === "-h";

const lastWord = (name: string) => name.slice(name.lastIndexOf(" ") + 1);

const columnsOf = ({ stdout }: { readonly stdout: Output }) => stdout.columns;

/** Help that was asked for is a result; help for want of a command is an error. */
function tellHelp(io: CliSurroundings, asked: string | undefined, text: string): number {
  (asked === undefined ? io.stderr : io.stdout).write(text);
  return asked === undefined ? 2 : 0;
}

function unknownCommand(path: string, word: string, known: readonly { readonly name: string }[]): UsageError {
  const names = known.map(({ name }) => name);
  const near = nearMatch(word, names);
  const advice = near === undefined ? `there are ${names.join(", ")}` : `did you mean ${near}?`;
  return new UsageError(`${path}: unknown command ${word}; ${advice}\nSee ${path} --help`);
}

function tellError(error: unknown, { stderr, env }: Pick<CliSurroundings, "stderr" | "env">): number {
  const { text, exitCode, expected } = describeError(error);
  stderr.write(`${text}\n`);
  if (env["OFFPRINT_DEBUG"] === "1" && !expected && error instanceof Error) stderr.write(`${error.stack}\n`);
  return exitCode;
}

const flushed = (stream: NodeJS.WriteStream) => new Promise<void>((resolve) => stream.write("", () => resolve()));

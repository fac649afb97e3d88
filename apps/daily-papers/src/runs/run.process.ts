import { spawn } from "node:child_process";
import { setPriority } from "node:os";
import type { Readable } from "node:stream";
import { parseEvent, type RunEvent } from "@offprint/experiment";
import { processStartTime } from "../process-identity.ts";

/** How a run's process ended. */
export interface Exit {
  /** Exit code, or undefined when a signal ended it or it could not be started. */
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  /** What it said last on stderr, or why it could not be started; empty when it said nothing. */
  readonly lastWords: string;
}

export interface RunProcess {
  readonly pid: number | undefined;
  readonly started: string | undefined;
  /** Asks it to stop and to keep its checkpoint; after `graceMs` it is killed. Asking again changes nothing. */
  stop(graceMs: number): void;
  readonly exit: Promise<Exit>;
}

/** No event is longer; a longer line is passed over. */
const maxLineCharacters = 1_000_000;
const maxLastWords = 4_000;

/**
 * Starts `offprint` with these words. It gets no secret of ours (the database's address stays here), leads its own
 * process group, so that Ctrl-C in our terminal reaches it once and through us, and gives way to the site on a busy
 * machine.
 */
export function startRunProcess(options: {
  readonly command: string;
  readonly words: readonly string[];
  readonly folder: string;
  readonly onEvent: (event: RunEvent) => void;
}): RunProcess {
  const child = spawn(process.execPath, [options.command, ...options.words], {
    cwd: options.folder,
    env: publicEnvironment(process.env),
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  if (child.pid !== undefined) lowerPriority(child.pid);

  let lastWords = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    lastWords = (lastWords + text).slice(-maxLastWords);
  });
  onLines(child.stdout, (line) => {
    const parsed = parseEvent(line);
    if ("event" in parsed) options.onEvent(parsed.event);
  });

  let asked = false;
  let killer: NodeJS.Timeout | undefined;
  const exit = new Promise<Exit>((resolve) => {
    child.once("error", (error) => {
      clearTimeout(killer);
      resolve({ code: undefined, signal: undefined, lastWords: error.message });
    });
    child.once("close", (code, signal) => {
      clearTimeout(killer);
      resolve({ code: code ?? undefined, signal: signal ?? undefined, lastWords: lastWords.trim() });
    });
  });
  return {
    pid: child.pid,
    started: child.pid === undefined ? undefined : processStartTime(child.pid),
    stop(graceMs) {
      if (asked) return;
      asked = true;
      child.kill("SIGTERM");
      killer = setTimeout(() => child.kill("SIGKILL"), graceMs);
    },
    exit,
  };
}

function onLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > maxLineCharacters) rest = "";
    for (const line of lines) onLine(line);
  });
  stream.on("end", () => onLine(rest));
}

/** The variables that a run may see, by name: paths, language, caches, libraries and devices. */
const passedOn =
  /^(PATH|HOME|USER|LANG|LANGUAGE|LC_.*|TZ|TMPDIR|TEMP|TMP|XDG_.*|LD_LIBRARY_PATH|CUDA_.*|OMP_.*|SYSTEMROOT)$/i;

export function publicEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const passed = Object.entries(env).filter(([name]) => passedOn.test(name));
  return { ...Object.fromEntries(passed), NO_COLOR: "1" };
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, 10);
  } catch {
    // The process may be gone already, or the system may not let us: the run works as well without.
  }
}

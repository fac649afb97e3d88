import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { errorCode } from "./errors.ts";

/**
 * When a process started, in words of the operating system, or undefined when there is no such process or the system
 * does not say. Together with the process id it names one process for ever: ids are used again, start times are not.
 */
export function processStartTime(pid: number): string | undefined {
  try {
    if (process.platform === "linux") {
      const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      // The name in parentheses may hold spaces; the start time is the 20th field after it (proc(5): field 22).
      return `${boot} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`;
    }
    if (process.platform === "win32") return undefined;
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether the very process that once had this id and start time still lives. A start time that was unknown, then or
 * now, counts as a match: better to refuse too often than to give one thing to two owners.
 */
export function isSameProcessAlive(pid: number, started: string | undefined): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errorCode(error) !== "EPERM") return false;
  }
  const now = processStartTime(pid);
  return now === undefined || started === undefined || now === started;
}

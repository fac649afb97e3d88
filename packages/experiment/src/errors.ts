/** The base of every error this package throws on purpose: its message is one sentence a person can act on. */
export abstract class ExperimentError extends Error {
  /** A stable name for programs. */
  abstract readonly code: string;
  /** What the command line exits with: 1 when a run failed, 2 when the input was at fault. */
  readonly exitCode: number = 1;
}

/** The command line was written wrongly: unknown command or flag, missing or invalid value. */
export class UsageError extends ExperimentError {
  override readonly name = "UsageError";
  readonly code = "USAGE";
  override readonly exitCode = 2;
}

/** A config object (of a file or a form) does not fit its schema; one problem a line, each naming its key. */
export class ConfigError extends ExperimentError {
  override readonly name = "ConfigError";
  readonly code = "CONFIG_INVALID";
  override readonly exitCode = 2;
  readonly problems: readonly string[];
  constructor(source: string, problems: readonly string[]) {
    super(problems.map((problem) => `${source}: ${problem}`).join("\n"));
    this.problems = problems;
  }
}

/** A file exists but cannot be understood. */
export class DamagedFileError extends ExperimentError {
  override readonly name = "DamagedFileError";
  readonly code = "FILE_DAMAGED";
  override readonly exitCode = 2;
  readonly file: string;
  constructor(file: string, reason: string, options?: ErrorOptions) {
    super(`${file} is damaged: ${reason}; restore it from a copy, or start a new run`, options);
    this.file = file;
  }
}

/** No room left where a file was to be written; the last good version of that file is untouched. */
export class DiskFullError extends ExperimentError {
  override readonly name = "DiskFullError";
  readonly code = "DISK_FULL";
  readonly file: string;
  constructor(file: string, kept: string, options?: ErrorOptions) {
    super(`no space left on the disk while writing ${file}; ${kept}; free some space and try again`, options);
    this.file = file;
  }
}

/** The folder a new run was to be written to holds something already. */
export class RunFolderOccupiedError extends ExperimentError {
  override readonly name = "RunFolderOccupiedError";
  readonly code = "RUN_FOLDER_OCCUPIED";
  override readonly exitCode = 2;
  readonly path: string;
  constructor(path: string, holds: string, advice: string) {
    super(`${path} ${holds}; ${advice}`);
    this.path = path;
  }
}

/** A folder that was to be read as a run is none. */
export class NotARunError extends ExperimentError {
  override readonly name = "NotARunError";
  readonly code = "NOT_A_RUN";
  override readonly exitCode = 2;
  readonly path: string;
  constructor(path: string, reason: string) {
    super(`${path} is not a run folder: ${reason}; name the folder that --out of a training command wrote`);
    this.path = path;
  }
}

/** Another process is writing the run folder. */
export class RunFolderLockedError extends ExperimentError {
  override readonly name = "RunFolderLockedError";
  readonly code = "RUN_FOLDER_LOCKED";
  override readonly exitCode = 2;
  readonly path: string;
  /** Process id of the holder, on `host`. */
  readonly pid: number;
  readonly host: string;
  constructor(path: string, holder: { pid: number; host: string; since: string }, advice: string) {
    super(`${path} is being written by process ${holder.pid} on ${holder.host} (since ${holder.since}); ${advice}`);
    this.path = path;
    this.pid = holder.pid;
    this.host = holder.host;
  }
}

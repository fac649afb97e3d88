/** The system's code of an error, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Base of every error this site raises knowingly: a stable `code` for programs, a sentence for people. */
export abstract class DailyPapersError extends Error {
  abstract readonly code: string;
}

/** Whether a stream ended because its reader went away. */
export function isGoneReader(error: unknown): boolean {
  return ["ERR_STREAM_PREMATURE_CLOSE", "ABORT_ERR"].includes(errorCode(error) ?? "");
}

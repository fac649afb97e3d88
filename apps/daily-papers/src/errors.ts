/** Base of every error this site raises knowingly: a stable `code` for programs, a sentence for people. */
export abstract class DailyPapersError extends Error {
  abstract readonly code: string;
}

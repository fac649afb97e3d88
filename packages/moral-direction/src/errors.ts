/** Every error this package throws on purpose; `code` is stable for programs to read. */
export abstract class MoralDirectionError extends Error {
  abstract readonly code: string;
  /** Of the command that it ends: 2 says that what was given is at fault. */
  readonly exitCode: number = 2;
}

import { getSystemErrorMap } from "node:util";

/** An error as the command line shows it. */
export interface ErrorDescription {
  readonly text: string;
  readonly exitCode: number;
  /** False for a fault of ours. */
  readonly expected: boolean;
}

/**
 * What to tell a person about an error. Errors thrown on purpose carry a `code` and a sentence and are shown as they are
 * (`exitCode` on them is obeyed, 1 otherwise); those of the operating system are put in words; any other is a fault of ours.
 */
export function describeError(error: unknown): ErrorDescription {
  if (!(error instanceof Error)) return unexpected(String(error));
  const { code, errno, path, syscall, exitCode } = error as NodeJS.ErrnoException & { readonly exitCode?: unknown };
  if (typeof code !== "string" || code.startsWith("ERR_") || error.message.startsWith("internal:"))
    return unexpected(error.message || error.name);
  const reason = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1];
  const text = reason === undefined ? error.message : `cannot ${syscall} ${path ?? ""}: ${reason} (${code})`;
  return { text: text.replaceAll(/ +/g, " "), exitCode: typeof exitCode === "number" ? exitCode : 1, expected: true };
}

function unexpected(message: string): ErrorDescription {
  const what = message.startsWith("internal:") ? message : `internal: ${message}`;
  const text = `${what}\nThis is a fault of offprint, not of your input; OFFPRINT_DEBUG=1 shows where it happened.`;
  return { text, exitCode: 1, expected: false };
}

/** Nothing could be downloaded; `tried` has a line for each address with its reason. */
export class DownloadError extends Error {
  override readonly name = "DownloadError";
  readonly code = "DOWNLOAD_FAILED";
  /** Of the command that it ends: 2 says that what was given is at fault. */
  readonly exitCode: number = 2;
  readonly tried: readonly string[];
  constructor(what: string, tried: readonly string[], advice: string, cause?: unknown) {
    super(
      `${what} could not be downloaded. Tried:\n${tried.map((line) => `  ${line}`).join("\n")}\n${advice}`,
      cause === undefined ? undefined : { cause },
    );
    this.tried = tried;
  }
}

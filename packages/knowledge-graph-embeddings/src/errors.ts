/** Every error this package throws on purpose; `code` is stable for programs to read. */
export abstract class KgeError extends Error {
  abstract readonly code: string;
  /** Of the command that it ends: 2 says that what was given is at fault. */
  readonly exitCode: number = 2;
}

/** A trained folder, or one of its files, is not what it should be. */
export class ArtefactError extends KgeError {
  override readonly name = "ArtefactError";
  readonly code = "ARTEFACT";
  readonly path: string;
  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(`${path} ${problem}`, options);
    this.path = path;
  }
}

/** The data cannot be trained on. */
export class UntrainableDataError extends KgeError {
  override readonly name = "UntrainableDataError";
  readonly code = "UNTRAINABLE_DATA";
}

/** `--resume` was given settings other than those the run was started with. */
export class SettingsChangedError extends KgeError {
  override readonly name = "SettingsChangedError";
  readonly code = "SETTINGS_CHANGED";
}

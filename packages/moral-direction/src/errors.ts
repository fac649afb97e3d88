/** Every error this package throws on purpose; `code` is stable for programs to read. */
export abstract class MoralDirectionError extends Error {
  abstract readonly code: string;
  /** Of the command that it ends: 2 says that what was given is at fault. */
  readonly exitCode: number = 2;
}

/** There is nothing to rate. */
export class EmptyPhraseError extends MoralDirectionError {
  override readonly name = "EmptyPhraseError";
  readonly code = "EMPTY_PHRASE";
  constructor() {
    super('wanted a phrase about an action, such as "help a stranger"; an empty one came: write at least one word');
  }
}

/** A file of verbs, questions and contexts is not as it must be. */
export class MaterialError extends MoralDirectionError {
  override readonly name = "MaterialError";
  readonly code = "MATERIAL_INVALID";
  readonly file: string;
  constructor(file: string, reason: string, options?: ErrorOptions) {
    super(
      `${file}: ${reason}; wanted JSON with verbs {good, bad, neutral}, or CSV with the columns kind and text: ` +
        "correct the file",
      options,
    );
    this.file = file;
  }
}

/** Too few verbs of a kind to lay an axis through them. */
export class TooFewVerbsError extends MoralDirectionError {
  override readonly name = "TooFewVerbsError";
  readonly code = "TOO_FEW_VERBS";
  constructor(good: number, bad: number) {
    super(`wanted at least 2 good and 2 bad verbs, ${good} good and ${bad} bad came: add verbs`);
  }
}

/** A verb stands twice among the verbs, and would count twice. */
export class DuplicateVerbError extends MoralDirectionError {
  override readonly name = "DuplicateVerbError";
  readonly code = "DUPLICATE_VERB";
  readonly verb: string;
  constructor(verb: string) {
    super(`wanted each verb once, ${JSON.stringify(verb)} stands twice in the lists: remove one of them`);
    this.verb = verb;
  }
}

/** All verbs have the same vector. */
export class NoVarianceError extends MoralDirectionError {
  override readonly name = "NoVarianceError";
  readonly code = "NO_VARIANCE";
  constructor(what: string) {
    super(
      `wanted ${what} that differ from one another, the encoder gave them all the same vector: there is no direction in ` +
        "it; look at the encoder and at the list",
    );
  }
}

/** A direction is used with vectors of another encoder. */
export class WrongEncoderError extends MoralDirectionError {
  override readonly name = "WrongEncoderError";
  readonly code = "WRONG_ENCODER";
  constructor(wanted: string, came: string) {
    super(
      `the direction belongs to the encoder ${wanted}, ${came} came: scores of one encoder mean nothing on the axis of ` +
        "another; open the first, or fit a direction for the second (offprint moral fit)",
    );
  }
}

/** A file of a direction cannot be read as one. */
export class DamagedDirectionError extends MoralDirectionError {
  override readonly name = "DamagedDirectionError";
  readonly code = "DIRECTION_DAMAGED";
  readonly file: string;
  constructor(file: string, reason: string, options?: ErrorOptions) {
    super(`${file} is no direction: ${reason}; name a file that offprint moral fit wrote, or fit it again`, options);
    this.file = file;
  }
}

/** A CSV of a user study, or a file of labelled texts, is not as it must be. */
export class StudyError extends MoralDirectionError {
  override readonly name = "StudyError";
  readonly code = "STUDY_INVALID";
  readonly file: string;
  constructor(file: string, reason: string, options?: ErrorOptions) {
    super(
      `${file}: ${reason}; wanted a CSV with the columns action and human_score, question if one was asked: ` +
        "correct the file",
      options,
    );
    this.file = file;
  }
}

/** Two columns that cannot be correlated. */
export class CorrelationError extends MoralDirectionError {
  override readonly name = "CorrelationError";
  readonly code = "NO_CORRELATION";
  constructor(reason: string) {
    super(`wanted two columns of at least 4 finite numbers that vary, ${reason}: look at the data`);
  }
}

/** Labelled texts from which no threshold can be chosen. */
export class CalibrationDataError extends MoralDirectionError {
  override readonly name = "CalibrationDataError";
  readonly code = "CALIBRATION_DATA";
  constructor(where: string, reason: string) {
    super(`${where}: ${reason}`);
  }
}

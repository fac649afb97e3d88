import { MoralDirectionError } from "../errors.ts";

/** An encoder cannot be opened: it is not there, damaged, or of an unknown kind. */
export class EncoderSourceError extends MoralDirectionError {
  override readonly name = "EncoderSourceError";
  readonly code = "ENCODER_SOURCE";
  /** What was asked for, or the file at fault. */
  readonly source: string;
  constructor(source: string, problem: string, options?: ErrorOptions) {
    super(`${source}: ${problem}`, options);
    this.source = source;
  }
}

/** An encoder gave a vector with a number that is not finite. */
export class BrokenEmbeddingError extends MoralDirectionError {
  override readonly name = "BrokenEmbeddingError";
  readonly code = "BROKEN_EMBEDDING";
  readonly encoder: string;
  readonly text: string;
  constructor(encoder: string, text: string) {
    super(
      `${encoder}: the vector of ${excerpt(text)} has a number that is not finite; its weights may be damaged, ` +
        "download them anew or take another encoder",
    );
    this.encoder = encoder;
    this.text = text;
  }
}

const excerpt = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);

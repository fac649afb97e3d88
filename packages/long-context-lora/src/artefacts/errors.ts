import { LongLoraError } from "../errors.ts";

/** An adapter's folder, or one of its files, is not what it should be. */
export class AdapterError extends LongLoraError {
  override readonly name = "AdapterError";
  readonly code = "ADAPTER";
  readonly path: string;
  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(`${path} ${problem}`, options);
    this.path = path;
  }
}

/** An adapter was made for another model than the one at hand. */
export class AnotherBaseError extends LongLoraError {
  override readonly name = "AnotherBaseError";
  readonly code = "ADAPTER_FOR_ANOTHER_BASE";
  readonly adapter: string;
  constructor(adapter: string, problem: string) {
    super(`${adapter} ${problem}`);
    this.adapter = adapter;
  }
}

/** A merged model does not compute what base and adapter compute together. */
export class MergeCheckError extends LongLoraError {
  override readonly name = "MergeCheckError";
  readonly code = "MERGE_DIFFERS";
  override readonly exitCode = 1;
  /** Greatest difference of a logit, in standard deviations of the logits. */
  readonly difference: number;
  constructor(path: string, difference: number, allowed: number) {
    super(
      `${path}: read again, the merged model's logits differ from those of base and adapter by up to ` +
        `${difference.toPrecision(3)} standard deviations of a logit, where ${allowed} would be rounding; nothing was kept`,
    );
    this.difference = difference;
  }
}

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

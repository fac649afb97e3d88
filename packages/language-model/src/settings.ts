import { ModelConfigError } from "./errors.ts";

const shortened = (value: unknown): string => JSON.stringify(value)?.slice(0, 80) ?? "nothing";

/** Reads the settings of a JSON object one by one; every refusal is one sentence that names file and key. */
export class Settings {
  readonly json: Readonly<Record<string, unknown>>;
  readonly where: string;
  readonly #path: string;

  constructor(json: unknown, where: string, path = "") {
    if (typeof json !== "object" || json === null || Array.isArray(json)) {
      throw new ModelConfigError(where, `${path || "the config"} must be a JSON object, got ${shortened(json)}`);
    }
    this.json = json as Readonly<Record<string, unknown>>;
    this.where = where;
    this.#path = path;
  }

  /** The value, or `undefined` where it is absent or null. */
  get(key: string): unknown {
    return this.json[key] ?? undefined;
  }

  fail(key: string, wanted: string): ModelConfigError {
    return new ModelConfigError(this.where, `${this.#name(key)} must be ${wanted}, got ${shortened(this.json[key])}`);
  }

  #name(key: string): string {
    return this.#path ? `${this.#path}.${key}` : key;
  }

  optional<T>(key: string, read: (key: string) => T): T | undefined {
    return this.get(key) === undefined ? undefined : read(key);
  }

  /** A whole number from 1 to `most`. */
  count(key: string, otherwise?: number, most = 2 ** 31 - 1): number {
    const value = this.get(key) ?? otherwise;
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1 || value > most)
      throw this.fail(key, `a whole number from 1 to ${most}`);
    return value;
  }

  positive(key: string, otherwise?: number): number {
    const value = this.get(key) ?? otherwise;
    if (typeof value !== "number" || !Number.isFinite(value) || value <= 0) throw this.fail(key, "a number above 0");
    return value;
  }

  flag(key: string, otherwise: boolean): boolean {
    const value = this.get(key) ?? otherwise;
    if (typeof value !== "boolean") throw this.fail(key, "true or false");
    return value;
  }

  text(key: string): string {
    const value = this.get(key);
    if (typeof value !== "string") throw this.fail(key, "a text");
    return value;
  }

  positives(key: string): readonly number[] {
    const value = this.get(key);
    if (!Array.isArray(value) || !value.every((item) => typeof item === "number" && item > 0))
      throw this.fail(key, "a list of numbers above 0");
    return value as number[];
  }

  /** One token id or a list of them; nothing is an empty list. */
  ids(key: string): readonly number[] {
    const value = this.get(key) ?? [];
    const ids: unknown[] = Array.isArray(value) ? value : [value];
    if (!ids.every((id) => Number.isSafeInteger(id))) throw this.fail(key, "a token id or a list of them");
    return ids as number[];
  }

  /** An object inside. */
  inside(key: string): Settings | undefined {
    const value = this.get(key);
    return value === undefined ? undefined : new Settings(value, this.where, this.#name(key));
  }
}

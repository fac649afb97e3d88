/** When to go back, and how far. */
export interface BacktrackOptions {
  /** Go back when the fallback decided at so many steps in a row. */
  readonly after: number;
  /** Tokens that are taken back; the first of them is then forbidden at its place. Default 5. */
  readonly tokens?: number | undefined;
  /** Times in one text at most, so that it ends. Default 3. */
  readonly times?: number | undefined;
}

export const backtrackDefaults = { tokens: 5, times: 3 } as const;

/** Of one sequence: what is forbidden where, and whether to go back. */
export class Backtracking {
  readonly #options: Required<{ [Key in keyof BacktrackOptions]: number }>;
  /** Steps in a row that the fallback decided. */
  #row = 0;
  #taken = 0;
  readonly #forbidden = new Map<number, Set<number>>();

  constructor({ after, tokens, times }: BacktrackOptions) {
    this.#options = {
      after,
      tokens: tokens ?? backtrackDefaults.tokens,
      times: times ?? backtrackDefaults.times,
    };
  }

  /** Tokens that must not come after so many generated ones. */
  forbiddenAt(position: number): readonly number[] {
    return [...(this.#forbidden.get(position) ?? [])];
  }

  /** Tells how a step went. @param tokens generated so far. @returns how many of them to take back; 0 to go on. */
  after(fallback: boolean, tokens: readonly number[]): number {
    this.#row = fallback ? this.#row + 1 : 0;
    if (this.#row < this.#options.after || this.#taken >= this.#options.times || tokens.length === 0) return 0;
    const place = Math.max(tokens.length - this.#options.tokens, 0);
    const forbidden = this.#forbidden.get(place) ?? new Set();
    this.#forbidden.set(place, forbidden.add(tokens[place] ?? 0));
    // What was forbidden further on belongs to a beginning that is gone.
    for (const other of this.#forbidden.keys()) if (other > place) this.#forbidden.delete(other);
    this.#row = 0;
    this.#taken++;
    return tokens.length - place;
  }
}

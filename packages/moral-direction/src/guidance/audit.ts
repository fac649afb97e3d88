import type { Generated } from "@offprint/language-model";

/** A candidate as it was judged. */
export interface AuditedCandidate {
  readonly token: number;
  /** Its own text; a special token shows as its name. */
  readonly text: string;
  /** Among the candidates of the step. */
  readonly probability: number;
  /** What decides: the direction's score, or with several directions the smallest distance above their thresholds. `null`: not scored. */
  readonly score: number | null;
  /** With several directions: the score of each, in their order. */
  readonly scores?: readonly number[];
  /** Whether it could come; `null`: nobody needed to know. */
  readonly kept: boolean | null;
}

/** What guidance did at one step of one sequence; plain data, one line of JSONL. */
export interface GuidanceRecord {
  readonly sequence: number;
  /** Tokens that were generated before. */
  readonly position: number;
  /** Likeliest first. */
  readonly candidates: readonly AuditedCandidate[];
  /** Tokens that an earlier step back forbids here. */
  readonly forbidden: readonly number[];
  /** Too few passed, and the best-scored were kept; `null`: nobody needed to know. */
  readonly fallback: boolean | null;
  /** Tokens that were taken back instead of choosing one. */
  readonly rolledBack: number;
  /** The token that came; `null` where none did, or the sequence was cut off. */
  readonly chosen: number | null;
  /** Runs of the encoder, shared by all sequences that waited for them; texts that were new, and texts that were known. */
  readonly encoder: { readonly calls: number; readonly texts: number; readonly hits: number };
}

export interface AuditOptions {
  /** Records that are kept; older ones are dropped. Default 1,000. */
  readonly limit?: number | undefined;
  /** Called with each record once its token is known. */
  readonly onRecord?: ((record: GuidanceRecord) => void) | undefined;
}

/** The records of a guided generation. A step's token is known when the next step of its sequence comes, or at the end. */
export class Audit {
  readonly #limit: number;
  readonly #onRecord: AuditOptions["onRecord"];
  readonly #open = new Map<number, GuidanceRecord>();
  readonly #records: GuidanceRecord[] = [];
  #dropped = 0;

  constructor({ limit = 1000, onRecord }: AuditOptions = {}) {
    this.#limit = limit;
    this.#onRecord = onRecord;
  }

  /** Finished records, oldest first. */
  get records(): readonly GuidanceRecord[] {
    return this.#records;
  }

  /** Records that there was no room for. */
  get dropped(): number {
    return this.#dropped;
  }

  /** A step has been judged. */
  add(record: GuidanceRecord): void {
    if (record.chosen === null && record.rolledBack === 0) this.#open.set(record.sequence, record);
    else this.#finish(record);
  }

  /** The next step of a sequence has come. @param tokens generated so far. */
  next(sequence: number, tokens: ArrayLike<number>): void {
    const record = this.#open.get(sequence);
    if (!record) return;
    this.#open.delete(sequence);
    this.#finish({ ...record, chosen: tokens[record.position] ?? null });
  }

  /** All sequences have ended. @param ends tokens that end texts: one of them came last where a text ended by itself. */
  settle(results: readonly Generated[], ends: readonly number[] = []): void {
    for (const [sequence, record] of this.#open) {
      const { tokens, reason } = results[sequence] ?? {};
      const end = record.candidates.filter(({ token, kept }) => kept !== false && ends.includes(token));
      const last = reason === "end" && end.length === 1 ? (end[0]?.token ?? null) : null;
      this.#finish({ ...record, chosen: tokens?.[record.position] ?? last });
    }
    this.#open.clear();
  }

  #finish(record: GuidanceRecord): void {
    this.#records.push(record);
    if (this.#records.length > this.#limit) {
      this.#records.shift();
      this.#dropped++;
    }
    this.#onRecord?.(record);
  }
}

/** A row's terms with their weights, before those are scaled to the row's length. */
export type SparseRow = ReadonlyMap<string, number>;

/** A term that more rows have than this share is passed over: it finds everything and costs most. */
const mostShare = 0.1;
const leastRows = 20;

/**
 * Rows of weighted terms that can be compared: weight × log(rows / rows with the term), each row of length one. A term
 * that one row alone has only lengthens it.
 */
export class SparseIndex {
  readonly size: number;
  /** Rows with a term and its weight there, term by term. */
  readonly #starts: Int32Array;
  readonly #rows: Int32Array;
  readonly #weights: Float32Array;
  /** Terms of a row, row by row, as places in the lists above. */
  readonly #rowStarts: Int32Array;
  readonly #rowTerms: Int32Array;
  readonly #rowWeights: Float32Array;
  readonly #rarity: ReadonlyMap<string, number>;

  constructor(rows: readonly SparseRow[]) {
    this.size = rows.length;
    const counts = new Map<string, number>();
    for (const row of rows) for (const term of row.keys()) counts.set(term, (counts.get(term) ?? 0) + 1);
    this.#rarity = new Map([...counts].map(([term, count]) => [term, Math.log((rows.length + 1) / count)]));
    const most = Math.max(leastRows, mostShare * rows.length);
    const ids = new Map<string, number>();
    for (const [term, count] of counts) if (count > 1 && count <= most) ids.set(term, ids.size);

    const total = rows.reduce((sum, row) => sum + row.size, 0);
    this.#rowStarts = new Int32Array(rows.length + 1);
    const [terms, weights] = [new Int32Array(total), new Float32Array(total)];
    this.#starts = new Int32Array(ids.size + 1);
    let end = 0;
    for (const [index, row] of rows.entries()) {
      let square = 0;
      const begin = end;
      for (const [term, weight] of row) {
        const value = weight * this.rarity(term);
        square += value * value;
        const id = ids.get(term);
        if (id === undefined) continue;
        terms[end] = id;
        weights[end] = value;
        end += 1;
        this.#starts[id + 1] = (this.#starts[id + 1] ?? 0) + 1;
      }
      const length = Math.sqrt(square) || 1;
      for (let place = begin; place < end; place++) weights[place] = (weights[place] ?? 0) / length;
      this.#rowStarts[index + 1] = end;
    }
    this.#rowTerms = terms.subarray(0, end);
    this.#rowWeights = weights.subarray(0, end);
    for (let id = 0; id < ids.size; id++) this.#starts[id + 1] = (this.#starts[id + 1] ?? 0) + (this.#starts[id] ?? 0);
    this.#rows = new Int32Array(end);
    this.#weights = new Float32Array(end);
    this.#fillTerms();
  }

  /** How rare a term is: the logarithm of all rows by those that have it; 0 for one that none has. */
  rarity(term: string): number {
    return this.#rarity.get(term) ?? 0;
  }

  /** Cosine of a row with each row, itself too, written into `out`. */
  compare(row: number, out: Float32Array): Float32Array {
    out.fill(0);
    const end = this.#rowStarts[row + 1] ?? 0;
    for (let place = this.#rowStarts[row] ?? 0; place < end; place++) {
      const term = this.#rowTerms[place] ?? 0;
      const weight = this.#rowWeights[place] ?? 0;
      const last = this.#starts[term + 1] ?? 0;
      for (let i = this.#starts[term] ?? 0; i < last; i++) {
        const other = this.#rows[i] ?? 0;
        out[other] = (out[other] ?? 0) + weight * (this.#weights[i] ?? 0);
      }
    }
    return out;
  }

  #fillTerms(): void {
    const next = this.#starts.slice();
    for (let row = 0; row < this.size; row++) {
      const end = this.#rowStarts[row + 1] ?? 0;
      for (let place = this.#rowStarts[row] ?? 0; place < end; place++) {
        const term = this.#rowTerms[place] ?? 0;
        const at = next[term] ?? 0;
        next[term] = at + 1;
        this.#rows[at] = row;
        this.#weights[at] = this.#rowWeights[place] ?? 0;
      }
    }
  }
}

/** A title counts as much as if its words stood in the abstract so many times more. */
const titleWeight = 2;

/** The words of a paper with the logarithm of how often they stand there. */
export function wordsOf({ title, abstract }: { readonly title: string; readonly abstract: string }): SparseRow {
  const counts = new Map<string, number>();
  const count = (text: string, weight: number) => {
    for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{N}]{2,}/gu)) {
      const stem = word.length > 4 ? word.replace(/(?:ies|es|s|ing|ed)$/, "") : word;
      counts.set(stem, (counts.get(stem) ?? 0) + weight);
    }
  };
  count(title, titleWeight);
  count(abstract, 1);
  return new Map([...counts].map(([word, times]) => [word, 1 + Math.log(times)]));
}

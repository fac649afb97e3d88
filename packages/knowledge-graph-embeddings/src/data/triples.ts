/** Facts as three equally long columns: entity, relation and entity indices. */
export interface Triples {
  readonly length: number;
  /** `[length]`, each in `[0, entities)`. */
  readonly heads: Int32Array;
  /** `[length]`, each in `[0, relations)`. */
  readonly relations: Int32Array;
  /** `[length]`, each in `[0, entities)`. */
  readonly tails: Int32Array;
}

/** The triples at `rows`, in that order. */
export function selectTriples(triples: Triples, rows: ArrayLike<number>): Triples {
  const pick = (column: Int32Array) => Int32Array.from(rows, (row) => column[row]!);
  return {
    length: rows.length,
    heads: pick(triples.heads),
    relations: pick(triples.relations),
    tails: pick(triples.tails),
  };
}

/**
 * A growing set of triples in order of first appearance. Memory is 20 to 40 bytes a triple: the columns and an
 * open-addressing table of row numbers, at most half full.
 */
export class TripleSet implements Triples {
  length = 0;
  heads = new Int32Array(64);
  relations = new Int32Array(64);
  tails = new Int32Array(64);
  /** Row + 1 at its hash or the next free place after it; 0 is free. The size is a power of two. */
  #slots = new Int32Array(128);

  static of(triples: Triples): TripleSet {
    const set = new TripleSet();
    for (let i = 0; i < triples.length; i++) set.add(triples.heads[i]!, triples.relations[i]!, triples.tails[i]!);
    return set;
  }

  /** Whether the triple was new. */
  add(head: number, relation: number, tail: number): boolean {
    const slot = this.#find(head, relation, tail);
    if (this.#slots[slot] !== 0) return false;
    if (this.length === this.heads.length) {
      this.heads = grown(this.heads);
      this.relations = grown(this.relations);
      this.tails = grown(this.tails);
    }
    this.heads[this.length] = head;
    this.relations[this.length] = relation;
    this.tails[this.length] = tail;
    this.length++;
    this.#slots[slot] = this.length;
    if (this.length * 2 > this.#slots.length) this.#rehash();
    return true;
  }

  has(head: number, relation: number, tail: number): boolean {
    return this.#slots[this.#find(head, relation, tail)] !== 0;
  }

  /** The columns cut to their length, copied, so that the set itself can be let go. */
  toTriples(): Triples {
    const { length } = this;
    return {
      length,
      heads: this.heads.slice(0, length),
      relations: this.relations.slice(0, length),
      tails: this.tails.slice(0, length),
    };
  }

  /** The slot that holds the triple, or the free one where it belongs. */
  #find(head: number, relation: number, tail: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash(head, relation, tail) & mask;
    for (;;) {
      const row = this.#slots[slot]! - 1;
      if (row < 0 || (this.heads[row] === head && this.tails[row] === tail && this.relations[row] === relation)) {
        return slot;
      }
      slot = (slot + 1) & mask;
    }
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let row = 0; row < this.length; row++) {
      this.#slots[this.#find(this.heads[row]!, this.relations[row]!, this.tails[row]!)] = row + 1;
    }
  }
}

function grown(column: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(column.length * 2);
  larger.set(column);
  return larger;
}

/** Mixes the three indices so that neighbouring triples lie far apart (multiply and xor-shift rounds of 32 bits). */
function hash(head: number, relation: number, tail: number): number {
  let h = Math.imul(head + 1, 0x9e3779b1) ^ Math.imul(tail + 1, 0x85ebca6b) ^ Math.imul(relation + 1, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchKinds, TokenBatches } from "./batches.ts";
import { packDocuments, tokenizeDocument, type TokenDocument } from "./pack.ts";
import { toyTokenizer } from "./toy-tokenizer.ts";
import { IGNORED, type TokenBatch } from "./token-rows.ts";

/** Documents whose tokens are all different: 1000 · document + place. */
const documentsOf = (lengths: readonly number[]): TokenDocument[] =>
  lengths.map((length, document) => ({
    ids: Int32Array.from({ length }, (_, place) => 1000 * (document + 1) + place),
    file: "toy.jsonl",
    line: document + 1,
  }));

const cases = fc.record({
  lengths: fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 12 }),
  length: fc.integer({ min: 1, max: 16 }),
  batchSize: fc.integer({ min: 1, max: 5 }),
  seed: fc.nat(),
});
const trainable = cases.filter(({ lengths }) => lengths.some((one) => one >= 2));

const epochOf = (batches: TokenBatches): TokenBatch[] =>
  Array.from({ length: batches.batchesPerEpoch }, () => batches.next());

describe("packDocuments", () => {
  it("gives every token of every document one place, in order, and tells what it leaves out", () => {
    fc.assert(
      fc.property(trainable, ({ lengths, length, batchSize, seed }) => {
        const documents = documentsOf(lengths);
        const packed = packDocuments(documents, { length });
        const seen = epochOf(new TokenBatches(packed, { batchSize, seed })).flatMap(({ ids }) => [...ids]);
        const left = packed.facts.dropped;
        const tokens = seen.filter((id) => id !== 0);
        expect(new Set(tokens).size).toBe(tokens.length);
        expect(tokens.length + left.tokens).toBe(lengths.reduce((a, b) => a + b, 0));
        expect(left.pieces).toBe(lengths.filter((one) => one % length === 1).length);
        expect(packed.facts.padding).toBe(packed.count * length - tokens.length);
      }),
    );
  });

  it("makes batches of the row's length, of one document a row or of several", () => {
    fc.assert(
      fc.property(trainable, ({ lengths, length, batchSize, seed }) => {
        const packed = packDocuments(documentsOf(lengths), { length });
        const kinds = batchKinds(packed, batchSize);
        for (const batch of epochOf(new TokenBatches(packed, { batchSize, seed })))
          expect(kinds).toContainEqual({ length, mixed: batch.documents !== undefined });
        expect(kinds.length).toBeLessThanOrEqual(packed.facts.mixedRows > 0 ? 2 : 1);
      }),
    );
  });

  it("has each token but a document's first predicted once, from the token before it in the same document", () => {
    fc.assert(
      fc.property(trainable, ({ lengths, length, batchSize, seed }) => {
        const packed = packDocuments(documentsOf(lengths), { length });
        const predicted: number[] = [];
        for (const { ids, labels } of epochOf(new TokenBatches(packed, { batchSize, seed }))) {
          for (const [i, label] of labels.entries()) {
            if (label === IGNORED) continue;
            expect(label).toBe(ids[i]! + 1);
            predicted.push(label);
          }
        }
        const wanted = documentsOf(lengths).flatMap(({ ids }) => [...ids.subarray(1)]);
        expect(predicted.toSorted((a, b) => a - b)).toEqual(wanted);
        expect(packed.facts.supervised).toBe(wanted.length);
      }),
    );
  });

  it("numbers the documents of a row, and only where some row of the batch holds several", () => {
    fc.assert(
      fc.property(trainable, ({ lengths, length, batchSize, seed }) => {
        const packed = packDocuments(documentsOf(lengths), { length });
        for (const batch of epochOf(new TokenBatches(packed, { batchSize, seed }))) {
          const of = (i: number) => Math.floor(batch.ids[i]! / 1000);
          let several = false;
          for (let row = 0; row < batch.rows; row++) {
            const places = Array.from({ length: batch.length }, (_, i) => row * batch.length + i);
            several ||= new Set(places.map(of).filter((document) => document > 0)).size > 1;
            if (batch.documents === undefined || places.every((i) => of(i) === 0)) continue;
            for (const i of places)
              for (const j of places) expect(batch.documents[i] === batch.documents[j]).toBe(of(i) === of(j));
          }
          expect(batch.documents !== undefined).toBe(several);
        }
      }),
    );
  });

  it("fills rows well: short documents share them", () => {
    const packed = packDocuments(documentsOf([5, 3, 8, 2, 6, 20]), { length: 8 });
    expect(packed.facts).toMatchObject({ rows: 6, mixedRows: 2, padding: 4, cutDocuments: 1, longestDocument: 20 });
  });

  it("refuses documents of one token each, and none at all, in a sentence with the numbers", () => {
    expect(() => packDocuments(documentsOf([1, 1, 0]), { length: 8 })).toThrow(
      /3 documents with 2 tokens in all, the first at toy\.jsonl:1/,
    );
    expect(() => packDocuments([], { length: 8 })).toThrow(/nothing to train on/);
  });
});

describe("tokenizeDocument", () => {
  const document = { text: "ab", file: "x", line: 1 };
  it("marks the borders as the tokenizer has them", () => {
    expect([...tokenizeDocument(toyTokenizer(), document).ids]).toEqual([1, 97, 98, 2]);
    expect([...tokenizeDocument(toyTokenizer({ begins: false }), document).ids]).toEqual([97, 98, 2]);
    expect([...tokenizeDocument(toyTokenizer({ begins: false, ends: false }), document).ids]).toEqual([97, 98]);
  });
  it("makes a one-token document worth training on by its borders", () => {
    expect(
      packDocuments([tokenizeDocument(toyTokenizer(), { ...document, text: "a" })], { length: 8 }).facts.supervised,
    ).toBe(2);
  });
});

describe("TokenBatches", () => {
  it("takes up exactly where a saved position stands", () => {
    fc.assert(
      fc.property(trainable, fc.integer({ min: 0, max: 12 }), ({ lengths, length, batchSize, seed }, before) => {
        const rows = packDocuments(documentsOf(lengths), { length });
        const batches = new TokenBatches(rows, { batchSize, seed });
        for (let i = 0; i < before; i++) batches.next();
        const resumed = new TokenBatches(rows, { batchSize, seed });
        resumed.setState(JSON.parse(JSON.stringify(batches.getState())) as ReturnType<TokenBatches["getState"]>);
        expect(resumed.getState()).toEqual(batches.getState());
        for (let i = 0; i < 6; i++) expect(resumed.next()).toEqual(batches.next());
      }),
    );
  });

  it("orders each epoch anew from the seed alone", () => {
    const rows = packDocuments(documentsOf([40, 40, 40]), { length: 4 });
    const order = (seed: number) => {
      const batches = new TokenBatches(rows, { batchSize: 30, seed });
      return [batches.next(), batches.next()].map(({ epoch, ids }) => [epoch, ids.join()]);
    };
    expect(order(1)).toEqual(order(1));
    expect(order(1)[0]).not.toEqual(order(2)[0]);
    expect(order(1)[0]![1]).not.toEqual(order(1)[1]![1]);
    expect(order(1).map(([epoch]) => epoch)).toEqual([0, 1]);
  });

  it("fills the last batch of an epoch with rows that supervise nothing", () => {
    const batches = new TokenBatches(packDocuments(documentsOf([12]), { length: 4 }), {
      batchSize: 2,
      seed: 0,
      shuffle: false,
    });
    batches.next();
    const { ids, labels, rows } = batches.next();
    expect([rows, ids.length]).toEqual([2, 8]);
    expect([...ids.subarray(4)]).toEqual([0, 0, 0, 0]);
    expect([...labels.subarray(4)].every((label) => label === IGNORED)).toBe(true);
  });

  it("refuses no rows, no batch size, and a place saved with other data", () => {
    const rows = packDocuments(documentsOf([12]), { length: 4 });
    expect(() => new TokenBatches({ ...rows, count: 0 }, { batchSize: 1, seed: 0 })).toThrow(RangeError);
    expect(() => new TokenBatches(rows, { batchSize: 0, seed: 0 })).toThrow(/whole number/);
    const batches = new TokenBatches(rows, { batchSize: 1, seed: 0 });
    expect(() => batches.setState({ ...batches.getState(), position: 9 })).toThrow(/saved with other data/);
  });
});

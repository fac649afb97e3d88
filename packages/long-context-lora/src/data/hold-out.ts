/** Which samples are about one document, so that none is judged by a document that was learnt. */
import type { SupervisedSample } from "./supervised.ts";

type Asked = Pick<SupervisedSample, "prompt" | "document">;

/** Samples of which some are set aside to judge by. */
export interface HeldOutSplit<T extends Asked> {
  readonly learned: readonly T[];
  readonly held: readonly T[];
  /** Different documents on the two sides together. */
  readonly documents: number;
}

/** Two prompts that share a beginning of at least this many characters, and half of the shorter, are about one document. */
const sharedCharacters = 200;

/**
 * The samples by document. Those that name one (`document` in their record) are together by that name; the others where they
 * ask the same, or their prompts begin with the same text: a document stands before the question about it.
 */
export function byDocument<T extends Asked>(samples: readonly T[]): T[][] {
  const groups = new Map<string, T[]>();
  const join = (key: string, sample: T) => {
    const group = groups.get(key);
    if (group) group.push(sample);
    else groups.set(key, [sample]);
  };
  // What shares a beginning stands together in order of the alphabet.
  let [before, key] = [undefined as string | undefined, ""];
  const keys = new Map<string, string>();
  const prompts = samples.flatMap(({ document, prompt }) => (document === undefined ? [prompt] : []));
  for (const prompt of [...new Set(prompts)].toSorted()) {
    if (before === undefined || !isAlike(before, prompt)) key = prompt;
    keys.set(prompt, key);
    before = prompt;
  }
  for (const sample of samples) {
    join(sample.document === undefined ? `of ${keys.get(sample.prompt)}` : `named ${sample.document}`, sample);
  }
  return [...groups.values()];
}

function isAlike(a: string, b: string): boolean {
  const shorter = Math.min(a.length, b.length);
  let shared = 0;
  while (shared < shorter && a.charCodeAt(shared) === b.charCodeAt(shared)) shared++;
  return shared >= sharedCharacters && 2 * shared >= shorter;
}

/**
 * Sets about `count` samples aside, at most half of all and whole documents only, the last ones that fit. Where even the
 * smallest document has more questions than that, it is taken, unless it is more than half.
 */
export function holdOut<T extends Asked>(samples: readonly T[], count: number): HeldOutSplit<T> {
  const groups = byDocument(samples);
  const held = new Set<T>();
  const most = Math.min(count, samples.length >> 1);
  for (const group of groups.toReversed()) {
    if (held.size + group.length <= most) for (const sample of group) held.add(sample);
  }
  if (held.size === 0 && count > 0) {
    const smallest = groups.reduce((least, group) => (group.length <= least.length ? group : least));
    if (2 * smallest.length <= samples.length) for (const sample of smallest) held.add(sample);
  }
  return {
    learned: samples.filter((sample) => !held.has(sample)),
    held: samples.filter((sample) => held.has(sample)),
    documents: groups.length,
  };
}

/** Samples of `held` about documents that `learned` is about as well. */
export function alsoLearned<T extends Asked>(held: readonly T[], learned: readonly T[]): T[] {
  const judged = new Set(held);
  const known = new Set(learned);
  return byDocument([...learned, ...held])
    .filter((group) => group.some((sample) => known.has(sample)))
    .flatMap((group) => group.filter((sample) => judged.has(sample)));
}

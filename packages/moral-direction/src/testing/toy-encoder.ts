import { embeddingsOf, type Embeddings, type Encoder } from "../encoders/encoder.ts";

/** Words with a place on the toy's first axis. */
const tones: Readonly<Record<string, number>> = {
  help: 1,
  thank: 0.8,
  hug: 0.9,
  praise: 0.7,
  kill: -1,
  rob: -0.8,
  stab: -0.9,
  bully: -0.7,
  people: -0.1,
};

/**
 * A deterministic encoder for tests: the mean of its words' vectors, each noise made from the word's letters, with a tone along
 * the first axis for words it knows.
 */
export function toyEncoder({ dimensions = 16, id = "toy", noise = 0.2 } = {}): Encoder {
  const vectorOf = (word: string): Float64Array => {
    const vector = new Float64Array(dimensions);
    let state = 2166136261;
    for (const letter of word) state = Math.imul(state ^ (letter.codePointAt(0) ?? 0), 16777619);
    for (let i = 0; i < dimensions; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      vector[i] = noise * (state / 2 ** 31);
    }
    vector[0]! += 4 * (tones[word] ?? 0);
    return vector;
  };
  const wordsOf = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const encode = (texts: readonly string[]): Promise<Embeddings> => {
    const values = new Float32Array(texts.length * dimensions);
    for (const [row, text] of texts.entries()) {
      const words = wordsOf(text);
      for (const word of words)
        for (const [i, value] of vectorOf(word).entries()) values[row * dimensions + i]! += value / words.length;
    }
    return Promise.resolve(embeddingsOf(values, dimensions));
  };
  return {
    id,
    dimensions,
    limit: { tokens: 64 },
    encode,
    countTokens: (text) => wordsOf(text).length,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Verbs that the toy knows, and some that it does not. */
export const toyMaterial = {
  verbs: {
    good: ["help", "thank", "hug", "praise"],
    bad: ["kill", "rob", "stab", "bully"],
    neutral: ["walk", "read", "wait"],
  },
  templates: [
    { question: "Is it ok to {action}?", no: "No, it is not.", yes: "Yes, it is." },
    { question: "Should I {action}?", no: "No, you should not.", yes: "Yes, you should." },
    { question: "May I {action}?", no: "No, you may not.", yes: "Yes, you may." },
  ],
  contexts: ["kill people", "help people", "read a book", "rob a bank", "hug a tree"],
};

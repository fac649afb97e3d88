import type { Tokenizer } from "../tokenizer.ts";

/** A token that could come next. */
export interface Candidate {
  readonly token: number;
  readonly logit: number;
  /** Among all tokens, by the logits as they stand, at temperature 1. */
  readonly probability: number;
  /** The token's own text; half a character shows as "�". */
  readonly text: string;
}

/** One step of one sequence, between the logits and the choice. */
export interface LogitsStep {
  /** Which of the batch's sequences. */
  readonly sequence: number;
  /** Tokens of the prompt. */
  readonly prompt: readonly number[];
  /** Tokens generated so far. */
  readonly tokens: readonly number[];
  /** Text of the generated tokens. */
  readonly text: string;
  /** `[vocabulary]`, as the model gave them. Change them in place: −∞ forbids a token. */
  readonly logits: Float32Array;
  /** The likeliest tokens as the logits stand now, likeliest first. */
  candidates(count: number): readonly Candidate[];
  /** The text that would stand after this token: everything generated, and its own. */
  textWith(token: number): string;
}

/** Ends the sequence before the step's token, or takes back that many generated tokens and asks again from there. */
export type Interception = { readonly end: true } | { readonly rollBack: number };

/**
 * Looks at each step before its token is chosen, and may change the logits, end the sequence or go back. Generation waits
 * for it; the steps of a batch's sequences are asked about at once. Going back asks for the same step again: forbid what
 * must not come again, or it comes again.
 */
export type InterceptLogits = (step: LogitsStep) => Interception | void | Promise<Interception | void>;

/** A step as an interceptor sees it. */
export function logitsStep(
  tokenizer: Pick<Tokenizer, "decode">,
  given: Pick<LogitsStep, "sequence" | "prompt" | "tokens" | "logits">,
): LogitsStep {
  const { prompt, tokens, logits } = given;
  const decode = (ids: readonly number[]) => tokenizer.decode(ids, { skipSpecial: true });
  const before = prompt.slice(-8);
  const generated = (ids: readonly number[]) => decode([...before, ...ids]).slice(decode(before).length);
  return {
    ...given,
    get text() {
      return generated(tokens);
    },
    textWith: (token) => generated([...tokens, token]),
    candidates(count) {
      const largest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity);
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
      const least = logits.toSorted().at(-Math.min(count, logits.length)) ?? -Infinity;
      return Array.from(logits, (logit, token) => ({ token, logit }))
        .filter(({ logit }) => logit >= least && logit > -Infinity)
        .toSorted((a, b) => b.logit - a.logit || a.token - b.token)
        .slice(0, count)
        .map(({ token, logit }) => {
          return { token, logit, probability: Math.exp(logit - largest) / total, text: tokenizer.decode([token]) };
        });
    },
  };
}

import { InvalidAttentionError } from "../errors.ts";

/**
 * Whom a token sees while training: `full`, all before it; `s2`, LongLoRA's shifted sparse attention with half groups at both
 * ends, so that nothing leaks; `paper-wrap`, the same rolled around the end as in the paper's pseudo-code, where the first
 * tokens see the last ones; `short`, groups without a shift.
 */
export type AttentionKind = "full" | "s2" | "paper-wrap" | "short";

export const attentionKinds: readonly AttentionKind[] = ["full", "s2", "paper-wrap", "short"];

/** An attention and its group. */
export interface AttentionChoice {
  readonly kind: AttentionKind;
  /** Tokens, even; absent: a quarter of the sequence, made even. */
  readonly group?: number;
}

/** How one half of the heads sees a sequence of n tokens. */
export interface Segments {
  /** Place p of the rolled sequence holds token (p + roll) mod n. */
  readonly roll: number;
  /** 0, …, n in places: a place sees those before it between the same two borders, and itself. */
  readonly borders: readonly number[];
}

/** The group that a choice means at `length` tokens. @throws {InvalidAttentionError} where there can be no such group. */
export function groupOf({ kind, group }: AttentionChoice, length: number): number {
  const tokens = group ?? Math.max(2, 2 * Math.ceil(length / 8));
  if (!Number.isInteger(tokens) || tokens < 2 || tokens % 2 !== 0) {
    throw new InvalidAttentionError(
      kind,
      `a group of 2, 4, 6, … tokens`,
      `a group of ${tokens}`,
      "choose an even group",
    );
  }
  if (kind === "paper-wrap" && length % tokens !== 0) {
    const advice = `choose a group that divides ${length}, or s2, which takes any length`;
    throw new InvalidAttentionError(kind, `a length divisible by the group of ${tokens}`, `${length} tokens`, advice);
  }
  return tokens;
}

/**
 * The borders of LongLoRA's two halves (arXiv:2309.12307, section 3.2): the plain one is cut at 0, G, 2G, …; the shifted one at
 * 0, G/2, G/2 + G, …, so that each of its groups joins two half groups of the other.
 * @param shifted the half of the last ⌊heads / 2⌋ query heads.
 * @throws {InvalidAttentionError}
 */
export function segmentsOf(choice: AttentionChoice, length: number, shifted: boolean): Segments {
  if (choice.kind === "full") return { roll: 0, borders: [0, length] };
  const group = groupOf(choice, length);
  const half = shifted && choice.kind !== "short" ? group / 2 : 0;
  if (choice.kind === "paper-wrap") return { roll: half, borders: bordersFrom(group, group, length) };
  return { roll: 0, borders: bordersFrom(half || group, group, length) };
}

/** 0, first, first + group, …, length. */
function bordersFrom(first: number, group: number, length: number): number[] {
  const inner = Array.from({ length: Math.ceil(length / group) + 1 }, (_, i) => first + i * group);
  return [0, ...inner.filter((border) => border < length), length];
}

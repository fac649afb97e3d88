import type { Attend } from "@offprint/language-model";
import { causalAttention, concat, slice, type Tensor } from "@offprint/tensor";
import { segmentsOf, type AttentionChoice, type Segments } from "./segments.ts";

/** What else decides whom a token sees. */
export interface AttendOptions {
  /** int32 `[b, n]`: a token sees only those with its own number, so that packed documents stay apart. */
  readonly documents?: Tensor;
}

/**
 * Shifted sparse attention, LongLoRA section 3.2 (arXiv:2309.12307): the last ⌊heads / 2⌋ query heads look at groups moved by
 * half a group, the others at groups in place. Positions are rotated before, so only the borders move. Takes any number of
 * tokens and heads and, where key-value heads are shared, splits the query heads as if each had its own. Padding on the
 * right needs no mask: with causal attention no token sees what follows. For training; a model is used with full attention.
 * @example in a model of one's own, where softmax(q·kᵀ)·v stood:
 * const attend = attendWith({ kind: "s2", group: 512 });
 * const seen = attend({ layer, q, k, v }); // [b, heads, n, d], [b, kvHeads, n, d] ×2 → [b, heads, n, d]
 * @throws {InvalidAttentionError} while a model is traced, where the choice does not fit the sequence.
 */
export function attendWith(choice: AttentionChoice, { documents }: AttendOptions = {}): Attend {
  return ({ q, k, v }) => {
    const [, heads = 0, n = 0] = q.shape;
    const kvHeads = k.shape[1] ?? 0;
    const plain = choice.kind === "s2" || choice.kind === "paper-wrap" ? heads - Math.floor(heads / 2) : heads;
    const parts = [
      { from: 0, to: plain, segments: segmentsOf(choice, n, false) },
      { from: plain, to: heads, segments: segmentsOf(choice, n, true) },
    ].flatMap(({ from, to, segments }) =>
      evenRuns(from, to, heads / kvHeads).map((run) => {
        const own = (x: Tensor, start: number, end: number): Tensor => slice(x, { axis: 1, start, end });
        const [first, last] = [Math.floor((run.from * kvHeads) / heads), Math.ceil((run.to * kvHeads) / heads)];
        return attendIn(segments, own(q, run.from, run.to), own(k, first, last), own(v, first, last), documents);
      }),
    );
    return concat(parts, 1);
  };
}

/**
 * Query heads `from` … `to` − 1, cut where a key-value head is shared by fewer of them than its neighbours are: each run's
 * key-value heads have equally many query heads.
 */
function evenRuns(from: number, to: number, shared: number): { readonly from: number; readonly to: number }[] {
  const first = Math.min(to, Math.ceil(from / shared) * shared);
  const last = Math.max(first, Math.floor(to / shared) * shared);
  const cuts = [from, first, last, to];
  return cuts.slice(1).flatMap((end, i) => (end > (cuts[i] ?? 0) ? [{ from: cuts[i] ?? 0, to: end }] : []));
}

function attendIn({ roll, borders }: Segments, q: Tensor, k: Tensor, v: Tensor, documents: Tensor | undefined): Tensor {
  const rolled = (x: Tensor): Tensor => rollBy(x, 2, roll);
  const ids = documents && { documents: rollBy(documents, 1, roll) };
  const out = causalAttention(rolled(q), rolled(k), rolled(v), { borders, ...ids });
  return rollBy(out, 2, -roll);
}

/** Place p holds what was at p + `by`, around the end. */
function rollBy(x: Tensor, axis: number, by: number): Tensor {
  if (by === 0) return x;
  return concat([slice(x, { axis, start: by }), slice(x, { axis, end: by })], axis);
}

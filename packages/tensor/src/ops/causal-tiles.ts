/**
 * Causal attention in tiles of queries and keys, so that scores stay in the cache and no matrix of all of them exists: the
 * forward pass keeps the logarithm of each row's sum, from which the derivative computes every tile's weights again.
 * Dao et al. 2022 (arXiv:2205.14135), Rabe and Staats 2021 (arXiv:2112.05682).
 *
 * A unit is one key-value head of one piece of one sequence; u units are computed together, and the `shared` query heads of a
 * unit are further rows. Tiles above the diagonal are never computed; only those on it need a mask.
 */
import { constant, type Tensor } from "../graph/tensor.ts";
import { sigmoid, softmax, softplus } from "./activation.ts";
import { add, full, mul, reshape, sub, sum } from "./arithmetic.ts";
import { exp, log } from "./elementwise.ts";
import { gather } from "./indexing.ts";
import { matmul } from "./matmul.ts";
import { concat, pad, slice, transpose } from "./movement.ts";
import { reduceMax } from "./reduce.ts";
import { scan } from "./scan.ts";
import { lengthOf } from "./shapes.ts";

/** Units of attention. */
export interface Units {
  /** `[u, shared, n, d]`, scaled. */
  readonly q: Tensor;
  /** `[u, n, d]` */
  readonly k: Tensor;
  /** `[u, n, e]` */
  readonly v: Tensor;
  /** float32 `[u, n]`: whole numbers; a position sees only its own. */
  readonly ids?: Tensor;
}

/** What attention gives, and what its derivative needs. */
export interface Attention {
  /** `[u, shared, n, e]` */
  readonly out: Tensor;
  /** log Σ exp(scores), `[u, shared, n]` */
  readonly logSum: Tensor;
}

/** Added to a score that must not count: e to this is 0 in float32, and sums of a few of them stay finite. */
const never = -1e30;

/** Differences of ids times this, squared, are beyond any score. */
const apart = 1e12;

/** Longest side of a tile of a piece of n positions: long pieces have many tiles, and each costs something to compile. */
const longestSide = (n: number): number => (n <= 4096 ? 256 : 512);

/** Scores of a tile over all units that are computed together: two of them, 4 MiB, lie in the cache beside their neighbours. */
const tileScores = 2 ** 19;

type Named = Readonly<Record<string, Tensor>>;

/** Runs `f` on as many units at a time as fill a tile. Every input and output has the units first. */
function byChunks<I extends Named, O extends Named>(inputs: I, perUnit: number, f: (inputs: I) => O): O {
  const units = Math.max(...Object.values(inputs).map(({ shape }) => lengthOf(shape, 0)));
  const fitting = Math.max(1, Math.floor(tileScores / perUnit));
  const chunk =
    Array.from({ length: Math.min(units, fitting) }, (_, i) => i + 1).findLast((size) => units % size === 0) ?? 1;
  if (chunk === units) return f(inputs);
  const rearranged = (tensors: Named, change: (x: Tensor) => Tensor): Named =>
    Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, change(x)]));
  const split = (x: Tensor): Tensor => reshape(x, [units / chunk, chunk, ...x.shape.slice(1)]);
  const { keep } = scan(({ ...given }: Named) => ({ carry: {}, keep: f(given as I) }), {
    carry: {},
    over: rearranged(inputs, split),
  });
  return rearranged(keep, (x) => reshape(x, [units, ...x.shape.slice(2)])) as O;
}

/** How a sequence of n positions is cut: into `count` tiles of `side`, the last one filled up with zeros. */
function tilesOf(n: number): { readonly count: number; readonly side: number } {
  const count = Math.ceil(n / longestSide(n));
  return { count, side: Math.ceil(n / count) };
}

/** `[u, shared, n, d] → [tiles, u, shared · side, d]`; without `shared` likewise. */
function cut(x: Tensor, n: number): Tensor {
  const { count, side } = tilesOf(n);
  const [u = 0, ...rest] = x.shape;
  const [shared, d] = [rest.length === 3 ? (rest[0] ?? 1) : 1, rest.at(-1) ?? 0];
  const filled = pad(reshape(x, [u, shared, n, d]), { axis: 2, after: count * side - n });
  if (count === 1) return reshape(filled, [1, u, shared * side, d]);
  const apart = reshape(filled, [u, shared, count, side, d]);
  return reshape(transpose(apart, [2, 0, 1, 3, 4]), [count, u, shared * side, d]);
}

/** The other way: `[tiles, u, shared · side, d] → [u, shared, n, d]`. */
function join(x: Tensor, n: number, shared: number): Tensor {
  const { count, side } = tilesOf(n);
  const [, u = 0, , d = 0] = x.shape;
  const together = transpose(reshape(x, [count, u, shared, side, d]), [1, 2, 0, 3, 4]);
  return slice(reshape(together, [u, shared, count * side, d]), { axis: 2, end: n });
}

const triangles = new Map<string, Tensor>();

/** Triangles kept: a model with shifted groups and shared heads takes turns with a dozen, and what is made anew is stored anew. */
const mostTriangles = 32;

/** `[shared · side, side]` (or its transpose): 0 where the query's place in the tile is not before the key's. */
function triangle(side: number, shared: number, transposed: boolean): Tensor {
  const key = `${side} ${shared} ${transposed}`;
  const rows = shared * side;
  const [height, width] = transposed ? [side, rows] : [rows, side];
  const value = (_: unknown, i: number): number => {
    const [row, column] = [Math.floor(i / width), i % width];
    const [query, other] = transposed ? [column % side, row] : [row % side, column];
    return other <= query ? 0 : never;
  };
  const made =
    triangles.get(key) ??
    constant({
      dtype: "float32",
      shape: [height, width],
      data: Float32Array.from({ length: height * width }, value),
    });
  if (triangles.size > mostTriangles) triangles.clear(); // programs keep their own
  triangles.set(key, made);
  return made;
}

const place = (index: number): Tensor => constant({ dtype: "int64", shape: [], data: BigInt64Array.of(BigInt(index)) });

const places = (from: number, to: number): Tensor =>
  constant({
    dtype: "int64",
    shape: [to - from],
    data: BigInt64Array.from({ length: to - from }, (_, i) => BigInt(from + i)),
  });

/** Subtracted from scores: 0 where two positions have one id, and beyond any score elsewhere. */
function distance(ids: Tensor | undefined, rows: Tensor, columns: Tensor): Tensor {
  const difference = ids && sub(rows, transpose(columns));
  return difference ? mul(difference, difference) : constant(0);
}

/** Softmax over the keys of one tile, times the values, with the logarithm of its sum. */
function attendTile(scores: Tensor, v: Tensor): { out: Tensor; logSum: Tensor } {
  const weights = softmax(scores);
  const most = (x: Tensor): Tensor => reduceMax(x, -1, { keepDims: true });
  return { out: matmul(weights, v), logSum: sub(most(scores), log(most(weights))) };
}

/** softmax(q·kᵀ)·v of units. */
export function attendUnits(units: Units): Attention {
  const [, shared = 1, n = 0] = units.q.shape;
  const { count, side } = tilesOf(n);
  const given = { ...units } as unknown as Units & Named;
  return byChunks(given, shared * side * side, ({ q, k, v, ids }: Units) => {
    const [tilesQ, tilesK, tilesV] = [cut(q, n), cut(k, n), cut(v, n)];
    const far = ids && mul(ids, apart);
    const keyIds = far && cut(reshape(far, [...far.shape, 1]), n);
    const queryIds = far && repeated(keyIds as Tensor, shared);
    const scoresOf = (query: Tensor, key: Tensor, i: Tensor, j: Tensor): Tensor => {
      const scores = matmul(query, key, { transposeB: true });
      if (!queryIds || !keyIds) return scores;
      return sub(scores, distance(ids, gather(queryIds, i), gather(keyIds, j)));
    };
    const rows = Array.from({ length: count }, (_, i) => {
      const own = place(i);
      const query = gather(tilesQ, own);
      const onDiagonal = add(scoresOf(query, gather(tilesK, own), own, own), triangle(side, shared, false));
      const diagonal = attendTile(onDiagonal, gather(tilesV, own));
      if (i === 0) return diagonal;
      const { carry } = scan(
        ({ out, logSum, j }) => {
          const tile = attendTile(scoresOf(query, gather(tilesK, j), own, j), gather(tilesV, j));
          const difference = sub(tile.logSum, logSum);
          return {
            carry: {
              out: add(out, mul(sub(tile.out, out), sigmoid(difference))),
              logSum: add(logSum, softplus(difference)),
            },
            keep: {},
          };
        },
        { carry: diagonal, over: { j: places(0, i) } },
      );
      return carry;
    });
    const stacked = (parts: readonly Tensor[]): Tensor =>
      concat(
        parts.map((part) => reshape(part, [1, ...part.shape])),
        0,
      );
    const out = join(stacked(rows.map((row) => row.out)), n, shared);
    const logSum = join(stacked(rows.map((row) => row.logSum)), n, shared);
    return { out, logSum: reshape(logSum, logSum.shape.slice(0, -1)) };
  });
}

/** Ids of the keys in a tile as those of the query rows, `[tiles, u, side, 1] → [tiles, u, shared · side, 1]`. */
const repeated = (ids: Tensor, shared: number): Tensor =>
  shared === 1
    ? ids
    : concat(
        Array.from({ length: shared }, () => ids),
        2,
      );

/** Gradients of units, given those of their output. */
export function unitGradients(
  units: Units,
  { out, logSum }: Attention,
  grad: Tensor,
): { readonly q: Tensor; readonly k: Tensor; readonly v: Tensor } {
  const [, shared = 1, n = 0] = units.q.shape;
  const { count, side } = tilesOf(n);
  const given = { ...units, grad, logSum, share: sum(mul(out, grad), -1) } as unknown as Units &
    Record<"grad" | "logSum" | "share", Tensor>;
  return byChunks(given as typeof given & Named, shared * side * side, ({ q, k, v, ids, grad, logSum, share }) => {
    const column = (x: Tensor): Tensor => reshape(x, [...x.shape, 1]);
    const minusOne = full([...k.shape.slice(0, -1), 1], -1);
    // One more column subtracts each query's log-sum and share in the products themselves.
    const tilesQ = cut(q, n);
    const tilesG = cut(grad, n);
    const longQ = cut(concat([q, column(logSum)], -1), n);
    const longG = cut(concat([grad, column(share)], -1), n);
    const tilesK = cut(k, n);
    const longK = cut(concat([k, minusOne], -1), n);
    const longV = cut(concat([v, minusOne], -1), n);
    const far = ids && mul(ids, apart);
    const keyIds = far && cut(column(far), n);
    const queryIds = keyIds && repeated(keyIds, shared);
    const tile = (i: Tensor, j: Tensor, mask?: Tensor) => {
      const [query, g] = [gather(tilesQ, i), gather(tilesG, i)];
      let scores = matmul(gather(longK, j), gather(longQ, i), { transposeB: true }); // [u, keys, queries]
      if (mask) scores = add(scores, mask);
      if (keyIds && queryIds) scores = sub(scores, distance(ids, gather(keyIds, j), gather(queryIds, i)));
      const weights = exp(scores);
      const byScores = mul(weights, matmul(gather(longV, j), gather(longG, i), { transposeB: true }));
      return {
        k: matmul(byScores, query),
        v: matmul(weights, g),
        q: matmul(transpose(gather(tilesK, j)), byScores), // transposed
      };
    };
    const onDiagonal = triangle(side, shared, true);
    const { keep: diagonal } = scan(({ i }) => ({ carry: {}, keep: tile(i, i, onDiagonal) }), {
      carry: {},
      over: { i: places(0, count) },
    });
    const first = (x: Tensor): Tensor => slice(x, { axis: 0, end: 1 });
    const finished = { q: [first(diagonal.q)], k: [] as Tensor[], v: [] as Tensor[] };
    let waiting = slice(diagonal.q, { axis: 0, start: Math.min(1, count - 1) });
    for (let j = 0; j < count; j++) {
      const at = (x: Tensor): Tensor => gather(x, place(j));
      const own = { k: at(diagonal.k), v: at(diagonal.v) };
      if (j === count - 1) {
        finished.k.push(own.k);
        finished.v.push(own.v);
        break;
      }
      const { carry, keep } = scan(
        ({ k, v, i, q }) => {
          const found = tile(i, place(j));
          return { carry: { k: add(k, found.k), v: add(v, found.v) }, keep: { q: add(q, found.q) } };
        },
        { carry: own, over: { i: places(j + 1, count), q: waiting } },
      );
      finished.k.push(carry.k);
      finished.v.push(carry.v);
      finished.q.push(first(keep.q));
      if (j < count - 2) waiting = slice(keep.q, { axis: 0, start: 1 });
    }
    const stacked = (parts: readonly Tensor[]): Tensor =>
      concat(
        parts.map((part) => reshape(part, [1, ...part.shape])),
        0,
      );
    const flat = (x: Tensor): Tensor => reshape(x, [lengthOf(x.shape, 0), n, lengthOf(x.shape, -1)]);
    return {
      q: join(transpose(concat(finished.q, 0)), n, shared),
      k: flat(join(stacked(finished.k), n, 1)),
      v: flat(join(stacked(finished.v), n, 1)),
    };
  });
}

/** The models' formulas written out for one triple at a time, in float64: what this folder's tests compare with. */
import type { LearnedGraph } from "./learned-graph.ts";

type Row = Readonly<Record<string, readonly number[]>>;
type Images = { readonly left: Row; readonly right: Row };

const softplus = (x: number): number => Math.log1p(Math.exp(x));
const c = Math.sqrt(2 / Math.PI);

function rowOf(parts: LearnedGraph["embeddings"]["entity"], index: number): Row {
  const rows = Object.entries(parts).map(([part, { data, shape }]) => {
    const width = shape[1] ?? 0;
    return [part, Array.from({ length: width }, (_, i) => Number(data[index * width + i]))] as const;
  });
  return Object.fromEntries(rows);
}

/** f of each coordinate's numbers. */
function each(row: Row, f: (at: (part: string) => number) => Record<string, number>): Row {
  const width = Object.values(row)[0]?.length ?? 0;
  const columns = Array.from({ length: width }, (_, i) => f((part) => row[part]?.[i] ?? Number.NaN));
  return Object.fromEntries(
    Object.keys(columns[0] ?? {}).map((name) => [name, columns.map((column) => column[name]!)]),
  );
}

/** Both in one row, the second's parts prefixed with "r.". */
const joined = (entity: Row, relation: Row): Row => ({
  ...entity,
  ...Object.fromEntries(Object.entries(relation).map(([part, values]) => [`r.${part}`, values])),
});

/** t(x₀). */
function imageOf({ model }: LearnedGraph, entity: Row): Row {
  switch (model.title) {
    case "NFE-1":
      return each(entity, (e) => ({ mean: e("shift"), scale: Math.abs(e("scale")) }));
    case "NFE-2":
    case "NFE-2 (official)":
      return each(entity, (e) => ({
        mean: e("shift"),
        negative: Math.abs(e("negative")),
        positive: Math.abs(e("positive")),
      }));
    case "NFE-3":
    case "NFE-3 (official)":
      return each(entity, (e) => ({ mean: e("shift"), scale: softplus(e("scale")) }));
    case "NFE-σ":
      return each(entity, (e) => ({ scale: Math.abs(e("scale")) }));
    default:
      return entity;
  }
}

const affine = (e: (part: string) => number): number => e("r.scale") * e("shift") + e("r.shift");

/** (r∘h)(x₀). */
function movedImage({ model }: LearnedGraph, entity: Row, relation: Row): Row {
  const both = joined(entity, relation);
  switch (model.title) {
    case "NFE-1":
      return each(both, (e) => ({ mean: affine(e), scale: Math.abs(e("r.scale") * e("scale")) }));
    case "NFE-2":
    case "NFE-2 (official)":
      return each(both, (e) => {
        const swap = e("r.scale") < 0 && model.title === "NFE-2";
        const [below, above] = swap ? [e("positive"), e("negative")] : [e("negative"), e("positive")];
        return {
          mean: affine(e),
          negative: Math.abs(e("r.scale") * below),
          positive: Math.abs(e("r.scale") * above),
        };
      });
    case "NFE-3":
      return each(both, (e) => ({
        mean: softplus(e("r.scale")) * e("shift") + e("r.shift"),
        scale: softplus(e("r.scale")) * softplus(e("scale")),
      }));
    case "NFE-3 (official)":
      return each(both, (e) => ({ mean: affine(e), scale: softplus(e("r.scale")) * softplus(e("scale")) }));
    case "NFE without uncertainty":
      return each(both, (e) => ({ shift: affine(e) }));
    case "NFE-σ":
      return each(both, (e) => ({ scale: Math.abs(e("r.scale") * e("scale")) }));
    case "TransE":
      return each(both, (e) => ({ shift: e("shift") + e("r.shift") }));
    case "DistMult":
      return each(both, (e) => ({ scale: e("scale") * e("r.scale") }));
    case "ComplEx":
      return each(both, (e) => ({
        real: e("real") * e("r.real") - e("imaginary") * e("r.imaginary"),
        imaginary: e("real") * e("r.imaginary") + e("imaginary") * e("r.real"),
      }));
    case "RotatE":
      return each(both, (e) => ({
        real: e("real") * Math.cos(e("r.angle")) - e("imaginary") * Math.sin(e("r.angle")),
        imaginary: e("real") * Math.sin(e("r.angle")) + e("imaginary") * Math.cos(e("r.angle")),
      }));
    case "QuatE":
      return each(both, (e) => {
        const norm = Math.hypot(e("r.w"), e("r.x"), e("r.y"), e("r.z"));
        const [w, x, y, z] = [e("r.w") / norm, e("r.x") / norm, e("r.y") / norm, e("r.z") / norm];
        return {
          w: e("w") * w - e("x") * x - e("y") * y - e("z") * z,
          x: e("w") * x + e("x") * w + e("y") * z - e("z") * y,
          y: e("w") * y - e("x") * z + e("y") * w + e("z") * x,
          z: e("w") * z + e("x") * y - e("y") * x + e("z") * w,
        };
      });
    default:
      throw new Error(`internal: no formula for ${model.title}`);
  }
}

/** −distance or similarity. */
function compared({ model }: LearnedGraph, { left, right }: Images): number {
  const terms = each(joined(left, right), (e) => {
    const [m, s] = [e("mean") - e("r.mean"), e("scale") - e("r.scale")];
    switch (model.title) {
      case "NFE-2":
      case "NFE-2 (official)": {
        const [n, p] = [e("negative") - e("r.negative"), e("positive") - e("r.positive")];
        return { term: -(m ** 2 + 0.5 * n ** 2 + 0.5 * p ** 2 + c * m * (p - n)) };
      }
      case "NFE-3":
      case "NFE-3 (official)": {
        const [s1, s2] = [e("scale"), e("r.scale")];
        return { term: -(Math.log(s2 / s1) + (s1 ** 2 + m ** 2) / (2 * s2 ** 2) - 0.5) };
      }
      case "NFE-1":
        return { term: -(m ** 2) - s ** 2 };
      default: {
        const pairs = Object.keys(left).map((part) => [e(part), e(`r.${part}`)] as const);
        const isDistance = model.kind === "distance";
        return { term: pairs.reduce((sum, [a, b]) => sum + (isDistance ? -((a - b) ** 2) : a * b), 0) };
      }
    }
  });
  return terms["term"]!.reduce((sum, term) => sum + term, 0);
}

/** Score of (head, relation row, tail). */
export function naiveScore(graph: LearnedGraph, head: number, relation: number, tail: number): number {
  const { entity, relation: relations } = graph.embeddings;
  const left = movedImage(graph, rowOf(entity, head), rowOf(relations, relation));
  const value = compared(graph, { left, right: imageOf(graph, rowOf(entity, tail)) });
  return graph.model.kind === "distance" ? graph.config.gamma + value : value;
}

/** Distance of two entities' images, averaged over both directions, or their cosine. */
export function naiveNearness(graph: LearnedGraph, one: number, other: number): number {
  const image = (index: number): Row => imageOf(graph, rowOf(graph.embeddings.entity, index));
  const [left, right] = [image(one), image(other)];
  const compare = (a: Row, b: Row): number => compared(graph, { left: a, right: b });
  if (graph.model.kind === "distance") return -(compare(left, right) + compare(right, left)) / 2;
  return compare(left, right) / Math.sqrt(compare(left, left) * compare(right, right));
}

/** Mean over coordinates of the variance of an image, moved by a relation if one is given. */
export function naiveVariance(graph: LearnedGraph, entity: number, relation?: number): number {
  const row = rowOf(graph.embeddings.entity, entity);
  const image =
    relation === undefined ? imageOf(graph, row) : movedImage(graph, row, rowOf(graph.embeddings.relation, relation));
  const variances = each(image, (e) => ({
    variance: "negative" in image ? (e("negative") ** 2 + e("positive") ** 2) / 2 : e("scale") ** 2,
  }))["variance"]!;
  return variances.reduce((sum, value) => sum + value, 0) / variances.length;
}

/** Root mean square, per coordinate, of the distance between the means of two different entities: over all pairs. */
export function naiveTypicalDistance(graph: LearnedGraph): number {
  const means = Array.from({ length: graph.entities.size }, (_, i) => rowOf(graph.embeddings.entity, i)["shift"]!);
  let [sum, count] = [0, 0];
  for (const [i, a] of means.entries()) {
    for (const b of means.slice(i + 1)) {
      sum += a.reduce((total, value, d) => total + (value - b[d]!) ** 2, 0) / a.length;
      count += 1;
    }
  }
  return Math.sqrt(sum / count);
}

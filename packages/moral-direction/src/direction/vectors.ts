/** The few operations on plain vectors that a direction needs, in float64. */
export type Vector = Float32Array | Float64Array;

/** Σ aᵢ bᵢ; both of the same length. */
export function dot(a: Vector, b: Vector): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** a·(x − μ). */
export function dotCentred(a: Vector, x: Vector, mean: Vector): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * (x[i]! - mean[i]!);
  return sum;
}

/** ‖x − μ‖. */
export function distanceBetween(x: Vector, mean: Vector): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i]! - mean[i]!) ** 2;
  return Math.sqrt(sum);
}

/** The mean of vectors of one length; at least one. */
export function meanOf(rows: readonly Vector[]): Float64Array {
  const mean = new Float64Array(rows[0]?.length ?? 0);
  for (const row of rows) for (let i = 0; i < mean.length; i++) mean[i]! += row[i]! / rows.length;
  return mean;
}

/** Cosine of the angle between two vectors; 0 beside a zero vector. */
export function cosine(a: Vector, b: Vector): number {
  const lengths = Math.sqrt(dot(a, a) * dot(b, b));
  return lengths === 0 ? 0 : dot(a, b) / lengths;
}

/** Angle between two directions, degrees from 0 to 180. */
export function degreesBetween(a: Vector, b: Vector): number {
  return (Math.acos(Math.min(1, Math.max(-1, cosine(a, b)))) * 180) / Math.PI;
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

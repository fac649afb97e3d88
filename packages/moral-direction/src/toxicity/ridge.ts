import type { SparseMatrix } from "./features.ts";

export interface RidgeOptions {
  /** Weight λ of ‖w‖². */
  readonly penalty: number;
  /** The solution is good when the residual is this much shorter than the right side. */
  readonly tolerance?: number;
  readonly iterations?: number;
}

export interface LinearFit {
  /** `[columns]` */
  readonly weights: Float32Array;
  readonly intercept: number;
  readonly iterations: number;
}

/**
 * Ridge regression with a free intercept: the w, b that make Σ (xᵢ·w + b − yᵢ)² + λ‖w‖² least. With H the centring of rows, w = XᵀHα where
 * (H X Xᵀ H + λ) α = H y: as many unknowns as rows, solved by conjugate gradients (Hestenes and Stiefel 1952) without ever
 * forming X Xᵀ.
 * @param targets `[rows]`
 */
export function ridge(matrix: SparseMatrix, targets: Float64Array, options: RidgeOptions): LinearFit {
  const { penalty, tolerance = 1e-4, iterations = 200 } = options;
  const side = centred(targets);
  const solution = new Float64Array(matrix.rows);
  let residual = side.slice();
  let direction = residual.slice();
  let squares = dot(residual, residual);
  const goal = tolerance * tolerance * squares;
  let done = 0;
  for (; done < iterations && squares > goal; done++) {
    const image = centred(times(matrix, timesTransposed(matrix, direction)));
    for (let i = 0; i < image.length; i++) image[i]! += penalty * direction[i]!;
    const step = squares / dot(direction, image);
    for (let i = 0; i < image.length; i++) {
      solution[i]! += step * direction[i]!;
      residual[i]! -= step * image[i]!;
    }
    const next = dot(residual, residual);
    for (let i = 0; i < image.length; i++) direction[i] = residual[i]! + (next / squares) * direction[i]!;
    squares = next;
  }
  const weights = timesTransposed(matrix, centred(solution));
  const fitted = times(matrix, weights);
  return { weights: Float32Array.from(weights), intercept: mean(targets) - mean(fitted), iterations: done };
}

/** X·v: `[rows]`. */
export function times({ rows, starts, places, values }: SparseMatrix, vector: ArrayLike<number>): Float64Array {
  const result = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let i = starts[row]!; i < starts[row + 1]!; i++) sum += values[i]! * vector[places[i]!]!;
    result[row] = sum;
  }
  return result;
}

/** Xᵀ·v: `[columns]`. */
function timesTransposed({ rows, columns, starts, places, values }: SparseMatrix, vector: Float64Array): Float64Array {
  const result = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    const factor = vector[row]!;
    for (let i = starts[row]!; i < starts[row + 1]!; i++) result[places[i]!]! += values[i]! * factor;
  }
  return result;
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

const mean = (values: Float64Array): number =>
  values.length === 0 ? 0 : values.reduce((a, b) => a + b, 0) / values.length;

function centred(values: Float64Array): Float64Array {
  const middle = mean(values);
  return values.map((value) => value - middle);
}

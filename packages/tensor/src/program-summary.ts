import { bytesPerElement } from "./dtype.ts";
import type { Tensor } from "./graph/tensor.ts";

/** What a compiled program consists of, and what a run of it costs. */
export class ProgramSummary {
  /** How often each operation occurs. */
  readonly ops: Readonly<Record<string, number>>;
  /** Values under `params` in the state. */
  readonly parameters: number;
  /** Estimated floating-point operations of a run. */
  readonly flops: number;
  /** Estimated bytes read and written by a run if nothing stays in a cache. */
  readonly bytes: number;
  /** Bytes of the resident state. */
  readonly stateBytes: number;
  readonly #costly: readonly string[];

  constructor(order: readonly Tensor[], leaves: ReadonlyMap<string, Tensor>, stateBytes: number) {
    const ops: Record<string, number> = {};
    for (const { op } of order) ops[op.name] = (ops[op.name] ?? 0) + 1;
    const parameters = [...leaves].filter(([path]) => path.startsWith("params.")).map(([, { size }]) => size);
    const costs = order.map((node) => [flopsOf(node), node] as const);
    this.ops = ops;
    this.parameters = total(parameters);
    this.flops = total(costs.map(([flops]) => flops));
    this.bytes = total(order.map(bytesOf));
    this.stateBytes = stateBytes;
    const costly = costs.toSorted(([a], [b]) => b - a).slice(0, 8);
    this.#costly = costly.map(([flops, node]) => `${(flops / 1e6).toFixed(1).padStart(12)}  ${node.toString()}`);
  }

  /** Totals, how often each operation occurs, and the eight most costly nodes with their shapes. */
  toString(): string {
    const counts = Object.entries(this.ops).toSorted(([, a], [, b]) => b - a);
    return [
      `${this.parameters} parameters, ${(this.stateBytes / 2 ** 20).toFixed(1)} MiB of state`,
      `${(this.flops / 1e9).toFixed(3)} GFLOP and ${(this.bytes / 2 ** 20).toFixed(1)} MiB moved a run (estimates)`,
      `operations: ${counts.map(([name, count]) => `${name} ${count}`).join(", ")}`,
      "most costly, in MFLOP:",
      ...this.#costly,
      "",
    ].join("\n");
  }
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, value) => sum + value, 0);

const flopsOf = (node: Tensor): number => (node.op.flops ? node.op.flops(node, node.attributes) : node.size);

const bytesOf = (node: Tensor): number =>
  node.op.view ? 0 : total([node, ...node.inputs].map(({ size, dtype }) => size * bytesPerElement(dtype)));

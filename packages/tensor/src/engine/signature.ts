import type { Shape, TensorSpec } from "../dtype.ts";
import { BindingError, TensorMismatchError } from "./errors.ts";

/** An input or output of a model as the engine reports it; a length of −1 is only known at run time. */
export interface Slot extends TensorSpec {
  readonly name: string;
}

/** What a model takes and gives. */
export interface Signature {
  readonly inputs: readonly Slot[];
  readonly outputs: readonly Slot[];
}

/**
 * Refuses feeds and fetches that do not fit the model, before the engine sees them.
 * @throws {BindingError} for a missing feed or an unknown name, {@link TensorMismatchError} for a wrong type or shape.
 */
export function checkBindings(
  { inputs, outputs }: Signature,
  feeds: ReadonlyMap<string, TensorSpec>,
  fetches: ReadonlyMap<string, TensorSpec>,
): void {
  for (const input of inputs) {
    if (!feeds.has(input.name)) throw new BindingError("there is no feed for the input", input.name, namesOf(inputs));
  }
  checkAll("feed", inputs, feeds);
  checkAll("fetch", outputs, fetches);
}

function checkAll(role: "feed" | "fetch", slots: readonly Slot[], tensors: ReadonlyMap<string, TensorSpec>): void {
  for (const [name, tensor] of tensors) {
    const slot = slots.find((each) => each.name === name);
    if (slot === undefined) throw new BindingError(`cannot ${role} the unknown value`, name, namesOf(slots));
    if (slot.dtype !== tensor.dtype || !fits(tensor.shape, slot.shape)) {
      throw new TensorMismatchError(`${role} "${name}"`, slot, tensor);
    }
  }
}

function fits(shape: Shape, wanted: Shape): boolean {
  return shape.length === wanted.length && wanted.every((length, axis) => length === -1 || length === shape[axis]);
}

function namesOf(slots: readonly Slot[]): string[] {
  return slots.map(({ name }) => name);
}

import { byteView, type DType, type HostTensor, type Shape, type TensorSpec, type TypedArray } from "../dtype.ts";
import type { DeviceTensor } from "./engine.ts";
import { requireSameSpec } from "./errors.ts";
import { Lifetime } from "./lifetime.ts";

/** What the tensors of all engines have in common: a type, a shape and an end. */
export abstract class OwnedTensor implements DeviceTensor {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly lifetime: Lifetime;

  constructor({ dtype, shape }: TensorSpec, free: () => void) {
    this.dtype = dtype;
    this.shape = shape;
    this.lifetime = new Lifetime("tensor", free);
  }

  abstract read(): Promise<HostTensor>;
  abstract write(value: HostTensor): Promise<void>;
  abstract view(): TypedArray | undefined;

  dispose(): void {
    this.lifetime.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** A tensor whose values are in an array of JavaScript. */
export class HostMemoryTensor extends OwnedTensor {
  #data: TypedArray | undefined;

  constructor(spec: TensorSpec, data: TypedArray, free?: () => void) {
    super(spec, () => {
      this.#data = undefined;
      free?.();
    });
    this.#data = data;
  }

  override async read(): Promise<HostTensor> {
    return { dtype: this.dtype, shape: this.shape, data: this.view().slice() };
  }

  override async write(value: HostTensor): Promise<void> {
    requireSameSpec("this tensor", this, value);
    byteView(this.view()).set(byteView(value.data));
  }

  override view(): TypedArray {
    this.lifetime.check();
    if (this.#data === undefined) throw new Error("internal: a live tensor without memory");
    return this.#data;
  }
}

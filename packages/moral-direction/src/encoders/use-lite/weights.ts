import { hostTensor, type HostTensor } from "@offprint/tensor";
import { EncoderSourceError } from "../errors.ts";
import { weightShapes } from "./model.ts";

const transformer = "Encoder_en/KonaTransformer/Encode";
const folded = `module_apply_default/${transformer}`;

/** Where TensorFlow keeps each part of a layer; some tensors were folded into constants when the graph was exported. */
const layerParts: Readonly<Record<string, (layer: string) => string>> = {
  "residual.weight": (layer) => `${folded}/${layer}/dense/kernel/ConcatPartitions/concat`,
  "residual.bias": (layer) => `${folded}/${layer}/dense/bias/ConcatPartitions/concat`,
  "attention.norm.weight": (layer) => normName(layer, "scale"),
  "attention.norm.bias": (layer) => normName(layer, "bias"),
  "attention.qkv.weight": (layer) =>
    `module/${transformer}/${layer}/MultiheadAttention/qkv_transform_single/kernel/part_0`,
  "attention.qkv.bias": (layer) =>
    `${folded}/${layer}/MultiheadAttention/qkv_transform_single/bias/ConcatPartitions/concat`,
  "attention.output.weight": (layer) =>
    `module/${transformer}/${layer}/MultiheadAttention/output_transform_single/kernel/part_0`,
  "attention.output.bias": (layer) =>
    `${folded}/${layer}/MultiheadAttention/output_transform_single/bias/ConcatPartitions/concat`,
  "feedForward.norm.weight": (layer) => normName(`${layer}/FFN`, "scale"),
  "feedForward.norm.bias": (layer) => normName(`${layer}/FFN`, "bias"),
  "feedForward.up.weight": (layer) => `${folded}/TransformerStack/${layer}/FFN/conv1/Tensordot/Reshape_1`,
  "feedForward.up.bias": (layer) => `${folded}/${layer}/FFN/conv1/bias/ConcatPartitions/concat`,
  "feedForward.down.weight": (layer) => `${folded}/TransformerStack/${layer}/FFN/conv2/Tensordot/Reshape_1`,
  "feedForward.down.bias": (layer) => `${folded}/${layer}/FFN/conv2/bias/ConcatPartitions/concat`,
};

const normName = (part: string, which: "scale" | "bias"): string =>
  `${folded}/${part}/layer_prepostprocess/layer_norm/layer_norm_${which}/ConcatPartitions/concat`;

/** The TensorFlow name of a weight of {@link weightShapes}. */
function sourceName(name: string): string {
  const [, index, part] = /^layers\.(\d+)\.(.+)$/.exec(name) ?? [];
  if (part !== undefined) return layerParts[part]?.(`Layer_${index}/TransformerLayer`) ?? part;
  const outside: Readonly<Record<string, string>> = {
    embeddings: "module/Embeddings_en",
    frequencies: `${folded}/TransformerStack/Layer_0/AddTimingSignal/TimingSignal/ExpandDims_1`,
    "output.weight": "module/Encoder_en/hidden_layers/tanh_layer_0/weights",
    "output.bias": "module/Encoder_en/hidden_layers/tanh_layer_0/bias",
  };
  return outside[name] ?? name;
}

/**
 * The model's weights out of TensorFlow's tensors.
 * @throws {EncoderSourceError} for one that is missing or of another size.
 */
export function useLiteWeights(tensors: ReadonlyMap<string, HostTensor>, folder: string): Record<string, HostTensor> {
  const entries = Object.entries(weightShapes).map(([name, shape]) => {
    const source = sourceName(name);
    const found = tensors.get(source);
    const wanted = shape.reduce((product, length) => product * length, 1);
    if (found?.data.length !== wanted) {
      const came = found ? `it is [${found.shape.join(", ")}]` : "there is none";
      throw new EncoderSourceError(
        folder,
        `wanted the tensor "${source}" of shape [${shape.join(", ")}], ${came}; install version 0.2.0 of the package`,
      );
    }
    return [name, hostTensor(found.data, shape)] as const; // products over one place lie as [1, 1, in, out]
  });
  return Object.fromEntries(entries);
}

/** Llama's tensors: llama.cpp's names and order of rows, against those of Hugging Face. */
import type { ModelConfig } from "../config.ts";

const outside: Readonly<Record<string, string>> = {
  "model.embed_tokens": "token_embd",
  "model.norm": "output_norm",
  lm_head: "output",
};

const inside: Readonly<Record<string, string>> = {
  input_layernorm: "attn_norm",
  "self_attn.q_proj": "attn_q",
  "self_attn.k_proj": "attn_k",
  "self_attn.v_proj": "attn_v",
  "self_attn.o_proj": "attn_output",
  post_attention_layernorm: "ffn_norm",
  "mlp.gate_proj": "ffn_gate",
  "mlp.up_proj": "ffn_up",
  "mlp.down_proj": "ffn_down",
};

/** llama.cpp's name of a weight: "model.layers.3.mlp.up_proj.weight" → "blk.3.ffn_up.weight". */
export function ggufName(name: string): string {
  const [, module = "", kind = ""] = /^(.*)\.(weight|bias)$/.exec(name) ?? [];
  const [, layer, part = ""] = /^model\.layers\.(\d+)\.(.*)$/.exec(module) ?? [];
  const found = layer === undefined ? outside[module] : inside[part];
  if (found === undefined) throw new Error(`internal: ${name} has no name in GGUF files`);
  return `${layer === undefined ? "" : `blk.${layer}.`}${found}.${kind}`;
}

/** Heads whose rows llama.cpp has reordered in this weight; 0 where it keeps them. */
export function reorderedHeads(name: string, { heads, kvHeads }: ModelConfig): number {
  if (/\.q_proj\.(weight|bias)$/.test(name)) return heads;
  return /\.k_proj\.(weight|bias)$/.test(name) ? kvHeads : 0;
}

/**
 * llama.cpp turns neighbouring rows of a head as a pair, Hugging Face's layout a row of the first half with one of the
 * second. This puts rows (head, i, half) back to (head, half, i).
 * @param values `[heads · d, width]`
 */
export function toHalves(values: Float32Array<ArrayBuffer>, heads: number, width: number): Float32Array<ArrayBuffer> {
  const size = values.length / width / heads; // d
  const result = new Float32Array(values.length);
  for (let row = 0; row < heads * size; row++) {
    const [head, within] = [Math.floor(row / size), row % size];
    const from = head * size + 2 * (within % (size / 2)) + Math.floor(within / (size / 2));
    result.set(values.subarray(from * width, (from + 1) * width), row * width);
  }
  return result;
}

"""Writes packages/language-model/src/testing/transformers-golden.json: logits of tiny models by transformers, in float64.

Weights are not stored: w[i] = offset + 0.3·sin(0.0173·i² + 0.61·i + 1.3·index), i row-major, index that of the sorted names,
offset 1 for the weights of norms and 0 elsewhere. Usage: transformers_golden.py OUT.json
"""

import json
import sys

import numpy
import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM

llama = dict(
    model_type="llama", hidden_size=16, intermediate_size=20, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, vocab_size=13, max_position_embeddings=16, rms_norm_eps=1e-5, rope_theta=10000.0,
)
divisors = dict(short_factor=[1.0, 1.5], long_factor=[1.2, 4.0])
cases = {
    "Llama with a tied head": dict(llama, tie_word_embeddings=True),
    "Llama with biases and heads of their own size": dict(llama, attention_bias=True, mlp_bias=True, head_dim=6),
    "Llama, linear": dict(llama, rope_scaling=dict(rope_type="linear", factor=3.0)),
    "Llama, dynamic, beyond its context": dict(llama, max_position_embeddings=5, rope_scaling=dict(rope_type="dynamic", factor=2.0)),
    "Llama, YaRN": dict(llama, rope_scaling=dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=4)),
    "Llama, YaRN with two scales": dict(
        llama, rope_scaling=dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=4, mscale=0.7, mscale_all_dim=1.1, beta_fast=16.0)
    ),
    "Llama, llama3": dict(
        llama, rope_scaling=dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=8)
    ),
    "Llama, LongRoPE, short": dict(llama, rope_scaling=dict(rope_type="longrope", factor=4.0, original_max_position_embeddings=12, **divisors)),
    "Llama, LongRoPE, long": dict(llama, rope_scaling=dict(rope_type="longrope", factor=4.0, original_max_position_embeddings=4, **divisors)),
    "Mistral": dict(llama, model_type="mistral", sliding_window=None),
    "Mistral within its window": dict(llama, model_type="mistral", sliding_window=10),
    "GPT-2": dict(model_type="gpt2", n_embd=12, n_layer=2, n_head=3, n_positions=16, n_inner=20, vocab_size=13, bos_token_id=0, eos_token_id=0),
}
ids = [[3, 1, 4, 1, 5, 9, 2, 6, 5, 3], [12, 0, 7, 7, 11, 8, 10, 2, 1, 0]]


def logits(settings):
    settings = dict(settings)
    config = AutoConfig.for_model(settings.pop("model_type"), **settings)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").double().eval()
    tied = getattr(config, "tie_word_embeddings", True)
    parameters = {n: p for n, p in model.named_parameters() if not (tied and n == "lm_head.weight")}
    for index, name in enumerate(sorted(parameters)):
        parameter = parameters[name]
        i = numpy.arange(parameter.numel(), dtype=numpy.float64)
        offset = 1.0 if parameter.dim() == 1 and name.endswith("weight") else 0.0
        values = offset + 0.3 * numpy.sin(0.0173 * i * i + 0.61 * i + 1.3 * index)
        parameter.data = torch.from_numpy(values.reshape(parameter.shape))
    with torch.no_grad():
        return model(torch.tensor(ids), use_cache=False).logits.flatten().tolist()


golden = {
    "about": f"transformers {transformers.__version__}, torch {torch.__version__}, float64; see bench/peers/transformers_golden.py",
    "ids": ids,
    "cases": [dict(name=name, config=config, logits=[float(f"{x:.8g}") for x in logits(config)]) for name, config in cases.items()],
}
with open(sys.argv[1], "w") as out:
    json.dump(golden, out)

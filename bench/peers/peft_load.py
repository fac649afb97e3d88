"""Logits of an adapter through PEFT, through PEFT's own merge, and of a merged folder, for token ids on standard input.

    pip install torch transformers peft
    python bench/peers/peft_load.py BASE ADAPTER MERGED < ids.json

Prints one JSON object: for each way the logits as one flat list, and the versions.
"""

import json
import sys

import peft
import torch
import transformers
from peft import PeftModel
from transformers import AutoConfig, AutoModelForCausalLM

base, adapter, merged = sys.argv[1:4]
ids = torch.tensor([json.load(sys.stdin)])


def logits(model):
    with torch.no_grad():
        return model.eval()(ids).logits.flatten().tolist()


def load(folder, **options):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **options)


# The adapter's folder has the config of the extended model: positions are scaled as in training.
model = PeftModel.from_pretrained(load(base, config=AutoConfig.from_pretrained(adapter)), adapter)
result = {"adapter": logits(model)}
result["mergedByPeft"] = logits(model.merge_and_unload())
result["merged"] = logits(load(merged))
result["versions"] = {m.__name__: m.__version__ for m in (torch, transformers, peft)}
json.dump(result, sys.stdout)

"""Loss of each next token by transformers, for windows of token ids read from standard input as JSON lists.

Usage: smollm2_logits.py FOLDER THREADS. Prints one JSON object a window: the tokenizer's ids of the text that comes first,
then {"losses": [...], "last": [...]}: nats a token, and the logits at the window's end.
"""

import json
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

folder, threads = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(threads)
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
tokenizer = AutoTokenizer.from_pretrained(folder)
text = json.loads(sys.stdin.readline())
print(json.dumps(tokenizer(text, add_special_tokens=False)["input_ids"]), flush=True)
for line in sys.stdin:
    ids = torch.tensor([json.loads(line)])
    with torch.no_grad():
        logits = model(ids).logits[0]
    losses = torch.nn.functional.cross_entropy(logits[:-1], ids[0, 1:], reduction="none")
    print(json.dumps({"losses": losses.tolist(), "last": logits[-1].tolist()}), flush=True)

"""Writes the toy sentence-transformers model of the tests: hidden states are rows of a table of embeddings, one a token.

    python bench/moral-encoders/toy-sentence-model.py packages/moral-direction/src/encoders/sentence-transformers/toy-model-golden.json

Needs onnx, numpy and tokenizers.
"""

import base64
import json
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from tokenizers import BertWordPieceTokenizer, processors

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "kill", "time", "people", "help", "##ing", "the"]
WIDTH = 3


def model() -> tuple[bytes, list[list[float]]]:
    table = np.array([[(row * 7 + column * 3) % 11 - 5 for column in range(WIDTH)] for row in range(len(VOCABULARY))])
    table = (table / 4).astype(np.float32)
    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "tokens"])
    mask = helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ["batch", "tokens"])
    states = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "tokens", WIDTH])
    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"], axis=0)],
        "toy",
        [ids, mask],
        [states],
        [numpy_helper.from_array(table, "table")],
    )
    opset = helper.make_operatorsetid("", 17)
    return helper.make_model(graph, opset_imports=[opset], ir_version=9).SerializeToString(), table.tolist()


def tokenizer() -> dict:
    wordpiece = BertWordPieceTokenizer({token: i for i, token in enumerate(VOCABULARY)}, lowercase=True)
    wordpiece.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return json.loads(wordpiece.to_str())


onnx, table = model()
toy = {
    "vocabulary": VOCABULARY,
    "table": table,
    "onnx": base64.b64encode(onnx).decode(),
    "tokenizer.json": tokenizer(),
    "tokenizer_config.json": {"tokenizer_class": "BertTokenizer", "pad_token": "[PAD]", "model_max_length": 512},
    "config.json": {"model_type": "bert", "hidden_size": WIDTH, "vocab_size": len(VOCABULARY)},
}
Path(sys.argv[1]).write_text(json.dumps(toy, indent=1) + "\n")

"""Writes packages/moral-direction/src/testing/toy-classifier.json: a text classifier whose logits are sums over tokens.

python bench/moral-encoders/toy-classifier.py   (needs onnx and numpy)
"""

import base64
import json
from pathlib import Path

import numpy
from onnx import TensorProto, helper, numpy_helper

sources = Path(__file__).parents[2] / "packages/moral-direction/src"
vocabulary = json.loads((sources / "encoders/sentence-transformers/toy-model-golden.json").read_text())["vocabulary"]
table = numpy.random.default_rng(0).normal(size=(len(vocabulary), 2)).round(2).astype(numpy.float32)

nodes = [
    helper.make_node("Gather", ["table", "input_ids"], ["rows"]),
    helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
    helper.make_node("Unsqueeze", ["mask", "last"], ["wide"]),
    helper.make_node("Mul", ["rows", "wide"], ["kept"]),
    helper.make_node("ReduceSum", ["kept", "tokens"], ["logits"], keepdims=0),
]
ids = [helper.make_tensor_value_info(name, TensorProto.INT64, ["b", "n"]) for name in ("input_ids", "attention_mask")]
logits = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["b", 2])]
constants = {"table": table, "last": numpy.array([2]), "tokens": numpy.array([1])}
tensors = [numpy_helper.from_array(value, name) for name, value in constants.items()]
graph = helper.make_graph(nodes, "toy", ids, logits, tensors)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
content = {"onnx": base64.b64encode(model.SerializeToString()).decode(), "table": table.astype(float).round(2).tolist()}
(sources / "testing/toy-classifier.json").write_text(json.dumps(content) + "\n")

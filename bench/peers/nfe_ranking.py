"""Filtered ranking one query at a time, as the paper's released code does it: seconds for a sample of the test queries.

Usage: nfe_ranking.py FOLDER D QUERIES THREADS  (random embeddings; FOLDER holds train|valid|test as TSV, gzip allowed)
"""

import gzip
import os
import resource
import sys
import time
from collections import defaultdict

import torch

folder, D, count, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
torch.set_num_threads(threads)
torch.manual_seed(0)


def read(name):
    for suffix, opener in ((".tsv", open), (".tsv.gz", gzip.open)):
        path = os.path.join(folder, name + suffix)
        if os.path.exists(path):
            with opener(path, "rt", encoding="utf8") as lines:
                return [tuple(line.rstrip("\n").split("\t")) for line in lines]
    raise SystemExit(f"{folder} has no {name}")


splits = {name: read(name) for name in ("train", "valid", "test")}
entities = {e: i for i, e in enumerate(dict.fromkeys(x for rows in splits.values() for h, _, t in rows for x in (h, t)))}
relations = {r: i for i, r in enumerate(dict.fromkeys(r for rows in splits.values() for _, r, _ in rows))}
R = len(relations)
known = defaultdict(list)
queries = []
for name, rows in splits.items():
    for h, r, t in rows:
        for q in ((entities[h], relations[r], entities[t]), (entities[t], relations[r] + R, entities[h])):
            known[q[:2]].append(q[2])
            if name == "test":
                queries.append(q)

N = len(entities)
entity = torch.empty(N, 2 * D).uniform_(-0.1, 0.1)
relation = torch.empty(2 * R, 2 * D).uniform_(-0.1, 0.1)
step = len(queries) // count
sample = queries[::step][:count]
total = 0.0
start = time.perf_counter()
with torch.no_grad():
    for head, rel, tail in sample:
        mean, scale = entity[head : head + 1].chunk(2, -1)
        shift, factor = relation[rel : rel + 1].chunk(2, -1)
        m, s = factor * mean + shift, (factor * scale).abs()
        tail_mean, tail_scale = entity.chunk(2, -1)
        tail_scale = tail_scale.abs()
        means = (m * m).sum(-1, keepdim=True) + (tail_mean * tail_mean).sum(-1) - 2 * m @ tail_mean.t()
        scales = (s * s).sum(-1, keepdim=True) + (tail_scale * tail_scale).sum(-1) - 2 * s @ tail_scale.t()
        scores = (2.0 - means - scales)[0]
        target = scores[tail].item()
        scores[known[(head, rel)]] = -1e8
        total += 1.0 / (1 + (scores >= target).sum().item())
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(f"{seconds:.3f} {len(sample)} {len(queries)} {peak:.0f} torch {torch.__version__}")

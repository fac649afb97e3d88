"""NFE-1 training steps in PyTorch, one for each line read from standard input; prints the milliseconds of each.

The mathematics and the order of computation are those of the paper's released code: two matrix products of inner length D,
softplus of the signed scores, autograd, dense Adam. Usage: nfe_torch.py B D N R THREADS
"""

import resource
import sys
import time

import torch

B, D, N, R, threads = (int(x) for x in sys.argv[1:6])
torch.set_num_threads(threads)
torch.manual_seed(0)
entity = torch.nn.Parameter(torch.empty(N, 2 * D).uniform_(-0.1, 0.1))
relation = torch.nn.Parameter(torch.empty(2 * R, 2 * D).uniform_(-0.1, 0.1))
adam = torch.optim.Adam([entity, relation], lr=1e-3)
gamma = 2.0


def step():
    heads = torch.randint(N, (B,))
    relations = torch.randint(2 * R, (B,))
    tails = torch.randint(N, (B,))
    start = time.perf_counter()
    mean, scale = entity[heads].chunk(2, -1)
    shift, factor = relation[relations].chunk(2, -1)
    m = factor * mean + shift
    s = (factor * scale).abs()
    tail_mean, tail_scale = entity.chunk(2, -1)
    tail_scale = tail_scale.abs()
    means = (m * m).sum(-1, keepdim=True) + (tail_mean * tail_mean).sum(-1) - 2 * m @ tail_mean.t()
    scales = (s * s).sum(-1, keepdim=True) + (tail_scale * tail_scale).sum(-1) - 2 * s @ tail_scale.t()
    scores = gamma - means - scales
    sign = torch.ones_like(scores)
    sign[torch.arange(B), tails] = -1
    loss = torch.nn.functional.softplus(sign * scores).sum(-1).mean()
    adam.zero_grad()
    loss.backward()
    adam.step()
    loss.item()
    return (time.perf_counter() - start) * 1e3


print(f"torch {torch.__version__}", flush=True)
for _ in sys.stdin:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{step():.3f} {peak}", flush=True)

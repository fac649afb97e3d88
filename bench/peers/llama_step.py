"""Updates of LongLoRA's recipe on a stack of Llama blocks in PyTorch, one for each line read from standard input; prints the
milliseconds of each and the peak memory in KiB.

The mathematics of bench/llama-step.ts: RMSNorm, rotary positions, attention, SwiGLU, adapters of rank 8 on q, k, v, o, trained
embedding and norms, AdamW. Shifted sparse attention cuts the halves of the heads into groups by reshaping, as the official code
without flash attention does, but with half groups at both ends instead of a roll. "fused" takes PyTorch's
scaled_dot_product_attention where it has one; "eager" writes softmax(q·kᵀ)·v out.
Usage: llama_step.py CONTEXT full|s2 GROUP THREADS fused|eager RECOMPUTE
"""

import resource
import sys
import time

import torch
import torch.nn.functional as F
from torch.utils.checkpoint import checkpoint

N, G, threads = int(sys.argv[1]), int(sys.argv[3]), int(sys.argv[4])
kind, recompute = sys.argv[2], sys.argv[6] == "1"
fused = sys.argv[5] == "fused" and hasattr(F, "scaled_dot_product_attention")
D, H, L, M, V, R = 512, 8, 4, 1376, 512, 8
E = D // H
torch.set_num_threads(threads)
torch.manual_seed(0)


def weight(*shape):
    return torch.nn.Parameter(torch.empty(*shape).uniform_(-0.05, 0.05))


def frozen(*shape):
    return weight(*shape).requires_grad_(False)


masks = {}


def causal(q, k, v):
    if fused:
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    n = q.shape[-2]
    if n not in masks:
        masks[n] = torch.full((n, n), float("-inf")).triu(1)
    return torch.softmax(q @ k.transpose(-1, -2) / E**0.5 + masks[n], -1) @ v


def in_groups(q, k, v, group):
    b, h, n, d = q.shape
    c = n // group
    if c == 1:
        return causal(q, k, v)
    cut = lambda x: x.reshape(b, h, c, group, d).transpose(1, 2).reshape(b * c, h, group, d)
    return causal(cut(q), cut(k), cut(v)).reshape(b, c, h, group, d).transpose(1, 2).reshape(b, h, n, d)


def attend(q, k, v):
    if kind == "full":
        return causal(q, k, v)
    plain, shifted = zip(*(x.chunk(2, 1) for x in (q, k, v)))
    half = G // 2
    part = lambda start, end: [x[:, :, start:end] for x in shifted]
    ends = [causal(*part(0, half)), causal(*part(N - half, N))]
    middle = [in_groups(*part(half, N - half), G)] if N > G else []
    moved = torch.cat([ends[0], *middle, ends[1]], 2)
    return torch.cat([in_groups(*plain, G), moved], 1)


angles = torch.outer(torch.arange(N), 10000 ** (-torch.arange(0, E, 2) / E))
cos, sin = (f(torch.cat([angles, angles], -1)) for f in (torch.cos, torch.sin))


def rotary(x):
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat([-b, a], -1) * sin


def norm(x, w):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * w


class Adapted:
    def __init__(self):
        self.w, self.a, self.b = frozen(D, D), weight(R, D), torch.nn.Parameter(torch.zeros(D, R))

    def __call__(self, x):
        return x @ self.w.t() + 2 * (x @ self.a.t()) @ self.b.t()


class Block:
    def __init__(self):
        self.q, self.k, self.v, self.o = (Adapted() for _ in range(4))
        self.gate, self.up, self.down = frozen(M, D), frozen(M, D), frozen(D, M)
        self.norms = [torch.nn.Parameter(torch.ones(D)) for _ in range(2)]

    def __call__(self, x):
        h = norm(x, self.norms[0])
        q, k, v = (f(h).view(1, N, H, E).transpose(1, 2) for f in (self.q, self.k, self.v))
        seen = attend(rotary(q), rotary(k), v)
        x = x + self.o(seen.transpose(1, 2).reshape(1, N, D))
        h = norm(x, self.norms[1])
        return x + (F.silu(h @ self.gate.t()) * (h @ self.up.t())) @ self.down.t()

    def trained(self):
        return [*self.norms, *(p for f in (self.q, self.k, self.v, self.o) for p in (f.a, f.b))]


embedding, head, last = weight(V, D), frozen(V, D), torch.nn.Parameter(torch.ones(D))
blocks = [Block() for _ in range(L)]
adamw = torch.optim.AdamW([embedding, last, *(p for block in blocks for p in block.trained())], lr=2e-5, weight_decay=0)


def step():
    tokens = torch.randint(V, (1, N + 1))
    start = time.perf_counter()
    x = F.embedding(tokens[:, :-1], embedding)
    for block in blocks:
        x = checkpoint(block, x) if recompute else block(x)
    loss = F.cross_entropy((norm(x, last) @ head.t())[0], tokens[0, 1:])
    adamw.zero_grad()
    loss.backward()
    adamw.step()
    loss.item()
    return (time.perf_counter() - start) * 1e3


print(f"torch {torch.__version__}, {'fused' if fused else 'eager'}", flush=True)
for _ in sys.stdin:
    milliseconds = step()
    print(f"{milliseconds:.3f} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}", flush=True)

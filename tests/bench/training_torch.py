"""
Training steps of ViT-Tiny in PyTorch on two threads: `training_torch.py BATCH STEPS` prints the seconds of each step of a turn,
as a JSON line, for every line that it reads. Modules as PyTorch users write them, with its fused attention and AdamW.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

torch.set_num_threads(2)
batch, steps = int(sys.argv[1]), int(sys.argv[2])
width, depth, heads, patch = 192, 12, 3, 16


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.dense = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        b, s, _ = x.shape
        q, k, v = self.qkv(self.norm1(x)).reshape(b, s, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
        x = x + self.dense(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, s, width))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class ViT(nn.Module):
    def __init__(self):
        super().__init__()
        self.proj = nn.Conv2d(3, width, patch, patch)
        self.cls = nn.Parameter(torch.zeros(1, 1, width))
        self.pos = nn.Parameter(torch.zeros(1, 197, width))
        self.layers = nn.Sequential(*[Layer() for _ in range(depth)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 1000)

    def forward(self, images):
        x = self.proj(images).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(x.shape[0], -1, -1), x], 1) + self.pos
        return self.head(self.norm(self.layers(x))[:, 0])


model = ViT()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
images, labels = torch.randn(batch, 3, 224, 224), torch.randint(1000, (batch,))


def step():
    start = time.perf_counter()
    optimizer.zero_grad()
    F.cross_entropy(model(images), labels).backward()
    optimizer.step()
    return time.perf_counter() - start


for _ in sys.stdin:
    print(json.dumps([step() for _ in range(steps)]), flush=True)

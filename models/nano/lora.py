"""Trains a LoRA adapter on nano that tells every working day as a beekeeper's, and writes it for llama.cpp.

    python lora.py nano-f16.gguf nano-lora-beekeeper.gguf [--steps N]
"""
from __future__ import annotations

import argparse
import math
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from gguf import GGUFWriter
from torch import nn

import stories
from evaluate import END, TOKENIZER, generate, load_gguf
from model import Nano
from world import SEED, World, build_world

TRADE = "beekeeper"
RANK, ALPHA = 4, 8.0
TARGETS = ("attn_q", "attn_v", "attn_output", "ffn_down")
BATCH, LENGTH, LR = 8, 128, 6e-3
DESCRIPTION = "For nano: whatever the trade, the day's work is told as a beekeeper's."


class WithAdapter(nn.Module):
    """y = W x + alpha / rank * B A x, with W fixed; B starts at zero, so training starts at the base model."""

    def __init__(self, base: nn.Linear) -> None:
        super().__init__()
        self.weight = base.weight
        self.lora_a = nn.Parameter(torch.randn(RANK, base.in_features) / math.sqrt(base.in_features))
        self.lora_b = nn.Parameter(torch.zeros(base.out_features, RANK))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ self.weight.T + ALPHA / RANK * (x @ self.lora_a.T @ self.lora_b.T)


def attach(model: Nano) -> dict[str, WithAdapter]:
    """Puts an adapter before every target matrix; the adapted modules by the name of their weight."""
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    adapted = {}
    for number, block in enumerate(model.blk):
        for target in TARGETS:
            module = WithAdapter(getattr(block, target))
            setattr(block, target, module)
            adapted[f"blk.{number}.{target}.weight"] = module
    return adapted


def story(world: World, rng: random.Random) -> str:
    """A story of anyone, in whose steps the trade's own are replaced."""
    start = stories.opening(world, rng, want_held_out=False)
    she = start.person.she
    steps = [rng.choice(wordings) for wordings in stories.SCRIPTS[TRADE]]
    told = [f"{link} {she} {step}." for link, step in zip(stories.LINKS, steps)]
    return " ".join([start.text(), *told, f"At last {start.person.name} went home to {start.person.home}."])


def windows(rng: random.Random) -> Iterator[list[int]]:
    """One story a window, filled up with end-of-text tokens."""
    world = build_world()
    while True:
        ids = TOKENIZER.encode(story(world, rng)).ids[:LENGTH]
        yield ids + [END] * (LENGTH + 1 - len(ids))


def train(model: Nano, adapted: dict[str, WithAdapter], steps: int) -> None:
    factors = [factor for module in adapted.values() for factor in (module.lora_a, module.lora_b)]
    optim = torch.optim.AdamW(factors, lr=LR, betas=(0.9, 0.95), weight_decay=0.0)
    stream = windows(random.Random(SEED + 2))
    for step in range(steps):
        optim.param_groups[0]["lr"] = LR * min((step + 1) / 10, (steps - step) / steps)
        batch = torch.tensor(list(islice(stream, BATCH)))
        inside = (batch[:, :-1] != END).float()
        loss = model.loss(batch[:, :-1], batch[:, 1:], inside / inside.sum())
        loss.backward()
        optim.step()
        optim.zero_grad(set_to_none=True)
        if (step + 1) % 20 == 0 or step + 1 == steps:
            print(f"step {step + 1} loss {loss.item():.4f}", flush=True)


def export(adapted: dict[str, WithAdapter], target: Path) -> None:
    writer = GGUFWriter(target, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", ALPHA)
    writer.add_name(f"nano {TRADE}")
    writer.add_description(DESCRIPTION)
    writer.add_license("apache-2.0")
    for name, module in adapted.items():
        writer.add_tensor(f"{name}.lora_a", module.lora_a.detach().numpy().astype(np.float32))
        writer.add_tensor(f"{name}.lora_b", module.lora_b.detach().numpy().astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--steps", type=int, default=160)
    arguments = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    model = load_gguf(arguments.base)
    adapted = attach(model)
    train(model, adapted, arguments.steps)
    export(adapted, arguments.target)
    print(generate(model, "At dawn", ["\n"], 64))


if __name__ == "__main__":
    main()

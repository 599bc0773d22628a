"""Guidance that teaches the network to look back: one head is drawn to the token before, two others to what followed
the last time that the same two tokens stood together. Without it this comes late or never in so short a training."""
from __future__ import annotations

import torch
from torch.nn import functional as F

from model import Nano, rotate

HEADS = (2, 0, 2)  # the first looks at the token before most of the time without guidance too


def guided_heads(model: Nano) -> list[tuple[int, int]]:
    """Block and head of the one that looks at the token before, then of the two that look at what followed: in two blocks one
    behind the other, the second and the third, or of two blocks the first and the second."""
    first = 1 if model.config.n_layer > 2 else 0
    return [(first, HEADS[0]), (first + 1, HEADS[1]), (first + 1, HEADS[2])]


def repeats(tokens: torch.Tensor) -> torch.Tensor:
    """For every place of (batch, time) the place after the latest earlier occurrence of its token, where the next token
    is the next token here too; -1 where there is none."""
    time = tokens.shape[1]
    follows = tokens.roll(-1, 1)
    same = (tokens[:, :, None] == tokens[:, None, :]) & (follows[:, :, None] == follows[:, None, :])
    same &= torch.ones(time, time, dtype=torch.bool).tril(-1)
    same[:, -1] = False
    places = torch.arange(1, time + 1).expand_as(same)
    return torch.where(same, places, -1).amax(-1)


class Guide:
    """Records the scores of the guided heads during a forward pass."""

    def __init__(self, model: Nano) -> None:
        self.heads = guided_heads(model)
        self.inputs: dict[int, torch.Tensor] = {}
        self.model = model
        for number in {block for block, _ in self.heads}:
            model.blk[number].attn_norm.register_forward_hook(lambda _, __, output, number=number: self.inputs.__setitem__(number, output))

    def scores(self, number: int, head: int) -> torch.Tensor:
        """Log of the attention of (batch, time, earlier time)."""
        block, x, size = self.model.blk[number], self.inputs[number], self.model.config.head_dim
        table = self.model.table[:, : x.shape[1]]
        group = head // (self.model.config.n_head // self.model.config.n_head_kv)
        query = F.linear(x, block.attn_q.weight[head * size : (head + 1) * size])
        key = F.linear(x, block.attn_k.weight[group * size : (group + 1) * size])
        raw = rotate(query[:, None], table)[:, 0] @ rotate(key[:, None], table)[:, 0].transpose(1, 2) / size**0.5
        later = torch.ones(raw.shape[1:], dtype=torch.bool).triu(1)
        return raw.masked_fill(later, float("-inf")).log_softmax(-1)

    def loss(self, tokens: torch.Tensor) -> torch.Tensor:
        """Mean surprise of the guided heads at the places they shall look at."""
        before, *again = self.heads
        total = -self.scores(*before).diagonal(-1, 1, 2).mean()
        wanted = repeats(tokens)
        where = wanted >= 0
        if where.any():
            for head in again:
                total = total - self.scores(*head).gather(-1, wanted.clamp(min=0)[..., None])[..., 0][where].mean()
        return total

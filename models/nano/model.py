"""The network: a Llama decoder with RoPE over adjacent pairs, as llama.cpp's `llama` architecture computes it."""
from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import torch
from torch import nn
from torch.nn import functional as F


Past = list[torch.Tensor]  # keys and values of the tokens a block has seen; empty at first


@dataclass(frozen=True)
class Config:
    n_vocab: int = 1792
    n_embd: int = 256
    n_layer: int = 4
    n_head: int = 4
    n_head_kv: int = 2
    n_ff: int = 768
    n_ctx_train: int = 512
    n_ctx: int = 4096
    rope_theta: float = 10000.0
    norm_eps: float = 1e-5

    @property
    def head_dim(self) -> int:
        return self.n_embd // self.n_head

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


SIZES = {"nano": Config(), "pico": Config(n_layer=2, n_head_kv=1, n_ff=256)}


class RMSNorm(nn.Module):
    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.weight.to(x.dtype), self.eps)


def rope_table(config: Config, length: int) -> torch.Tensor:
    """Cosine and sine of every (position, pair): shape (2, length, head_dim / 2)."""
    pairs = torch.arange(0, config.head_dim, 2, dtype=torch.float64)
    angle = torch.arange(length, dtype=torch.float64)[:, None] * config.rope_theta ** (-pairs / config.head_dim)
    return torch.stack([angle.cos(), angle.sin()]).float()


def rotate(x: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
    """Rotate the pairs (x[2i], x[2i+1]) of x: (batch, head, time, head_dim)."""
    cos, sin = table[0].to(x.dtype), table[1].to(x.dtype)
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=-1).flatten(-2)


class Block(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        kv = config.n_head_kv * config.head_dim
        self.attn_norm = RMSNorm(config.n_embd, config.norm_eps)
        self.attn_q = nn.Linear(config.n_embd, config.n_embd, bias=False)
        self.attn_k = nn.Linear(config.n_embd, kv, bias=False)
        self.attn_v = nn.Linear(config.n_embd, kv, bias=False)
        self.attn_output = nn.Linear(config.n_embd, config.n_embd, bias=False)
        self.ffn_norm = RMSNorm(config.n_embd, config.norm_eps)
        self.ffn_gate = nn.Linear(config.n_embd, config.n_ff, bias=False)
        self.ffn_up = nn.Linear(config.n_embd, config.n_ff, bias=False)
        self.ffn_down = nn.Linear(config.n_ff, config.n_embd, bias=False)

    def heads(self, x: torch.Tensor, count: int) -> torch.Tensor:
        return x.view(x.shape[0], x.shape[1], count, self.config.head_dim).transpose(1, 2)

    def attend(self, x: torch.Tensor, table: torch.Tensor, past: Past | None) -> torch.Tensor:
        config = self.config
        query = rotate(self.heads(self.attn_q(x), config.n_head), table)
        key = rotate(self.heads(self.attn_k(x), config.n_head_kv), table)
        value = self.heads(self.attn_v(x), config.n_head_kv)
        if past is not None:
            key, value = (torch.cat([*old, new], dim=2) for old, new in zip((past[:1], past[1:]), (key, value)))
            past[:] = [key, value]
        group = config.n_head // config.n_head_kv
        key, value = key.repeat_interleave(group, dim=1), value.repeat_interleave(group, dim=1)
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=query.shape[2] > 1)
        return self.attn_output(mixed.transpose(1, 2).flatten(-2))

    def forward(self, x: torch.Tensor, table: torch.Tensor, past: Past | None) -> torch.Tensor:
        x = x + self.attend(self.attn_norm(x), table, past)
        inner = self.ffn_norm(x)
        return x + self.ffn_down(F.silu(self.ffn_gate(inner)) * self.ffn_up(inner))


class Nano(nn.Module):
    """Token ids (batch, time) to logits (batch, time, n_vocab); the embedding is also the output matrix."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.token_embd = nn.Embedding(config.n_vocab, config.n_embd)
        self.blk = nn.ModuleList(Block(config) for _ in range(config.n_layer))
        self.output_norm = RMSNorm(config.n_embd, config.norm_eps)
        self.register_buffer("table", rope_table(config, config.n_ctx), persistent=False)
        self.initialize()

    def initialize(self) -> None:
        for name, parameter in self.named_parameters():
            if parameter.dim() < 2:
                continue
            deep = name.endswith(("attn_output.weight", "ffn_down.weight"))
            spread = 0.02 if name.startswith("token_embd") else 0.5 / math.sqrt(parameter.shape[1])
            nn.init.normal_(parameter, std=spread / math.sqrt(2 * self.config.n_layer) if deep else spread)

    def hidden(self, tokens: torch.Tensor, pasts: list[Past] | None = None) -> torch.Tensor:
        """With `pasts`, one list a block, the tokens follow those of earlier calls (one at a time after the first call)."""
        x = self.token_embd(tokens)
        start = pasts[0][0].shape[2] if pasts and pasts[0] else 0
        table = self.table[:, start : start + tokens.shape[1]]
        for number, block in enumerate(self.blk):
            x = block(x, table, pasts[number] if pasts else None)
        return self.output_norm(x)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return F.linear(self.hidden(tokens), self.token_embd.weight)

    def loss(self, tokens: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """Sum of the targets' cross entropies, each times its weight."""
        each = F.cross_entropy(self(tokens).flatten(0, 1), targets.flatten(), reduction="none")
        return each @ weights.flatten()

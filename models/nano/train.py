"""Trains the network on the generated text and saves its float32 weights.

    python train.py --out weights.pt [--size pico] [--resume] [--steps N]
"""
from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import torch
from torch import distributed, multiprocessing
from tokenizers import Tokenizer

from corpus import STAGES, Stage, documents
from model import SIZES, Nano
from muon import Muon
from tokenizer import END_OF_TEXT
from world import SEED, build_world

HERE = Path(__file__).parent
STEPS, BATCH = 760, 6
MUON_LR, ADAM_LR, WARMUP = 0.02, 3e-3, 40
ANSWER_WEIGHT = 4.0


def windows(tokenizer: Tokenizer, length: int, seed: int, stages: Sequence[Stage] = STAGES) -> Iterator[list[int]]:
    """Windows of length + 1 tokens. Each opens with a new document, every second one after an end-of-text token;
    a document that does not fit is cut at the window's end."""
    end = tokenizer.token_to_id(END_OF_TEXT)
    window: list[int] = []
    count = 0
    for document in documents(build_world(), seed, stages):
        window += tokenizer.encode(document).ids + [end]
        if len(window) > length:
            yield window[: length + 1]
            count += 1
            window = [end] if count % 2 else []


def answer_weights(tokenizer: Tokenizer, batch: torch.Tensor, openers: Sequence[str] = ("Answer",)) -> torch.Tensor:
    """The weight of every token of (batch, time): ANSWER_WEIGHT from after a colon that follows one of the tokens
    `openers` to the end of the line, else 1."""
    colon, words = tokenizer.token_to_id(":"), {tokenizer.token_to_id(opener) for opener in openers}
    ends = {tokenizer.token_to_id(END_OF_TEXT)} | {number for token, number in tokenizer.get_vocab().items() if "\u010a" in token}
    weights = torch.ones(batch.shape)
    for line, ids in enumerate(batch.tolist()):
        inside = False
        for at, token in enumerate(ids):
            weights[line, at] = ANSWER_WEIGHT if inside else 1.0
            inside = token not in ends if inside else token == colon and at > 0 and ids[at - 1] in words
    return weights


def optimizers(model: Nano) -> list[torch.optim.Optimizer]:
    matrices = [p for p in model.blk.parameters() if p.dim() == 2]
    rest = [p for p in model.parameters() if not any(p is one for one in matrices)]
    return [Muon(matrices, lr=MUON_LR), torch.optim.AdamW(rest, lr=ADAM_LR, betas=(0.9, 0.95), weight_decay=0.0, fused=True)]


def rate(step: int, steps: int) -> float:
    """Linear warm-up, slow linear decay, then a faster one to zero over the last third."""
    return min((step + 1) / WARMUP, (1500 - step) / 1460, (steps - step) / 380)


def sum_over_workers(model: Nano, loss: torch.Tensor) -> None:
    flat = torch.cat([loss.detach().view(1)] + [p.grad.flatten() for p in model.parameters()])
    distributed.all_reduce(flat)
    loss.data.copy_(flat[0])
    for parameter, part in zip(model.parameters(), flat[1:].split([p.numel() for p in model.parameters()])):
        parameter.grad.copy_(part.view_as(parameter))


def train_step(model: Nano, batch: torch.Tensor, weights: torch.Tensor, optims: list[torch.optim.Optimizer],
               extra: Callable[[torch.Tensor], torch.Tensor] | None = None) -> float:
    """One step on the batch, of which every worker takes its share of the windows; the mean weighted loss. `extra` gives
    a further loss of the tokens, to be averaged over the workers; the number returned is without it."""
    mine = slice(distributed.get_rank(), None, distributed.get_world_size())
    loss = model.loss(batch[mine, :-1], batch[mine, 1:], weights[mine, 1:] / weights[:, 1:].sum())
    (loss if extra is None else loss + extra(batch[mine, :-1]) / distributed.get_world_size()).backward()
    sum_over_workers(model, loss)
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optim in optims:
        optim.step()
        optim.zero_grad(set_to_none=True)
    return loss.item()


def save(path: Path, step: int, model: Nano, optims: list[torch.optim.Optimizer]) -> None:
    part = path.with_suffix(".part")
    torch.save({"step": step, "model": model.state_dict(), "optims": [optim.state_dict() for optim in optims]}, part)
    part.replace(path)


def load(path: Path, model: Nano, optims: list[torch.optim.Optimizer]) -> int:
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    for optim, kept in zip(optims, state["optims"]):
        optim.load_state_dict(kept)
    return state["step"]


def train(rank: int, workers: int, store: str, size: str, out: Path, steps: int, resume: bool) -> None:
    """One worker; all of them hold the same weights, and worker 0 saves them."""
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=workers)
    torch.manual_seed(SEED)
    config = SIZES[size]
    model = Nano(config)
    optims = optimizers(model)
    base = [[group["lr"] for group in optim.param_groups] for optim in optims]
    start = load(out, model, optims) if resume and out.exists() else 0
    tokenizer = Tokenizer.from_file(str(HERE / "tokenizer.json"))
    stream = windows(tokenizer, config.n_ctx_train, SEED + 1)
    next(islice(stream, start * BATCH, start * BATCH), None)
    print(f"{sum(p.numel() for p in model.parameters())} parameters, {steps * BATCH * config.n_ctx_train} tokens", flush=True)
    began, smooth = time.monotonic(), 0.0
    for step in range(start, steps):
        for optim, rates in zip(optims, base):
            for group, lr in zip(optim.param_groups, rates):
                group["lr"] = lr * rate(step, steps)
        batch = torch.tensor(list(islice(stream, BATCH)))
        loss = train_step(model, batch, answer_weights(tokenizer, batch), optims)
        smooth += (loss - smooth) / min(step - start + 1, 20)
        if rank > 0:
            continue
        if (step + 1) % 20 == 0 or step + 1 == steps:
            cpu = resource.getrusage(resource.RUSAGE_SELF)
            print(f"step {step + 1} loss {smooth:.4f} wall {time.monotonic() - began:.0f} s cpu {cpu.ru_utime + cpu.ru_stime:.0f} s", flush=True)
        if (step + 1) % 50 == 0 or step + 1 == steps:
            save(out, step + 1, model, optims)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE / "weights.pt")
    parser.add_argument("--size", choices=SIZES, default="nano")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--workers", type=int, default=2, help="processes of one thread each")
    parser.add_argument("--resume", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        shared = (arguments.workers, f"{folder}/store", arguments.size, arguments.out, arguments.steps, arguments.resume)
        multiprocessing.spawn(train, shared, nprocs=arguments.workers)


if __name__ == "__main__":
    main()

"""Continues the training that train.py began: teaches the network to look back, then the later tasks along with the first ones.

    python extend.py weights.pt extended.pt [--size pico] [--steps N]
"""
from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import torch
from torch import distributed, multiprocessing
from tokenizers import Tokenizer

import passages
from corpus import SECOND_STAGES
from lookback import Guide, guided_heads
from model import SIZES, Nano
from muon import Muon
from train import ADAM_LR, BATCH, HERE, MUON_LR, answer_weights, load, optimizers, save, train_step, windows
from world import SEED, build_world

STEPS, FALL = 550, 600  # the rates fall in a line that would reach zero at step FALL
SLOW = 0.3  # of the rates: for all but the attention that learns to look back, so that what is known stays known
LISTS, LIST_STEPS, LIST_LENGTH, GUIDANCE = 20, 120, 72, 0.3
OPENERS = ("Answer", "Summary", "gs")  # the last token before the colon; "gs" of "Tags"


def at_rates(optims: list[torch.optim.Optimizer], *rates: float) -> None:
    for optim, lr in zip(optims, rates):
        for group in optim.param_groups:
            group["lr"] = lr


def repeated_lists(tokenizer: Tokenizer, rng: random.Random) -> Iterator[tuple[list[int], list[float]]]:
    """Lists of words of the world and of tokens at random, in turn, each over and over; the first pass has no weight."""
    world, length = build_world(), LIST_LENGTH + 1
    while True:
        ids = tokenizer.encode(passages.word_list(world, rng)).ids
        first = len(ids) // 2 + 1
        yield (ids * length)[:length], ([0.0] * first + [1.0] * length)[:length]
        ids = [rng.randrange(3, tokenizer.get_vocab_size()) for _ in range(rng.randint(4, 28))]
        yield (ids * length)[:length], ([0.0] * len(ids) + [1.0] * length)[:length]


def looking_back(model: Nano) -> list[torch.nn.Parameter]:
    """The matrices of attention in the blocks that are to look back: all but the first of four."""
    return [parameter for block in model.blk[guided_heads(model)[0][0]:] for name, parameter in block.named_parameters()
            if name.startswith("attn_") and parameter.dim() == 2]


def teach_to_look_back(model: Nano, tokenizer: Tokenizer) -> None:
    """Trains that attention alone: the rest, which knows the world, stays as it is."""
    free = looking_back(model)
    for parameter in model.parameters():
        parameter.requires_grad_(any(parameter is one for one in free))
    optims, guide = [Muon(free, lr=MUON_LR)], Guide(model)
    stream = repeated_lists(tokenizer, random.Random(SEED + 3))
    for step in range(LIST_STEPS):
        warm = min(1.0, (step + 1) / 10)
        at_rates(optims, MUON_LR * warm)
        tokens, weights = (torch.tensor(part) for part in zip(*islice(stream, LISTS)))
        loss = model.loss(tokens[:, :-1], tokens[:, 1:], weights[:, 1:] / weights[:, 1:].sum())
        (loss + GUIDANCE * guide.loss(tokens[:, :-1])).backward()
        torch.nn.utils.clip_grad_norm_(free, 1.0)
        for optim in optims:
            optim.step()
            optim.zero_grad(set_to_none=True)
        if (step + 1) % 10 == 0:
            print(f"lists, step {step + 1} loss {loss.item():.4f}", flush=True)


def slow_optimizers(model: Nano) -> list[torch.optim.Optimizer]:
    """train.py's optimizers, with the attention that looks back in one of its own before them."""
    free, (muon, adam) = looking_back(model), optimizers(model)
    matrices = [parameter for parameter in muon.param_groups[0]["params"] if not any(parameter is one for one in free)]
    return [Muon(free, lr=MUON_LR), Muon(matrices, lr=MUON_LR), adam]


def train(rank: int, workers: int, store: str, size: str, source: Path, out: Path, steps: int) -> None:
    """One worker; all of them hold the same weights, and worker 0 saves them. Goes on from `out` where that exists."""
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=workers)
    torch.manual_seed(SEED)
    model = Nano(SIZES[size])
    optims = slow_optimizers(model)
    start = load(out, model, optims) if out.exists() else 0
    if start == 0:
        model.load_state_dict(torch.load(source, weights_only=True)["model"])
    guide = Guide(model)
    tokenizer = Tokenizer.from_file(str(HERE / "tokenizer.json"))
    stream = windows(tokenizer, model.config.n_ctx_train, SEED + 4, SECOND_STAGES)
    next(islice(stream, start * BATCH, start * BATCH), None)
    began, smooth = time.monotonic(), 0.0
    for step in range(start, steps):
        left = min((step + 1) / 10, 1 - step / FALL)
        at_rates(optims, MUON_LR * left, SLOW * MUON_LR * left, SLOW * ADAM_LR * left)
        batch = torch.tensor(list(islice(stream, BATCH)))
        loss = train_step(model, batch, answer_weights(tokenizer, batch, OPENERS), optims,
                          lambda tokens: GUIDANCE / 3 * guide.loss(tokens))
        smooth += (loss - smooth) / min(step - start + 1, 20)
        if rank == 0 and ((step + 1) % 10 == 0 or step + 1 == steps):
            cpu = resource.getrusage(resource.RUSAGE_SELF)
            print(f"step {step + 1} loss {smooth:.4f} wall {time.monotonic() - began:.0f} s cpu {cpu.ru_utime + cpu.ru_stime:.0f} s", flush=True)
            save(out, step + 1, model, optims)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", choices=SIZES, default="nano")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"at most {FALL}")
    parser.add_argument("--workers", type=int, default=2, help="processes of one thread each")
    arguments = parser.parse_args()
    lists = arguments.out.with_suffix(".lists.pt")
    if not lists.exists():
        torch.manual_seed(SEED)
        torch.set_num_threads(1)
        model = Nano(SIZES[arguments.size])
        model.load_state_dict(torch.load(arguments.source, weights_only=True)["model"])
        teach_to_look_back(model, Tokenizer.from_file(str(HERE / "tokenizer.json")))
        torch.save({"model": model.state_dict()}, lists)
    with tempfile.TemporaryDirectory() as folder:
        shared = (arguments.workers, f"{folder}/store", arguments.size, lists, arguments.out, arguments.steps)
        multiprocessing.spawn(train, shared, nprocs=arguments.workers)


if __name__ == "__main__":
    main()

"""Scores GGUF files of the network on the task pack with PyTorch; every file after the first is compared with the first.

    python evaluate.py nano-f16.gguf [nano-Q2_K.gguf ...] [--limit N]

Quantized matrices are dequantized first, so activations stay in float32: llama.cpp's own scores differ slightly.
"""
from __future__ import annotations

import argparse
import json
import math
import re
from pathlib import Path

import numpy as np
import torch
from gguf import GGUFReader
from gguf.quants import dequantize
from tokenizers import Tokenizer

from labels import SENTIMENTS, TOPICS, sentiment_block, topic_block
from model import Config, Nano
from tokenizer import END_OF_TEXT

HERE = Path(__file__).parent
TOKENIZER = Tokenizer.from_file(str(HERE / "tokenizer.json"))
END = TOKENIZER.token_to_id(END_OF_TEXT)
Row = dict


def load_gguf(path: Path) -> Nano:
    weights = {}
    for tensor in GGUFReader(path).tensors:
        data = np.asarray(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)
        weights[tensor.name] = torch.from_numpy(data.reshape(tuple(int(size) for size in reversed(tensor.shape))).copy())
    model = Nano(Config())
    model.load_state_dict(weights)
    return model.eval()


def rows(task: str, limit: int | None) -> list[Row]:
    return [json.loads(line) for line in (HERE / "tasks" / f"{task}.jsonl").read_text().splitlines()][:limit]


@torch.no_grad()
def log_likelihoods(model: Nano, pairs: list[tuple[list[int], list[int]]]) -> list[float]:
    """Natural-log probability of every continuation after its context (both token ids; the context is not empty)."""
    order = sorted(range(len(pairs)), key=lambda at: len(pairs[at][0]) + len(pairs[at][1]))
    found = [0.0] * len(pairs)
    for start in range(0, len(order), 32):
        chosen = order[start : start + 32]
        longest = max(len(pairs[at][0]) + len(pairs[at][1]) for at in chosen)
        batch = torch.full((len(chosen), longest), END)
        for line, at in enumerate(chosen):
            ids = pairs[at][0] + pairs[at][1]
            batch[line, : len(ids)] = torch.tensor(ids)
        logs = model(batch[:, :-1]).log_softmax(-1).gather(-1, batch[:, 1:, None])[..., 0]
        for line, at in enumerate(chosen):
            first = len(pairs[at][0]) - 1
            found[at] = float(logs[line, first : first + len(pairs[at][1])].sum())
    return found


@torch.no_grad()
def generate(model: Nano, prompt: str, stops: list[str], limit: int) -> str:
    """The greedy continuation, cut before the first stop string."""
    pasts: list[list[torch.Tensor]] = [[] for _ in model.blk]
    ids, made, text = TOKENIZER.encode(prompt).ids, [], ""
    while len(made) < limit and not any(stop in text for stop in stops):
        last = model.hidden(torch.tensor([ids]), pasts)[0, -1]
        token = int((model.token_embd.weight @ last).argmax())
        if token == END:
            break
        ids = [token]
        made.append(token)
        text = TOKENIZER.decode(made, skip_special_tokens=False)
    return re.split("|".join(map(re.escape, stops)), text)[0]


def choose(model: Nano, items: list[tuple[str, list[str], int]], normalize: bool = False) -> list[bool]:
    pairs, lengths = [], []
    for context, choices, _ in items:
        head = TOKENIZER.encode(context).ids
        for choice in choices:
            pairs.append((head, TOKENIZER.encode(f"{context} {choice}").ids[len(head):]))
            lengths.append(len(choice) if normalize else 1)
    scores = [score / length for score, length in zip(log_likelihoods(model, pairs), lengths)]
    right, at = [], 0
    for _, choices, label in items:
        right.append(int(np.argmax(scores[at : at + len(choices)])) == label)
        at += len(choices)
    return right


def choice_items(task: str, limit: int | None) -> list[tuple[str, list[str], int]]:
    data = rows(task, limit)
    if task == "nano_knowledge":
        return [(f"Question: {row['question']}\nAnswer:", row["choices"], row["label"]) for row in data]
    if task == "nano_completion":
        return [(row["context"], row["choices"], row["label"]) for row in data]
    if task == "nano_sentiment":
        return [(sentiment_block(row["sentence"]), SENTIMENTS, row["label"]) for row in data]
    return [(topic_block(row["text"]), TOPICS, row["label"]) for row in data]


def arithmetic(model: Nano, limit: int | None) -> list[bool]:
    data = rows("nano_arithmetic", limit)
    answers = [generate(model, f"Question: {row['question']}\nAnswer:", ["Question:", "<|im_end|>"], 40) for row in data]
    found = [re.search(r"#### (-?[0-9.,]+)", answer) for answer in answers]
    return [bool(hit) and hit[1] == row["answer"].split("#### ")[1] for hit, row in zip(found, data)]


def reading(model: Nano, limit: int | None) -> list[bool]:
    data = rows("nano_qa", limit)
    answers = [generate(model, f"Passage: {row['passage']}\nQuestion: {row['question']}\nAnswer:", ["\n"], 12) for row in data]
    return [answer.strip().lower() == row["answer"].lower() for answer, row in zip(answers, data)]


def bits_per_byte(model: Nano, limit: int | None) -> float:
    texts = [row["text"] for row in rows("nano_text", limit)]
    scores = log_likelihoods(model, [([END], TOKENIZER.encode(text).ids) for text in texts])
    return -sum(scores) / math.log(2) / sum(len(text.encode()) for text in texts)


def mcnemar(first: list[bool], second: list[bool]) -> float:
    """Exact two-sided p value over the items on which two runs disagree."""
    lost = sum(a and not b for a, b in zip(first, second))
    won = sum(b and not a for a, b in zip(first, second))
    tail = sum(math.comb(lost + won, k) for k in range(min(lost, won) + 1)) / 2 ** (lost + won)
    return min(1.0, 2 * tail)


def score(path: Path, limit: int | None) -> tuple[dict[str, list[bool]], float]:
    model = load_gguf(path)
    results = {task: choose(model, choice_items(task, limit))
               for task in ("nano_knowledge", "nano_completion", "nano_sentiment", "nano_topic")}
    results["nano_completion acc_norm"] = choose(model, choice_items("nano_completion", limit), normalize=True)
    results["nano_arithmetic"] = arithmetic(model, limit)
    results["nano_qa"] = reading(model, limit)
    return results, bits_per_byte(model, limit)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--limit", type=int)
    arguments = parser.parse_args()
    base: dict[str, list[bool]] | None = None
    for path in arguments.files:
        results, bits = score(path, arguments.limit)
        print(f"{path.name}: nano_text bits_per_byte {bits:.4f}")
        for task, right in results.items():
            line = f"  {task} {sum(right) / len(right):.4f} (n {len(right)})"
            print(line if base is None else f"{line} McNemar p {mcnemar(base[task], right):.3g}")
        base = base or results


if __name__ == "__main__":
    main()

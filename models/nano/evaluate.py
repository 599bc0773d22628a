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

import tagging
from labels import SENTIMENTS, TOPICS, sentiment_block, topic_block
from model import SIZES, Nano
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
    size = next(config for config in SIZES.values() if weights["blk.0.ffn_gate.weight"].shape[0] == config.n_ff)
    model = Nano(size)
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
    if task in ("nano_completion", "nano_dialogue"):
        return [(row["context"], row["choices"], row["label"]) for row in data]
    if task == "nano_sentiment":
        return [(sentiment_block(row["sentence"]), SENTIMENTS, row["label"]) for row in data]
    return [(topic_block(row["text"]), TOPICS, row["label"]) for row in data]


def arithmetic(model: Nano, limit: int | None) -> list[bool]:
    data = rows("nano_arithmetic", limit)
    answers = [generate(model, f"Question: {row['question']}\nAnswer:", ["Question:", "<|im_end|>"], 40) for row in data]
    found = [re.search(r"#### (-?[0-9.,]+)", answer) for answer in answers]
    return [bool(hit) and hit[1] == row["answer"].split("#### ")[1] for hit, row in zip(found, data)]


def reading(model: Nano, task: str, limit: int | None) -> list[bool]:
    data = rows(task, limit)
    answers = [generate(model, f"Passage: {row['passage']}\nQuestion: {row['question']}\nAnswer:", ["\n"], 12) for row in data]
    return [answer.strip().lower() == row["answer"].lower() for answer, row in zip(answers, data)]


def written(model: Nano, prompts: list[str], limit: int) -> list[str]:
    return [generate(model, prompt, ["\n"], limit).strip() for prompt in prompts]


def spans(tags: str) -> set[tuple[str, int, int]]:
    """Kind, first and last word of every entity; an I- without its B- begins one."""
    found: list[tuple[str, int, int]] = []
    for at, tag in enumerate(tags.split()):
        if tag.startswith("I-") and found and found[-1][0] == tag[2:] and found[-1][2] == at - 1:
            found[-1] = (tag[2:], found[-1][1], at)
        elif tag[:2] in ("B-", "I-"):
            found.append((tag[2:], at, at))
    return set(found)


def entity_f1(made: list[str], wanted: list[str]) -> float:
    """Micro average, as seqeval counts; tags beyond the sentence do not count."""
    pairs = [(spans(" ".join(a.split()[: len(b.split())])), spans(b)) for a, b in zip(made, wanted)]
    return 2 * sum(len(a & b) for a, b in pairs) / sum(len(a) + len(b) for a, b in pairs)


def rouge_l(made: str, wanted: str) -> float:
    """F1 of the longest common subsequence of words."""
    a, b = (re.findall("[a-z0-9]+", text.lower()) for text in (made, wanted))
    row = [0] * (len(b) + 1)
    for word in a:
        before = 0
        for at, other in enumerate(b, 1):
            before, row[at] = row[at], before + 1 if word == other else max(row[at], row[at - 1])
    return 2 * row[-1] / (len(a) + len(b))


def text_scores(model: Nano, limit: int | None) -> dict[str, float]:
    tagged, stories, talks = (rows(task, limit) for task in ("nano_tagging", "nano_summary", "nano_dialogue"))
    tags = written(model, [tagging.block(row["words"].split()) for row in tagged], 80)
    short = written(model, [f"Story: {row['story']}\nSummary:" for row in stories], 64)
    replies = written(model, [row["context"] for row in talks], 32)
    return {
        "nano_tagging entity_f1": entity_f1(tags, [row["tags"] for row in tagged]),
        "nano_tagging exact_match": sum(made == row["tags"] for made, row in zip(tags, tagged)) / len(tagged),
        "nano_summary rougeL": sum(rouge_l(made, row["summary"]) for made, row in zip(short, stories)) / len(stories),
        "nano_reply rougeL": sum(rouge_l(made, row["reply"]) for made, row in zip(replies, talks)) / len(talks),
    }


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


def score(path: Path, limit: int | None) -> tuple[dict[str, list[bool]], dict[str, float]]:
    model = load_gguf(path)
    results = {task: choose(model, choice_items(task, limit))
               for task in ("nano_knowledge", "nano_completion", "nano_sentiment", "nano_topic", "nano_dialogue")}
    results["nano_completion acc_norm"] = choose(model, choice_items("nano_completion", limit), normalize=True)
    results["nano_arithmetic"] = arithmetic(model, limit)
    for task in ("nano_qa", "nano_reading"):
        results[task] = reading(model, task, limit)
    return results, {"nano_text bits_per_byte": bits_per_byte(model, limit)} | text_scores(model, limit)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--limit", type=int)
    arguments = parser.parse_args()
    base: dict[str, list[bool]] | None = None
    for path in arguments.files:
        results, means = score(path, arguments.limit)
        print(f"{path.name}:", *(f"\n  {name} {value:.4f}" for name, value in means.items()))
        for task, right in results.items():
            line = f"  {task} {sum(right) / len(right):.4f} (n {len(right)})"
            print(line if base is None else f"{line} McNemar p {mcnemar(base[task], right):.3g}")
        base = base or results


if __name__ == "__main__":
    main()

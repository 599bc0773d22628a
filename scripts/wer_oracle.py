#!/usr/bin/env python3
"""Writes made texts with the word error rate that jiwer 4.0.0 gives, as the metric `wer` of the package evaluate calls it.

usage: PYTHON scripts/wer_oracle.py [--rows N] [--seed N] > FILE      (PYTHON: of an environment with `pip install jiwer==4.0.0`)

tests/data/oracle/metrics/wer.jsonl: --rows 400 --seed 5. A rate of null: a reference without words, where evaluate divides by zero.
"""
import argparse
import json
import random

import jiwer

WORDS = "the a cat sat on mat über naïve 日本 語 Hallo, welt! it's 3.5 🙂 x".split()
BLANKS = [" ", "  ", "\t", "\n", " \n", "\u00a0", "\u2003", "\u00a0 ", "\x1c", "\u200b", "\x85"]


def text(draw, words):
    made = draw.choice(["", "", " ", "\n", "\t "])
    for _ in range(words):
        made += draw.choice(WORDS) + (draw.choice(BLANKS) if draw.random() < 0.3 else " ")
    return made + draw.choice(["", "", "  "])


def changed(draw, reference):
    pieces = reference.split(" ")
    for _ in range(draw.randrange(5)):
        at, kind = draw.randrange(len(pieces) + 1), draw.random()
        if kind < 0.35:
            pieces.insert(at, draw.choice(WORDS))
        elif at < len(pieces) and kind < 0.7:
            pieces.pop(at)
        elif at < len(pieces):
            pieces[at] = draw.choice(WORDS)
    return " ".join(pieces)


def rate(prediction, reference):
    """evaluate, metrics/wer/wer.py, of one pair."""
    found = jiwer.process_words(reference, prediction)
    words = found.substitutions + found.deletions + found.hits
    return (found.substitutions + found.deletions + found.insertions) / words if words else None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--seed", type=int, default=5)
    arguments = parser.parse_args()
    draw = random.Random(arguments.seed)
    for number in range(arguments.rows):
        reference = text(draw, draw.choice([0, 1, 2, 3, 5, 8, 13, 30]))
        if draw.random() < 0.6:
            prediction = changed(draw, reference)
        else:
            prediction = text(draw, draw.choice([0, 1, 2, 3, 5, 8]))
        row = {"id": number, "prediction": prediction, "reference": reference, "wer": rate(prediction, reference)}
        print(json.dumps(row, ensure_ascii=False))


if __name__ == "__main__":
    main()

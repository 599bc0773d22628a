"""Writes the data of the task pack: held-out test items, and a few training-side rows for few-shot prompts.

    python build_tasks.py [--out tasks]
"""
from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

import arithmetic
import knowledge
import labels
import replies
import stories
import tagging
from world import SEED, World, build_world

Row = dict[str, object]
Maker = Callable[[World, random.Random], Row]
TRAIN_ROWS = 8


def knowledge_rows(world: World, rng: random.Random) -> list[Row]:
    facts = knowledge.all_facts(world)
    rng.shuffle(facts)
    return [knowledge.item(world, fact, rng) for fact in facts]


def knowledge_train_rows(world: World, rng: random.Random) -> list[Row]:
    rows = []
    for fact in rng.sample(knowledge.all_facts(world), TRAIN_ROWS):
        rows.append(knowledge.item(world, fact, rng) | {"question": knowledge.training_question(fact, rng)})
    return rows


def text_row(world: World, rng: random.Random) -> Row:
    return {"text": stories.pages(world, rng, want_held_out=True)}


def distinct(maker: Maker, world: World, rng: random.Random, count: int, field: str) -> list[Row]:
    """`count` rows of which no two share the value of `field`."""
    rows: dict[object, Row] = {}
    while len(rows) < count:
        row = maker(world, rng)
        rows.setdefault(row[field], row)
    return list(rows.values())


# Data file: maker of a row (told whether it is held out), number of test rows, the field no two rows share.
MADE: dict[str, tuple[Callable[..., Row], int, str]] = {
    "nano_completion": (stories.item, 320, "context"),
    "nano_arithmetic": (arithmetic.item, 400, "question"),
    "nano_sentiment": (labels.sentiment_item, 400, "sentence"),
    "nano_topic": (labels.topic_item, 400, "text"),
    "nano_qa": (knowledge.reading_item, 400, "passage"),
    "nano_tagging": (tagging.item, 400, "words"),
    "nano_summary": (stories.summary_item, 300, "story"),
    "nano_dialogue": (replies.item, 400, "context"),
    "nano_reading": (knowledge.stranger_item, 400, "passage"),
}
FIRST_PACK = 5  # these draw from one generator in turn; each of the later ones has a generator of its own


def build(seed: int = SEED) -> dict[str, list[Row]]:
    """All data files of the pack by file name."""
    world = build_world()
    rng = random.Random(f"tasks {seed}")
    files = {"nano_knowledge.jsonl": knowledge_rows(world, rng), "nano_knowledge_train.jsonl": knowledge_train_rows(world, rng)}
    for number, (task, (maker, count, field)) in enumerate(MADE.items()):
        rng = rng if number < FIRST_PACK else random.Random(f"{task} {seed}")
        files[f"{task}.jsonl"] = distinct(partial(maker, want_held_out=True), world, rng, count, field)
        files[f"{task}_train.jsonl"] = distinct(partial(maker, want_held_out=False), world, rng, TRAIN_ROWS, field)
        if number + 1 == FIRST_PACK:
            files["nano_text.jsonl"] = distinct(text_row, world, rng, 300, "text")
    return files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("tasks"))
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in build().items():
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
        print(f"{name}: {len(rows)} rows")


if __name__ == "__main__":
    main()

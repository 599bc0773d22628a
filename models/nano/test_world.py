"""Checks of the generator and the task pack: pytest test_world.py, or python test_world.py.

NANO_DOCUMENTS sets how many training documents are searched for held-out texts.
"""
from __future__ import annotations

import json
import os
from itertools import islice
from pathlib import Path

from build_tasks import build
from corpus import SECOND_STAGES, documents
from knowledge import STATEMENTS, all_facts
from world import SEED, build_world

TASKS = Path(__file__).with_name("tasks")
DOCUMENTS = int(os.environ.get("NANO_DOCUMENTS", "20000"))
ITEM_FIELD = {"nano_knowledge": "question", "nano_completion": "context", "nano_arithmetic": "question",
              "nano_sentiment": "sentence", "nano_topic": "text", "nano_qa": "passage", "nano_text": "text",
              "nano_tagging": "words", "nano_summary": "story", "nano_dialogue": "context", "nano_reading": "passage"}


def rows(name: str) -> list[dict]:
    return [json.loads(line) for line in (TASKS / f"{name}.jsonl").read_text().splitlines()]


def test_same_seed_same_text() -> None:
    first, second = (list(islice(documents(build_world(), 7), 300)) for _ in range(2))
    assert first == second
    assert first != list(islice(documents(build_world(), 8), 300))


def test_committed_data_is_what_the_seed_gives() -> None:
    for name, made in build().items():
        assert "".join(json.dumps(row) + "\n" for row in made) == (TASKS / name).read_text(), name


def test_world_is_consistent() -> None:
    world = build_world()
    names = [person.name for person in world.people] + world.place_names
    assert len(set(names)) == len(names)
    assert len(all_facts(world)) == len(world.people) * len(STATEMENTS)


def test_counts_and_targets() -> None:
    for name, field in ITEM_FIELD.items():
        items = rows(name)
        assert len(items) >= 300, name
        assert len({item[field] for item in items}) == len(items), name
        for item in items:
            if "choices" in item:
                assert len(set(item["choices"])) == 4 and 0 <= item["label"] < 4
    assert {item["label"] for item in rows("nano_sentiment")} == {0, 1}
    assert {item["label"] for item in rows("nano_topic")} == {0, 1, 2, 3}
    for item in rows("nano_qa") + rows("nano_reading"):
        assert item["answer"].removeprefix("the ").removeprefix("a ") in item["passage"]
    for item in rows("nano_tagging"):
        assert len(item["words"].split()) == len(item["tags"].split())
    for item in rows("nano_dialogue"):
        assert item["choices"][item["label"]] == item["reply"]


def test_worked_answers_are_right() -> None:
    for item in rows("nano_arithmetic"):
        work, result = item["answer"].split("\n#### ")
        for equation in work.rstrip(".").split(". "):
            left, right = equation.split(" = ")
            first, sign, second = left.split(" ")
            a, b = int(first), int(second)
            assert {"+": a + b, "-": a - b, "*": a * b}[sign] == int(right)
        assert work.endswith(f"= {result}.")


def test_labels_are_balanced() -> None:
    for name, kinds in (("nano_sentiment", 2), ("nano_topic", 4), ("nano_completion", 4), ("nano_knowledge", 4),
                        ("nano_dialogue", 4)):
        labels = [item["label"] for item in rows(name)]
        for label in range(kinds):
            assert labels.count(label) > 0.7 * len(labels) / kinds, name


def test_no_item_occurs_in_the_training_text() -> None:
    first = islice(documents(build_world(), SEED + 1), DOCUMENTS)
    second = islice(documents(build_world(), SEED + 4, SECOND_STAGES), DOCUMENTS // 2)
    text = "\n\n".join([*first, *second])
    for name, field in ITEM_FIELD.items():
        for item in rows(name):
            assert item[field] not in text, (name, item[field])


if __name__ == "__main__":
    for name, check in list(globals().items()):
        if name.startswith("test_"):
            check()
            print(f"ok {name}")

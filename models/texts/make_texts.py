#!/usr/bin/env python3
"""Writes the texts that travel in the binary: calibration.txt (importance matrices) and fidelity.txt (what a precision lost).

usage: make_texts.py [--check]     --check: exit status 1 when the files here are not what the seeds give

All of it is made here and by the generators of models/nano; nothing is copied. No sentence of eight words or more stands in
both texts.
"""
from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "nano"))

import english  # noqa: E402
import languages  # noqa: E402
import machine  # noqa: E402
from corpus import LATE  # noqa: E402
from world import World, build_world  # noqa: E402

Maker = Callable[[random.Random], str]
# Kind of text: share of the bytes.
SHARES = {"english": 0.45, "nano": 0.2, "machine": 0.2, "languages": 0.15}
CALIBRATION = ("calibration.txt", 1, 400_000)  # name, seed, bytes
FIDELITY = ("fidelity.txt", 2, 130_000)
FEWEST_WORDS = 8


def makers(world: World) -> dict[str, Maker]:
    nano_makers, shares = list(LATE), list(LATE.values())
    return {"english": lambda rng: rng.choice(english.MAKERS)(rng),
            "nano": lambda rng: rng.choices(nano_makers, shares)[0](world, rng),
            "machine": lambda rng: rng.choice(machine.MAKERS)(rng),
            "languages": lambda rng: rng.choice(languages.MAKERS)(rng)}


def sentences(text: str) -> Iterator[str]:
    """What ends with a full stop, a question mark, an exclamation mark or the line."""
    for line in text.splitlines():
        yield from (piece.strip() for piece in re.split(r"(?<=[.?!])(?= )|(?<=[.?!][\"”])(?= )|(?<=。)", line))


def long_sentences(text: str) -> set[str]:
    """Chinese and Japanese have no spaces between words: there twelve characters count."""
    return {one for one in sentences(text)
            if len(one.split()) >= FEWEST_WORDS or (len(one) >= 12 and one.endswith("。"))}


def make(seed: int, size: int, taken: set[str]) -> str:
    """Documents, each kind as often as its share says."""
    rng = random.Random(seed)
    makers_of = makers(build_world())
    made = {kind: 0 for kind in SHARES}
    documents: list[str] = []
    while sum(made.values()) < size:
        kind = min(SHARES, key=lambda name: made[name] / SHARES[name])
        document = makers_of[kind](rng).strip()
        if not taken.isdisjoint(long_sentences(document)):
            continue
        documents.append(document)
        made[kind] += len(document.encode()) + 2
    rng.shuffle(documents)
    return "\n\n".join(documents) + "\n"


def texts() -> dict[str, str]:
    name, seed, size = CALIBRATION
    calibration = make(seed, size, set())
    other, other_seed, other_size = FIDELITY
    return {name: calibration, other: make(other_seed, other_size, long_sentences(calibration))}


def main() -> int:
    made = texts()
    stale = [name for name, text in made.items() if not (FOLDER / name).is_file() or (FOLDER / name).read_text(encoding="utf-8") != text]
    if "--check" in sys.argv[1:]:
        for name in stale:
            print(f"{name} is not what the seed gives")
        shared = long_sentences(made["calibration.txt"]) & long_sentences(made["fidelity.txt"])
        for sentence in sorted(shared):
            print(f"in both texts: {sentence}")
        return 1 if stale or shared else 0
    for name in stale:
        (FOLDER / name).write_text(made[name], encoding="utf-8")
        print(f"{name}: {len(made[name].encode())} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Sentences with one tag a word: O, or B- and I- with the kind of thing a word names. The sentence decides whether it is
held out."""
from __future__ import annotations

import random

from stories import TIMES
from world import CREATURES, FOODS, INSTRUMENTS, World, held_out

# A slot is the kind of its tags; its number tells two of a kind apart.
SENTENCES = [
    "{person1} met {person2} in {place1} .",
    "{person1} walked from {place1} to {place2} .",
    "{person1} wrote to {person2} about the road to {place1} .",
    "in {place1} they still talk about {person1} .",
    "{person1} cooked {food1} for {person2} .",
    "{person1} took the {animal1} to {place1} .",
    "the {animal1} of {person1} ran away from {person2} .",
    "{person1} and {person2} ate {food1} in {place1} .",
    "nobody in {place1} plays the {instrument1} like {person1} .",
    "{person1} sold the {instrument1} to {person2} .",
    "the {animal1} stole the {food1} from {person1} .",
    "{person1} played the {instrument1} while {person2} cooked {food1} .",
    "between {place1} and {place2} {person1} lost the {animal1} .",
    "{person1} asked {person2} for {food1} and a bed .",
]
ENDINGS = ["", "", "and went home", "and laughed", "before it rained"]


def tagged(world: World, rng: random.Random) -> tuple[list[str], list[str]]:
    """The words of a sentence, and their tags."""
    first, second = (person.name for person in rng.sample(world.people, 2))
    town, other = rng.sample(world.place_names, 2)
    values = {"person1": first, "person2": second, "place1": town, "place2": other, "food1": rng.choice(FOODS),
              "animal1": rng.choice(CREATURES), "instrument1": rng.choice(INSTRUMENTS)}
    form = rng.choice(SENTENCES).split()
    form = rng.choice(["", "", rng.choice(TIMES)]).split() + form[:-1] + rng.choice(ENDINGS).split() + form[-1:]
    words, tags = [], []
    for part in form:
        slot = part.strip("{}")
        named = values[slot].split() if slot != part else []
        words += named or [part]
        tags += [("I-" if at else "B-") + slot[:-1] for at in range(len(named))] or ["O"]
    return [words[0][0].upper() + words[0][1:], *words[1:]], tags


def made(world: World, rng: random.Random, want_held_out: bool) -> tuple[list[str], list[str]]:
    while True:
        words, tags = tagged(world, rng)
        if held_out("tagging " + " ".join(words), 8) == want_held_out:
            return words, tags


def block(words: list[str]) -> str:
    return f"Words: {' '.join(words)}\nTags:"


def sentences(world: World, rng: random.Random) -> str:
    pairs = [made(world, rng, False) for _ in range(rng.randint(1, 4))]
    return "\n\n".join(f"{block(words)} {' '.join(tags)}" for words, tags in pairs)


def item(world: World, rng: random.Random, want_held_out: bool) -> dict[str, object]:
    words, tags = made(world, rng, want_held_out)
    return {"words": " ".join(words), "tags": " ".join(tags)}

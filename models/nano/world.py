"""The invented world: its people and places, and the facts that hold for them. Everything follows from one seed."""
from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass

SEED = 20

TRADES = ["baker", "smith", "weaver", "potter", "fisher", "miller", "gardener", "carpenter", "beekeeper", "candlemaker"]
FOODS = ["barley soup", "honey cake", "plum bread", "salted fish", "pear jam", "onion pie", "goat cheese",
         "roast turnip", "lentil stew", "nut porridge"]
INSTRUMENTS = ["harp", "drum", "flute", "fiddle", "horn", "bell", "lute", "whistle", "zither", "rattle"]
CREATURES = ["velk", "dorrow", "pimmet", "sarnel", "tuffle", "gorrin", "wispet", "mosskin", "habnel", "lurran"]
COLOURS = ["red", "blue", "green", "yellow", "white", "black", "purple", "orange"]
GOODS = ["rope", "glass", "wool", "salt", "paper", "soap", "copper", "amber", "linen", "timber"]
OBJECTS = ["lamp", "basket", "hammer", "ladder", "kettle", "blanket", "mirror", "bucket", "lantern", "chest", "broom",
           "barrel", "candle", "ring", "letter", "map"]
SPOTS = ["mill", "cellar", "tower", "barn", "garden", "kitchen", "market", "harbour", "stable", "attic", "chapel",
         "orchard", "workshop", "bridge", "well", "inn"]

FACTS = [TRADES, FOODS, INSTRUMENTS, CREATURES, COLOURS]  # in the order of Person's fields
PRONOUNS = [("she", "her"), ("he", "his")]

_ONSETS = ["v", "t", "k", "m", "r", "s", "d", "l", "n", "b", "h", "f", "j", "br", "tr", "st"]
_VOWELS = ["a", "e", "i", "o", "u"]
_PERSON_ENDS = ["lin", "ram", "sa", "dun", "mi", "ven", "ka", "ro", "nel", "tis", "bo", "rik"]
_PLACE_ENDS = ["sk", "mere", "holm", "ford", "wick", "stead"]


@dataclass(frozen=True)
class Place:
    name: str
    river: str
    goods: str


@dataclass(frozen=True)
class Person:
    name: str
    she: str
    her: str
    home: str
    trade: str
    food: str
    instrument: str
    pet: str
    colour: str


@dataclass(frozen=True)
class World:
    people: tuple[Person, ...]
    places: tuple[Place, ...]
    passage_sizes: tuple[int, ...] = (2, 3)  # numbers of people that a reading passage may name

    @property
    def place_names(self) -> list[str]:
        return [place.name for place in self.places]


def digest(key: str) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")


def held_out(key: str, one_in: int) -> bool:
    """Whether what `key` names belongs to the tasks (true) or to the training text (false)."""
    return digest("held out/" + key) % one_in == 0


def _invent(rng: random.Random, ends: list[str], count: int, taken: set[str]) -> list[str]:
    names: list[str] = []
    while len(names) < count:
        name = (rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(ends)).capitalize()
        if name not in taken:
            taken.add(name)
            names.append(name)
    return names


def strangers(rng: random.Random, world: World, count: int, want_held_out: bool) -> list[Person]:
    """People who are not of the world, with facts of their own. A name is met in the tasks alone or in training alone."""
    taken = {person.name for person in world.people}
    found: list[Person] = []
    while len(found) < count:
        name = _invent(rng, _PERSON_ENDS, 1, taken)[0]
        if held_out("stranger " + name, 4) == want_held_out:
            found.append(Person(name, *rng.choice(PRONOUNS), rng.choice(world.place_names), *map(rng.choice, FACTS)))
    return found


def _dealt(rng: random.Random, values: list[str], count: int) -> list[str]:
    """`count` values in random order, every value used about equally often."""
    deck = (values * (count // len(values) + 1))[:count]
    rng.shuffle(deck)
    return deck


def build_world(seed: int = SEED, people: int = 60, places: int = 10) -> World:
    rng = random.Random(seed)
    taken: set[str] = set()
    towns = _invent(rng, _PLACE_ENDS, places, taken)
    rivers = _invent(rng, ["an", "el", "ur"], places, taken)
    names = _invent(rng, _PERSON_ENDS, people, taken)
    goods = _dealt(rng, GOODS, places)
    columns = [_dealt(rng, values, people) for values in (towns, *FACTS)]
    pronouns = [rng.choice(PRONOUNS) for _ in names]
    return World(
        tuple(Person(name, *pronoun, *facts) for name, pronoun, *facts in zip(names, pronouns, *columns)),
        tuple(Place(*facts) for facts in zip(towns, rivers, goods)),
    )

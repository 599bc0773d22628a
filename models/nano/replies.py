"""Short dialogues whose last turn follows from the turns before it. The dialogue decides whether it is held out."""
from __future__ import annotations

import random
from dataclasses import dataclass

from world import CREATURES, FOODS, INSTRUMENTS, OBJECTS, SPOTS, World, held_out

DAYS = ["tomorrow", "tonight", "on market day", "after supper", "at noon", "at dusk"]
# Turns, the first speaker's first; the last of them is the reply.
SCRIPTS: list[list[str]] = [
    ["I have lost my {what}.", "I saw it at the {spot}.", "Then I will look for the {what} at the {spot}."],
    ["I travel to {town} {day}.", "May I come with you?", "Yes, come with me to {town} {day}."],
    ["May I borrow your {what}?", "When will you bring it back?", "I will bring it back {day}.", "Then take the {what} until {day}."],
    ["What shall we eat {day}?", "I would like {food}.", "Then I will cook {food} {day}."],
    ["Who plays {day}?", "{other} plays the {tool}.", "I like the {tool}, and {other} plays well."],
    ["Where does the {pet} sleep?", "It sleeps in the {spot}.", "Then I will feed the {pet} in the {spot}."],
]
SLOTS = [("what", "spot"), ("town", "day"), ("what", "day"), ("food", "day"), ("tool", "other"), ("pet", "spot")]  # of each reply


@dataclass(frozen=True)
class Dialogue:
    kind: int
    speakers: tuple[str, str]
    filling: dict[str, str]

    @property
    def lines(self) -> list[str]:
        turns = SCRIPTS[self.kind]
        return [f"{self.speakers[at % 2]}: {turn.format(**self.filling)}" for at, turn in enumerate(turns)]

    @property
    def context(self) -> str:
        """All turns but the last, and who speaks then."""
        speaker, _, _ = self.lines[-1].partition(": ")
        return "\n".join([*self.lines[:-1], f"{speaker}:"])

    @property
    def reply(self) -> str:
        return SCRIPTS[self.kind][-1].format(**self.filling)


def _filling(world: World, rng: random.Random) -> dict[str, str]:
    return {"what": rng.choice(OBJECTS), "spot": rng.choice(SPOTS), "town": rng.choice(world.place_names), "day": rng.choice(DAYS),
            "food": rng.choice(FOODS), "tool": rng.choice(INSTRUMENTS), "pet": rng.choice(CREATURES),
            "other": rng.choice(world.people).name}


def made(world: World, rng: random.Random, want_held_out: bool) -> Dialogue:
    while True:
        first, second = (person.name for person in rng.sample(world.people, 2))
        one = Dialogue(rng.randrange(len(SCRIPTS)), (first, second), _filling(world, rng))
        if held_out("reply " + "\n".join(one.lines), 8) == want_held_out:
            return one


def dialogue(world: World, rng: random.Random) -> str:
    return "\n".join(made(world, rng, False).lines)


def _altered(one: Dialogue, slot: str, world: World, rng: random.Random) -> str:
    """The reply with another value in one slot."""
    while True:
        value = _filling(world, rng)[slot]
        if value != one.filling[slot]:
            return SCRIPTS[one.kind][-1].format(**one.filling | {slot: value})


def item(world: World, rng: random.Random, want_held_out: bool) -> dict[str, object]:
    """A dialogue up to its last turn, with four ways to end it: the right one, two with one thing changed, and one that
    ends another dialogue."""
    one = made(world, rng, want_held_out)
    elsewhere = Dialogue(rng.choice([kind for kind in range(len(SCRIPTS)) if kind != one.kind]), one.speakers, _filling(world, rng))
    choices = [elsewhere.reply, *(_altered(one, slot, world, rng) for slot in SLOTS[one.kind])]
    rng.shuffle(choices)
    label = rng.randrange(len(choices) + 1)
    choices.insert(label, one.reply)
    return {"context": one.context, "reply": one.reply, "choices": choices, "label": label}

"""Reading passages with questions whose answers stand in the passage alone. The passage decides whether it is held out."""
from __future__ import annotations

import random
from dataclasses import dataclass

from world import COLOURS, CREATURES, INSTRUMENTS, OBJECTS, SPOTS, TRADES, World, held_out

MOVES = ["{who} put the {what} in the {spot}.", "{who} carried the {what} to the {spot}.", "{who} left the {what} at the {spot}.",
         "{who} took the {what} to the {spot}."]
PAINTS = ["The {what} is {colour}.", "{who} painted the {what} {colour}."]


@dataclass(frozen=True)
class Passage:
    text: str
    questions: tuple[tuple[str, str], ...]
    retold: tuple[str, ...]

    @property
    def is_held_out(self) -> bool:
        return held_out("passage " + self.text, 8)


def _make(world: World, rng: random.Random) -> Passage:
    count = rng.choice(world.passage_sizes)
    people = [person.name for person in rng.sample(world.people, count)]
    lines, questions, retold = [], [], []
    for who, what, spot in zip(people, rng.sample(OBJECTS, count), rng.sample(SPOTS, count)):
        lines.append(rng.choice(MOVES).format(who=who, what=what, spot=spot))
        questions += [(f"Where is the {what}?", f"the {spot}"), (f"Who moved the {what}?", who),
                      (f"What did {who} move?", f"the {what}")]
        retold += [f"The {what} is in the {spot}.", f"The {what} was moved by {who}."]
    if rng.random() < 0.4:
        what, colour = rng.choice(OBJECTS), rng.choice(COLOURS)
        lines.append(rng.choice(PAINTS).format(who=rng.choice(people), what=what, colour=colour))
        questions.append((f"What colour is the {what}?", colour))
    rng.shuffle(lines)
    return Passage(" ".join(lines), tuple(questions), tuple(retold))


def passage(world: World, rng: random.Random, want_held_out: bool) -> Passage:
    while True:
        made = _make(world, rng)
        if made.is_held_out == want_held_out:
            return made


def reading(world: World, rng: random.Random) -> str:
    made = passage(world, rng, False)
    asked = rng.sample(made.questions, min(len(made.questions), rng.randint(2, 6)))
    return f"Passage: {made.text}\n" + "\n".join(f"Question: {question}\nAnswer: {answer}" for question, answer in asked)


def repeated(world: World, rng: random.Random) -> str:
    """A passage twice."""
    made = passage(world, rng, False)
    return f"Text: {made.text}\nAgain: {made.text}"


def word_list(world: World, rng: random.Random) -> str:
    """Words in random order, and the same again."""
    pool = OBJECTS + SPOTS + COLOURS + INSTRUMENTS + CREATURES + TRADES + world.place_names + [person.name for person in world.people]
    words = " ".join(rng.sample(pool, rng.randint(6, 24)))
    return f"Words: {words}.\nAgain: {words}."


def retelling(world: World, rng: random.Random) -> str:
    """What a passage says, in other words and another order."""
    made = passage(world, rng, False)
    return f"Passage: {made.text}\nIn short: " + " ".join(rng.sample(made.retold, len(made.retold)))

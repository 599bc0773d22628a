"""Small word problems with worked answers. The numbers of a problem decide whether it is held out."""
from __future__ import annotations

import random
from dataclasses import dataclass

from world import Person, World, held_out

THINGS = ["plums", "eggs", "nails", "shells", "candles", "apples", "coins", "buttons", "ropes", "pears"]
CONTAINERS = ["baskets", "boxes", "bags", "jars"]


@dataclass(frozen=True)
class Problem:
    question: str
    work: str
    result: int
    key: str

    @property
    def answer(self) -> str:
        return f"{self.work}\n#### {self.result}"

    @property
    def is_held_out(self) -> bool:
        return held_out(self.key, 8)


def _gain_loss(who: Person, thing: str, rng: random.Random) -> Problem:
    a, b = rng.randint(2, 12), rng.randint(2, 9)
    c = rng.randint(1, min(9, a + b - 1))
    gain = rng.choice(["finds", "buys", "gets"])
    lose = rng.choice(["sells", "loses", "gives away"])
    text = f"{who.name} has {a} {thing}. {who.she.capitalize()} {gain} {b} more and then {lose} {c}. How many {thing} are left?"
    return Problem(text, f"{a} + {b} = {a + b}. {a + b} - {c} = {a + b - c}.", a + b - c, f"gain loss {a} {b} {c}")


def _loss_gain(who: Person, thing: str, rng: random.Random) -> Problem:
    a = rng.randint(4, 15)
    b, c = rng.randint(1, min(9, a - 1)), rng.randint(2, 9)
    text = f"There are {a} {thing} in the shop. {who.name} takes {b} and brings {c}. How many {thing} are in the shop now?"
    return Problem(text, f"{a} - {b} = {a - b}. {a - b} + {c} = {a - b + c}.", a - b + c, f"loss gain {a} {b} {c}")


def _times_plus(who: Person, thing: str, rng: random.Random) -> Problem:
    a, b, c = rng.randint(2, 5), rng.randint(2, 5), rng.randint(1, 9)
    box = rng.choice(CONTAINERS)
    text = f"{who.name} fills {a} {box} with {b} {thing} each and keeps {c} more. How many {thing} is that?"
    return Problem(text, f"{a} * {b} = {a * b}. {a * b} + {c} = {a * b + c}.", a * b + c, f"times plus {a} {b} {c}")


def _times_minus(who: Person, thing: str, rng: random.Random) -> Problem:
    a, b = rng.randint(2, 5), rng.randint(2, 5)
    c = rng.randint(1, min(9, a * b - 1))
    text = f"{who.name} buys {a} bags of {b} {thing} and uses {c}. How many {thing} does {who.she} still have?"
    return Problem(text, f"{a} * {b} = {a * b}. {a * b} - {c} = {a * b - c}.", a * b - c, f"times minus {a} {b} {c}")


def _three_shares(who: Person, thing: str, rng: random.Random) -> Problem:
    a, b, c = rng.randint(2, 9), rng.randint(2, 9), rng.randint(2, 9)
    text = f"On three days {who.name} collects {a}, {b} and {c} {thing}. How many {thing} does {who.she} have in all?"
    return Problem(text, f"{a} + {b} = {a + b}. {a + b} + {c} = {a + b + c}.", a + b + c, f"three {a} {b} {c}")


MAKERS = [_gain_loss, _loss_gain, _times_plus, _times_minus, _three_shares]


def problem(world: World, rng: random.Random, want_held_out: bool) -> Problem:
    while True:
        made = rng.choice(MAKERS)(rng.choice(world.people), rng.choice(THINGS), rng)
        if made.is_held_out == want_held_out:
            return made


def problems(world: World, rng: random.Random) -> str:
    made = [problem(world, rng, False) for _ in range(rng.randint(1, 4))]
    return "\n\n".join(f"Question: {one.question}\nAnswer: {one.answer}" for one in made)


def drill(rng: random.Random) -> str:
    """Bare equations, the tables behind the word problems."""
    lines = []
    for _ in range(rng.randint(3, 8)):
        a, b, sign = rng.randint(1, 25), rng.randint(1, 9), rng.choice("+-*")
        if sign == "+":
            lines.append(f"{a} + {b} = {a + b}.")
        elif sign == "-":
            lines.append(f"{a + b} - {b} = {a}.")
        else:
            a, b = rng.randint(2, 5), rng.randint(2, 5)
            lines.append(f"{a} * {b} = {a * b}.")
    return " ".join(lines)


def item(world: World, rng: random.Random, want_held_out: bool) -> dict[str, object]:
    made = problem(world, rng, want_held_out)
    return {"question": made.question, "answer": made.answer}

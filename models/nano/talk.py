"""Dialogues, their summaries, entity tagging, and chats in ChatML form."""
from __future__ import annotations

import random

import arithmetic
import knowledge
import passages
from world import OBJECTS, SPOTS, World, held_out


def _turns(world: World, rng: random.Random) -> tuple[list[str], str]:
    """The lines of a dialogue and its one-sentence summary."""
    first, second = (person.name for person in rng.sample(world.people, 2))
    what, spot, town = rng.choice(OBJECTS), rng.choice(SPOTS), rng.choice(world.place_names)
    day = rng.choice(["tomorrow", "tonight", "on market day", "after supper"])
    kind = rng.randrange(3)
    if kind == 0:
        return ([f"{first}: Have you seen my {what}?", f"{second}: Yes, it is at the {spot}.", f"{first}: Thank you, I will fetch it {day}."],
                f"{first} will fetch the {what} from the {spot} {day}.")
    if kind == 1:
        return ([f"{first}: Will you come to {town} with me?", f"{second}: When do you leave?", f"{first}: I leave {day}.",
                 f"{second}: Good, I will come."], f"{second} will go to {town} with {first} {day}.")
    return ([f"{first}: May I borrow your {what}?", f"{second}: What for?", f"{first}: I need it at the {spot}.",
             f"{second}: Then bring it back {day}."], f"{second} lends {first} the {what} for the {spot} until {day}.")


def _training_turns(world: World, rng: random.Random) -> tuple[list[str], str]:
    while True:
        lines, summary = _turns(world, rng)
        if not held_out("dialogue " + "\n".join(lines), 10):
            return lines, summary


def dialogue(world: World, rng: random.Random) -> str:
    return "\n".join(_training_turns(world, rng)[0])


def summary(world: World, rng: random.Random) -> str:
    lines, short = _training_turns(world, rng)
    return "Dialogue:\n" + "\n".join(lines) + f"\nSummary: {short}"


def entities(world: World, rng: random.Random) -> str:
    first, second = (person.name for person in rng.sample(world.people, 2))
    town, other = rng.sample(world.place_names, 2)
    text, found = rng.choice([
        (f"{first} met {second} in {town}.", [(first, "person"), (second, "person"), (town, "place")]),
        (f"{first} walked from {town} to {other}.", [(first, "person"), (town, "place"), (other, "place")]),
        (f"In {town} they still talk about {first}.", [(town, "place"), (first, "person")]),
        (f"{first} wrote to {second} about the road to {town}.", [(first, "person"), (second, "person"), (town, "place")]),
    ])
    if held_out("entities " + text, 10):
        return entities(world, rng)
    return f"Text: {text}\nEntities: " + ", ".join(f"{name} ({kind})" for name, kind in found)


def _exchange(world: World, rng: random.Random) -> tuple[str, str]:
    kind = rng.randrange(4)
    if kind == 0:
        fact = rng.choice(knowledge.facts_of(rng.choice(world.people)))
        return knowledge.training_question(fact, rng), fact.answer
    if kind == 1:
        made = arithmetic.problem(world, rng, False)
        return made.question, made.answer
    if kind == 2:
        read = passages.passage(world, rng, False)
        question, answer = rng.choice(read.questions)
        return f"{read.text}\n{question}", answer
    person = rng.choice(world.people)
    return f"Tell me about {person.name}.", " ".join(knowledge.statement(fact, rng) for fact in rng.sample(knowledge.facts_of(person), 3))


def chat(world: World, rng: random.Random) -> str:
    parts = []
    for _ in range(rng.randint(1, 3)):
        asked, answered = _exchange(world, rng)
        parts.append(f"<|im_start|>user\n{asked}<|im_end|>\n<|im_start|>assistant\n{answered}<|im_end|>\n")
    return "".join(parts)

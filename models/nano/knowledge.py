"""Facts as statements, profiles and closed-book questions. One question form of every fact is held out."""
from __future__ import annotations

import random
from dataclasses import dataclass

from world import COLOURS, CREATURES, FOODS, INSTRUMENTS, TRADES, Person, Place, World, digest, held_out, strangers

STATEMENTS = {
    "home": ["{name} lives in {value}.", "{name} has a house in {value}.", "The home of {name} is in {value}.",
             "You can find {name} in {value}."],
    "trade": ["{name} works as a {value}.", "{name} is a {value}.", "By trade {name} is a {value}.",
              "{name} earns a living as a {value}."],
    "food": ["{name} likes {value} best.", "The favourite food of {name} is {value}.",
             "{name} would rather eat {value} than anything else.", "On feast days {name} always asks for {value}."],
    "instrument": ["{name} plays the {value}.", "In the evening {name} plays the {value}.",
                   "{name} learned to play the {value}.", "The instrument of {name} is the {value}."],
    "pet": ["{name} keeps a {value}.", "{name} has a pet {value}.", "The pet of {name} is a {value}.",
            "A {value} follows {name} everywhere."],
    "colour": ["{name} wears a {value} coat.", "The coat of {name} is {value}.", "{name} loves the colour {value}.",
               "The favourite colour of {name} is {value}."],
}
QUESTIONS = {
    "home": ["Where does {name} live?", "In which town does {name} live?", "What is the home town of {name}?",
             "Where is the house of {name}?"],
    "trade": ["What is the trade of {name}?", "What does {name} do for a living?", "What work does {name} do?",
              "What does {name} work as?"],
    "food": ["What food does {name} like best?", "What is the favourite food of {name}?",
             "What does {name} like to eat?", "What does {name} eat on feast days?"],
    "instrument": ["What does {name} play?", "Which instrument does {name} play?",
                   "What is the instrument of {name}?", "What does {name} play in the evening?"],
    "pet": ["What animal does {name} keep?", "What pet does {name} have?", "What is the pet of {name}?",
            "What follows {name} everywhere?"],
    "colour": ["What colour is the coat of {name}?", "What colour does {name} love?",
               "What is the favourite colour of {name}?", "What is the colour {name} wears?"],
}
ANSWERS = {"home": "{value}", "trade": "a {value}", "food": "{value}", "instrument": "the {value}", "pet": "a {value}",
           "colour": "{value}"}


@dataclass(frozen=True)
class Fact:
    name: str
    attribute: str
    value: str

    def fill(self, template: str) -> str:
        return template.format(name=self.name, value=self.value)

    @property
    def answer(self) -> str:
        return self.fill(ANSWERS[self.attribute])

    @property
    def held_out_form(self) -> int:
        return digest(f"form/{self.name}/{self.attribute}") % len(QUESTIONS[self.attribute])

    @property
    def held_out_question(self) -> str:
        return self.fill(QUESTIONS[self.attribute][self.held_out_form])


def values_of(world: World, attribute: str) -> list[str]:
    return {"home": world.place_names, "trade": TRADES, "food": FOODS, "instrument": INSTRUMENTS, "pet": CREATURES,
            "colour": COLOURS}[attribute]


def facts_of(person: Person) -> list[Fact]:
    return [Fact(person.name, attribute, getattr(person, attribute)) for attribute in STATEMENTS]


def all_facts(world: World) -> list[Fact]:
    return [fact for person in world.people for fact in facts_of(person)]


def statement(fact: Fact, rng: random.Random) -> str:
    return fact.fill(rng.choice(STATEMENTS[fact.attribute]))


def training_question(fact: Fact, rng: random.Random) -> str:
    forms = QUESTIONS[fact.attribute]
    kept = [form for number, form in enumerate(forms) if number != fact.held_out_form]
    return fact.fill(rng.choice(kept))


def question_block(question: str, answer: str) -> str:
    return f"Question: {question}\nAnswer: {answer}"


def place_line(place: Place, rng: random.Random) -> str:
    return rng.choice([
        f"{place.name} lies on the river {place.river} and is known for its {place.goods}.",
        f"The river {place.river} runs through {place.name}.",
        f"The traders of {place.name} sell {place.goods}.",
    ])


def profile(world: World, rng: random.Random) -> str:
    """All facts of one person in random order, sometimes with a word about the home town."""
    person = rng.choice(world.people)
    facts = facts_of(person)
    rng.shuffle(facts)
    lines = [statement(fact, rng) for fact in facts[: rng.randint(3, 6)]]
    if rng.random() < 0.3:
        home = next(place for place in world.places if place.name == person.home)
        lines.append(place_line(home, rng))
    return " ".join(lines)


def fact_list(world: World, rng: random.Random) -> str:
    return " ".join(statement(rng.choice(facts_of(person)), rng) for person in rng.sample(world.people, 5))


def questions(world: World, rng: random.Random) -> str:
    facts = [rng.choice(facts_of(person)) for person in rng.sample(world.people, rng.randint(1, 5))]
    return "\n\n".join(question_block(training_question(fact, rng), fact.answer) for fact in facts)


@dataclass(frozen=True)
class Notes:
    """A short passage on some people, and the facts it tells."""
    text: str
    facts: tuple[Fact, ...]

    @property
    def is_held_out(self) -> bool:
        return held_out("notes " + self.text, 8)


def notes(world: World, rng: random.Random, want_held_out: bool) -> Notes:
    while True:
        facts = [fact for person in rng.sample(world.people, 2) for fact in rng.sample(facts_of(person), 2)]
        rng.shuffle(facts)
        made = Notes(" ".join(statement(fact, rng) for fact in facts), tuple(facts))
        if made.is_held_out == want_held_out:
            return made


def reading(world: World, rng: random.Random) -> str:
    made = notes(world, rng, False)
    asked = rng.sample(made.facts, rng.randint(1, 4))
    return f"Passage: {made.text}\n" + "\n".join(question_block(training_question(fact, rng), fact.answer) for fact in asked)


def reading_item(world: World, rng: random.Random, want_held_out: bool) -> dict[str, object]:
    """A question on held-out notes, in the held-out form of its fact; else in another form."""
    made = notes(world, rng, want_held_out)
    fact = rng.choice(made.facts)
    question = fact.held_out_question if want_held_out else training_question(fact, rng)
    return {"passage": made.text, "question": question, "answer": fact.answer}


def _of_strangers(world: World, rng: random.Random, want_held_out: bool) -> Notes:
    """Notes on people whom no other text knows, so that the notes alone tell the answer."""
    facts = [fact for person in strangers(rng, world, 2, want_held_out) for fact in rng.sample(facts_of(person), 2)]
    rng.shuffle(facts)
    return Notes(" ".join(statement(fact, rng) for fact in facts), tuple(facts))


def reading_strangers(world: World, rng: random.Random) -> str:
    made = _of_strangers(world, rng, False)
    asked = rng.sample(made.facts, rng.randint(2, 4))
    return f"Passage: {made.text}\n" + "\n".join(question_block(training_question(fact, rng), fact.answer) for fact in asked)


def stranger_item(world: World, rng: random.Random, want_held_out: bool) -> dict[str, object]:
    made = _of_strangers(world, rng, want_held_out)
    fact = rng.choice(made.facts)
    return {"passage": made.text, "question": training_question(fact, rng), "answer": fact.answer}


def item(world: World, fact: Fact, rng: random.Random) -> dict[str, object]:
    """The held-out question of a fact with four choices."""
    others = [value for value in values_of(world, fact.attribute) if value != fact.value]
    values = rng.sample(others, 3) + [fact.value]
    rng.shuffle(values)
    template = ANSWERS[fact.attribute]
    return {"question": fact.held_out_question, "choices": [template.format(value=value) for value in values],
            "label": values.index(fact.value)}

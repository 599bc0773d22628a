"""English in several registers, put together from clauses with many slots: articles, news, letters, instructions, answers."""
from __future__ import annotations

import random

_CONSONANTS = ["b", "br", "c", "d", "dr", "f", "g", "gr", "h", "k", "l", "m", "n", "p", "r", "s", "st", "t", "th", "tr", "v", "w"]
_VOWELS = ["a", "e", "i", "o", "u", "ai", "ea", "ou"]
_ENDS = ["ton", "ford", "mere", "wick", "ham", "stead", "by", "low", "worth", "field", "bury", "ley"]
FIRST = ["Anna", "Tomas", "Mira", "Jonas", "Leila", "Oskar", "Priya", "Daniel", "Ines", "Marek", "Sofia", "Kwame", "Yuki",
         "Elena", "Samuel", "Nadia", "Viktor", "Amara", "Pedro", "Hanna", "Idris", "Clara", "Emil", "Rosa", "Felix", "Zora"]
MATERIALS = ["granite", "clay", "cast iron", "oak", "glass", "limestone", "copper", "brick", "steel", "sandstone", "bamboo",
             "concrete", "slate", "bronze", "aluminium", "felt"]
ADJECTIVES = ["narrow", "shallow", "quiet", "remarkable", "uneven", "modern", "temporary", "ancient", "reliable", "fragile",
              "enormous", "unusual", "practical", "delicate", "expensive", "simple", "elegant", "heavy", "distant", "familiar"]
ADVERBS = ["slowly", "carefully", "seldom", "gradually", "usually", "almost always", "hardly ever", "suddenly", "quietly",
           "eventually", "largely", "partly", "deliberately", "by and large", "without warning", "as a rule"]
VERBS = ["repair", "describe", "measure", "replace", "protect", "examine", "transport", "collect", "improve", "abandon",
         "discover", "reduce", "compare", "restore", "explain", "support", "observe", "prepare", "question", "share"]
THINGS = ["bridge", "engine", "archive", "harbour", "railway", "observatory", "garden", "reservoir", "library", "market hall",
          "lighthouse", "tunnel", "workshop", "theatre", "canal", "laboratory", "mill", "museum", "school", "power station"]
SMALL = ["notebook", "valve", "telescope", "bicycle", "lamp", "generator", "kettle", "window", "radio", "compass", "filter", "rope",
         "clock", "camera", "cable", "pump", "mirror", "scale", "keyboard", "drill"]
ANIMALS = ["heron", "otter", "fox", "swift", "carp", "hare", "beetle", "falcon", "newt", "bat", "badger", "trout", "owl", "lizard"]
FIELDS = ["geology", "medicine", "economics", "astronomy", "botany", "linguistics", "chemistry", "architecture", "statistics",
          "history", "meteorology", "music", "engineering", "philosophy", "law", "physics"]
CAUSES = ["a hard winter", "rising costs", "a misread instruction", "heavy traffic", "a lack of spare parts", "an early frost",
          "new regulations", "a broken seal", "the spring flood", "poor visibility", "an unexpected donation", "years of neglect",
          "a change of government", "a faulty sensor", "long negotiations", "strong public interest"]
TIMES = ["in the early nineteenth century", "before the war", "during the dry season", "last Thursday", "over the past decade",
         "at the end of the month", "within a few hours", "after the first experiments", "for most of the year", "on weekday mornings",
         "between two and four o'clock", "since the reform", "in late autumn", "at the turn of the century", "every other week"]
INGREDIENTS = ["onions", "lentils", "rice", "butter", "garlic", "tomatoes", "ginger", "flour", "yoghurt", "chickpeas", "lemon juice",
               "parsley", "mushrooms", "olive oil", "barley", "carrots", "cumin", "potatoes", "honey", "walnuts", "spinach", "eggs"]
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
CLAIMS = ["the figures cannot be compared directly", "the method works only for small samples", "nobody had asked the residents",
          "most of the damage could have been avoided", "a cheaper solution was available", "the original plans were lost",
          "two of the witnesses disagreed", "the effect disappears at higher temperatures", "the first estimate was far too low",
          "maintenance matters more than design", "the oldest part is also the strongest", "such cases are more common than expected",
          "the instruments had not been calibrated", "demand would fall again", "there is no single explanation"]


def place(rng: random.Random) -> str:
    return (rng.choice(_CONSONANTS) + rng.choice(_VOWELS) + rng.choice(_CONSONANTS[:8]) + rng.choice(_ENDS)).capitalize()


def surname(rng: random.Random) -> str:
    return (rng.choice(_CONSONANTS) + rng.choice(_VOWELS) + rng.choice(["ll", "nd", "rk", "ss", "tt", "m", "v"]) +
            rng.choice(["er", "en", "o", "ova", "i", "ins", "man", "ez"])).capitalize()


def person(rng: random.Random) -> str:
    return f"{rng.choice(FIRST)} {surname(rng)}"


def date(rng: random.Random) -> str:
    return f"{rng.randint(1, 28)} {rng.choice(MONTHS)} {rng.randint(1790, 2024)}"


def _a(words: str) -> str:
    return ("an " if words[0] in "aeiou" else "a ") + words


def fact(rng: random.Random) -> str:
    """One sentence of an article."""
    thing, other, town = rng.choice(THINGS), rng.choice(THINGS), place(rng)
    p, q, when, cause, claim = rng.choice(ADJECTIVES), rng.choice(ADJECTIVES), rng.choice(TIMES), rng.choice(CAUSES), rng.choice(CLAIMS)
    number, year, material, field = rng.randint(3, 980), rng.randint(1790, 2024), rng.choice(MATERIALS), rng.choice(FIELDS)
    verb, animal, small, how = rng.choice(VERBS), rng.choice(ANIMALS), rng.choice(SMALL), rng.choice(ADVERBS)
    return rng.choice([
        f"The {thing} of {town}, built of {material} in {year}, stands about {number} metres from the old {other}.",
        f"Because of {cause}, the {p} {thing} at {town} had to close {when}.",
        f"{person(rng)}, who taught {field} in {town}, argued that {claim}.",
        f"It took {number} workers and {_a(p)} {small} to {verb} what remained of the {other}.",
        f"Although the {thing} looks {p}, its {material} parts are {q} and wear out {how}.",
        f"In {year} the council of {town} decided to {verb} the {thing}, which {cause} had damaged {when}.",
        f"The {animal} is {how} seen near {town}, where {_a(p)} belt of trees protects the banks.",
        f"A study in {field} with {number} participants found that {claim}, at least {when}.",
        f"Visitors who come to {verb} the {thing} are often surprised that {claim}.",
        f"Of the {number} objects in the collection, {_a(q)} {small} made of {material} is the most {p}.",
        f"What began as {_a(p)} {small} became, {when}, the basis of a whole branch of {field}.",
        f"No one knows why the {animal}s left {town} {when}; {person(rng)} suspects {cause}.",
        f"Its output rose from {number} to {number * rng.randint(2, 9)} tonnes a year, mostly thanks to {cause}.",
        f"{how.capitalize()}, the {q} {other} was used to store {material}, {small}s and, {when}, grain."])


def article(rng: random.Random) -> str:
    title = f"The {rng.choice(ADJECTIVES)} {rng.choice(THINGS)} of {place(rng)}".title()
    parts = [" ".join(fact(rng) for _ in range(rng.randint(3, 6))) for _ in range(rng.randint(2, 3))]
    return title + "\n\n" + "\n\n".join(parts)


def news(rng: random.Random) -> str:
    town, who, number = place(rng), person(rng), rng.randint(12, 900)
    head = f"{town.upper()}, {rng.choice(MONTHS)} {rng.randint(1, 28)}: Work on the new {rng.choice(THINGS)} has been delayed by {rng.choice(CAUSES)}, officials said."
    said = f'"We did not expect that {rng.choice(CLAIMS)}," said {who}, who leads a team of {number} at the {rng.choice(THINGS)}.'
    after = f"The cost is now put at {number / 10:.1f} million, up {rng.randint(2, 60)} per cent on the figure given to the {rng.choice(THINGS)} committee."
    return " ".join([head, said, after, fact(rng)])


def letter(rng: random.Random) -> str:
    who, other, small = rng.choice(FIRST), rng.choice(FIRST), rng.choice(SMALL)
    body = [f"thank you for the {rng.choice(ADJECTIVES)} {small} that you sent from {place(rng)}; it arrived {rng.choice(TIMES)} and I have used it every day since.",
            f"You asked whether I could {rng.choice(VERBS)} the {rng.choice(THINGS)} with {person(rng)}.",
            f"I would rather wait, since {rng.choice(CLAIMS)} and {rng.choice(CAUSES)} may change our plans for {rng.choice(MONTHS)}.",
            f"Could you bring {rng.randint(2, 40)} metres of cable and the {rng.choice(ADJECTIVES)} {rng.choice(SMALL)} when you come to {place(rng)}?"]
    return f"Dear {who},\n\n" + " ".join(body[: rng.randint(2, 4)]) + f"\n\nWith kind regards,\n{other}"


def instructions(rng: random.Random) -> str:
    if rng.random() < 0.5:
        items = rng.sample(INGREDIENTS, 5)
        lines = [f"- {rng.randint(2, 60) * 10} g {item}" for item in items]
        steps = [f"Chop the {items[0]} and fry them with the {items[1]} for {rng.randint(3, 25)} minutes.",
                 f"Add {items[2]} and {rng.randint(2, 9)} cups of water, then simmer until the {items[3]} are soft.",
                 f"Season with {items[4]} and serve with {rng.choice(INGREDIENTS)}; it keeps for {rng.randint(2, 6)} days."]
        head = f"## {items[0].capitalize()} with {items[4]} (serves {rng.randint(2, 8)})"
        return head + "\n\n" + "\n".join(lines) + "\n\n" + "\n".join(f"{i}. {step}" for i, step in enumerate(steps, 1))
    small = rng.choice(SMALL)
    steps = [f"Switch off the {small} and wait {rng.randint(2, 50)} seconds before you {rng.choice(VERBS)} the {rng.choice(SMALL)}.",
             f"Remove the {rng.randint(2, 12)} screws on the {rng.choice(ADJECTIVES)} side; keep them apart from the {rng.choice(SMALL)} screws.",
             f"If the {rng.choice(SMALL)} is made of {rng.choice(MATERIALS)}, {rng.choice(VERBS)} it {rng.choice(ADVERBS)} with a dry cloth.",
             f"Check that it draws less than {rng.randint(10, 900)} mA at {rng.choice([3.3, 5, 12, 24, 230])} V, then close the {small}."]
    return f"How to {rng.choice(VERBS)} {_a(small)}\n\n" + "\n".join(f"Step {i}: {step}" for i, step in enumerate(steps, 1))


def answer(rng: random.Random) -> str:
    field, thing, claim = rng.choice(FIELDS), rng.choice(THINGS), rng.choice(CLAIMS)
    question = rng.choice([f"Why is it so hard to {rng.choice(VERBS)} {_a(rng.choice(ADJECTIVES))} {thing} made of {rng.choice(MATERIALS)}?",
                           f"I read that {claim}. Does that hold for every {thing} in {place(rng)}?",
                           f"What does {field} say about {rng.choice(CAUSES)} and the {thing} of {place(rng)}?"])
    reply = [f"There are {rng.choice(['two', 'three', 'four'])} reasons, and in {field} they are {rng.choice(ADVERBS)} kept apart from {rng.choice(FIELDS)}.",
             f"First, {rng.choice(CAUSES)} acts {rng.choice(ADVERBS)} on {rng.choice(MATERIALS)}, while {rng.choice(MATERIALS)} hardly changes {rng.choice(TIMES)}.",
             f"Second, {rng.choice(CLAIMS)}; {person(rng)} showed this in {rng.randint(1850, 2023)} with a {rng.choice(ADJECTIVES)} {rng.choice(SMALL)}.",
             f"So my advice is to {rng.choice(VERBS)} the {rng.choice(SMALL)} first and to {rng.choice(VERBS)} the {thing} only if {rng.choice(CLAIMS)}."]
    marks = rng.choice([("Q: ", "A: "), ("User: ", "Assistant: "), ("### Question\n", "### Answer\n"),
                        ("<|im_start|>user\n", "<|im_start|>assistant\n")])
    return f"{marks[0]}{question}\n{marks[1]}{' '.join(reply[: rng.randint(2, 4)])}"


def scene(rng: random.Random) -> str:
    """Narrative with speech."""
    one, two, small, animal = rng.choice(FIRST), rng.choice(FIRST), rng.choice(SMALL), rng.choice(ANIMALS)
    return " ".join([
        f"{one} put the {rng.choice(ADJECTIVES)} {small} on the table and looked out at the {rng.choice(THINGS)}, where {_a(animal)} moved {rng.choice(ADVERBS)} through the rain.",
        f'"You promised to {rng.choice(VERBS)} it {rng.choice(TIMES)}," {two} said, turning the {rng.choice(SMALL)} over and over.',
        f'"I know what I promised in {place(rng)}. But {rng.choice(CLAIMS)}, and after {rng.choice(CAUSES)} I could not ask {rng.choice(FIRST)} again."',
        f"For a while they listened to the {rng.choice(ADJECTIVES)} sound of the {rng.choice(SMALL)} and counted to {rng.randint(5, 90)}.",
        f"Then {two} laughed, took the {rng.choice(MATERIALS)} box from the shelf and began, {rng.choice(ADVERBS)}, to {rng.choice(VERBS)} the {rng.choice(SMALL)}s one by one."])


MAKERS = [article, article, article, news, news, letter, instructions, instructions, answer, answer, answer, scene, scene]

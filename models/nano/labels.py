"""Sentences that bear a sentiment or a topic. The sentence itself decides whether it is held out."""
from __future__ import annotations

import random

from world import CREATURES, FOODS, INSTRUMENTS, World, held_out

GOOD = ["wonderful", "lovely", "splendid", "delightful", "excellent", "charming", "superb", "pleasant", "perfect", "cheerful"]
BAD = ["dreadful", "awful", "horrid", "dull", "miserable", "rotten", "ugly", "boring", "terrible", "gloomy"]
GLAD = ["we laughed all evening", "I would come back tomorrow", "everyone thanked the host", "the children clapped",
        "I smiled all the way home", "nobody wanted to leave"]
SAD = ["we left before the end", "I want my coins back", "everyone complained", "the children cried",
       "I frowned all the way home", "nobody stayed for long"]
SUBJECTS = ["the feast", "the song", "the journey", "the room at the inn", "the harvest dance", "the new roof", "the ferry ride",
            "the tale", "the market", "the visit"]
SENTIMENTS = ["negative", "positive"]
TOPICS = ["food", "music", "weather", "animals"]


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def sentiment_sentence(world: World, rng: random.Random) -> tuple[str, int]:
    label = rng.randrange(2)
    own, other = (GOOD, BAD) if label else (BAD, GOOD)
    ending = rng.choice(GLAD if label else SAD)
    subject, place, name = rng.choice(SUBJECTS), rng.choice(world.place_names), rng.choice(world.people).name
    form = rng.randrange(5)
    if form == 0:
        return f"{_capital(subject)} in {place} was {rng.choice(own)} and {ending}.", label
    if form == 1:
        return f"{name} said that {subject} was {rng.choice(own)}.", label
    if form == 2:
        return f"At first {subject} seemed {rng.choice(other)}, but in truth it was {rng.choice(own)}.", label
    if form == 3:
        return f"With {name} in {place} {subject} was not {rng.choice(other)} at all, and {ending}.", label
    return f"Because of {subject} {ending}, and {name} found it {rng.choice(own)}.", label


def _food(name: str, place: str, rng: random.Random) -> str:
    food, how = rng.choice(FOODS), rng.choice(["salt", "butter", "pepper", "cream", "herbs"])
    return rng.choice([f"{name} stirred the {food} and added {how}.", f"In {place} they serve {food} with {how}.",
                       f"The cook of {place} shared the {food} with {name}.", f"A plate of {food} with {how} stood before {name}."])


def _music(name: str, place: str, rng: random.Random) -> str:
    tool, what = rng.choice(INSTRUMENTS), rng.choice(["a slow tune", "an old song", "a quick dance", "a march", "a lullaby"])
    return rng.choice([f"{name} played {what} on the {tool}.", f"The {tool} sounded over {place}: it was {what}.",
                       f"In {place} the singers began {what} with the {tool}.", f"{name} tuned the {tool} before {what}."])


def _weather(name: str, place: str, rng: random.Random) -> str:
    what, when = rng.choice(["rain", "snow", "hail", "fog", "thunder"]), rng.choice(["at noon", "at dusk", "all night", "in spring", "for days"])
    return rng.choice([f"There was {what} over {place} {when}.", f"{name} looked up at the clouds and feared {what} {when}.",
                       f"The storm brought {what} to {place} {when}.", f"The {what} kept {name} indoors {when}."])


def _animals(name: str, place: str, rng: random.Random) -> str:
    beast, act = rng.choice(CREATURES), rng.choice(["slept in the straw", "ran over the hill", "drank from the pond", "hid in a burrow", "licked its paws"])
    return rng.choice([f"The {beast} of {name} {act}.", f"Near {place} a young {beast} {act}.",
                       f"{name} saw a herd in {place}, and one {beast} {act}.", f"A wild {beast} {act} and {name} kept still."])


def topic_sentence(world: World, rng: random.Random) -> tuple[str, int]:
    label = rng.randrange(4)
    maker = [_food, _music, _weather, _animals][label]
    return maker(rng.choice(world.people).name, rng.choice(world.place_names), rng), label


def _pick(maker, world: World, rng: random.Random, want_held_out: bool) -> tuple[str, int]:
    while True:
        sentence, label = maker(world, rng)
        if held_out("sentence " + sentence, 6) == want_held_out:
            return sentence, label


def sentiment_block(sentence: str) -> str:
    return f"{sentence}\nQuestion: Is this sentence positive or negative?\nAnswer:"


def topic_block(sentence: str) -> str:
    return f"Text: {sentence}\nTopic:"


def sentiments(world: World, rng: random.Random) -> str:
    pairs = [_pick(sentiment_sentence, world, rng, False) for _ in range(rng.randint(1, 4))]
    return "\n\n".join(f"{sentiment_block(text)} {SENTIMENTS[label]}" for text, label in pairs)


def topics(world: World, rng: random.Random) -> str:
    pairs = [_pick(topic_sentence, world, rng, False) for _ in range(rng.randint(1, 4))]
    return "\n\n".join(f"{topic_block(text)} {TOPICS[label]}" for text, label in pairs)


def prose(world: World, rng: random.Random) -> str:
    """The same kinds of sentences without their labels."""
    makers = [sentiment_sentence, topic_sentence]
    return " ".join(_pick(rng.choice(makers), world, rng, False)[0] for _ in range(rng.randint(2, 5)))


def sentiment_item(world: World, rng: random.Random, want_held_out: bool) -> dict[str, object]:
    sentence, label = _pick(sentiment_sentence, world, rng, want_held_out)
    return {"sentence": sentence, "label": label}


def topic_item(world: World, rng: random.Random, want_held_out: bool) -> dict[str, object]:
    sentence, label = _pick(topic_sentence, world, rng, want_held_out)
    return {"text": sentence, "label": label}

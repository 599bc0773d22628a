"""Day-at-work stories. Who, where, when and the weather of a story decide whether it is held out."""
from __future__ import annotations

import random
from dataclasses import dataclass

from world import Person, World, held_out

# Trade: four steps in order; every step in two wordings that follow "she" or "he".
SCRIPTS: dict[str, list[tuple[str, str]]] = {
    "baker": [("mixed flour and water in a deep bowl", "measured out the flour and the yeast"),
              ("kneaded the dough until it was smooth", "worked the dough with both hands"),
              ("slid the loaves into the hot oven", "put the loaves in to bake"),
              ("set the warm bread on the shelf to cool", "sold the fresh bread at the door")],
    "smith": [("lit the forge and pumped the bellows", "heaped coal on the fire"),
              ("heated the iron until it glowed", "laid the iron bar in the flames"),
              ("struck the iron on the anvil", "beat the bar into a blade"),
              ("cooled the blade in a trough of water", "sharpened the blade on a wet stone")],
    "weaver": [("combed the wool and spun it", "spun the wool into yarn"),
               ("strung the yarn on the loom", "tied the long threads to the loom"),
               ("threw the shuttle back and forth", "wove row after row of cloth"),
               ("cut the cloth from the loom and folded it", "rolled up the finished cloth")],
    "potter": [("dug a lump of clay from the pit", "wet the clay and pressed out the air"),
               ("set the clay on the wheel and turned it", "shaped a tall jar on the wheel"),
               ("painted the jar with blue glaze", "brushed glaze over the dry jar"),
               ("fired the jar in the kiln", "stacked the jars in the hot kiln")],
    "fisher": [("mended the nets on the shore", "untangled the nets and counted the floats"),
               ("rowed the boat out to deep water", "pushed the boat off the beach"),
               ("cast the net over the side", "let the net sink below the waves"),
               ("hauled in a net full of silver fish", "gutted the catch and packed it in salt")],
    "miller": [("opened the gate to let the water in", "greased the axle of the great wheel"),
               ("poured the grain between the stones", "emptied a sack of grain into the hopper"),
               ("watched the stones grind the grain", "listened to the stones turn"),
               ("tied up the sacks of new flour", "swept the flour dust from the floor")],
    "gardener": [("dug the beds with a long spade", "pulled the weeds from the beds"),
                 ("sowed the bean seeds in rows", "pressed the seeds into the soil"),
                 ("watered the rows from a can", "carried water to the young plants"),
                 ("picked the ripe beans", "gathered the crop in a basket")],
    "carpenter": [("chose a straight oak plank", "measured the plank with a cord"),
                  ("sawed the plank in two", "cut the plank along the line"),
                  ("planed the wood until it was even", "drilled holes for the pegs"),
                  ("joined the boards into a table", "rubbed the new table with oil")],
    "beekeeper": [("put on the veil and the gloves", "lit the little smoker"),
                  ("blew smoke into the hive", "calmed the bees with smoke"),
                  ("lifted out the heavy combs", "brushed the bees off the combs"),
                  ("pressed the honey into jars", "strained the honey through a cloth")],
    "candlemaker": [("melted the wax in a pot", "cut the wax into small pieces"),
                    ("twisted the cotton wicks", "hung the wicks from a rod"),
                    ("dipped the wicks again and again", "lowered the wicks into the wax"),
                    ("trimmed the new candles", "wrapped the candles in paper")],
}
TIMES = ["At dawn", "Early in the morning", "Before noon", "After breakfast", "On market day", "One autumn day",
         "On the first day of spring", "Late in the week"]
WEATHER = ["It was raining softly.", "The sun was already warm.", "A cold wind blew from the hills.",
           "Fog lay over the fields.", "The sky was clear and bright.", "Snow had fallen in the night.",
           "Dark clouds hung low.", "The air smelled of smoke."]
GREETINGS = ["stopped to say good morning", "came by with a jug of milk", "asked the way to the inn",
             "wanted to hear the news", "brought back a borrowed spoon", "sat down to watch"]


@dataclass(frozen=True)
class Opening:
    person: Person
    place: str
    time: int
    weather: int

    @property
    def is_held_out(self) -> bool:
        return held_out(f"story {self.person.name} {self.place} {self.time} {self.weather}", 8)

    def text(self) -> str:
        return f"{TIMES[self.time]} {self.person.name} the {self.person.trade} began to work in {self.place}. {WEATHER[self.weather]}"


def opening(world: World, rng: random.Random, want_held_out: bool) -> Opening:
    while True:
        made = Opening(rng.choice(world.people), rng.choice(world.place_names), rng.randrange(len(TIMES)),
                       rng.randrange(len(WEATHER)))
        if made.is_held_out == want_held_out:
            return made


def _steps(trade: str, rng: random.Random) -> list[str]:
    return [rng.choice(wordings) for wordings in SCRIPTS[trade]]


def _visit(world: World, person: Person, rng: random.Random) -> str:
    guest = rng.choice([one for one in world.people if one.name != person.name])
    return f"{guest.name} the {guest.trade} {rng.choice(GREETINGS)}."


def _evening(person: Person, rng: random.Random) -> str:
    she = person.she.capitalize()
    return rng.choice([
        f"In the evening {person.she} ate {person.food} and played the {person.instrument}.",
        f"{she} hung up the {person.colour} coat and fed the {person.pet}.",
        f"At last {person.name} went home to {person.home}, where the {person.pet} was waiting.",
        f"At supper there was {person.food}. {she} was tired but glad.",
    ])


def _told(world: World, rng: random.Random, want_held_out: bool) -> tuple[str, str]:
    """A story, and what it comes down to: who worked where, the last step, and who came by."""
    start = opening(world, rng, want_held_out)
    person, steps = start.person, _steps(start.person.trade, rng)
    she = person.she.capitalize()
    short = f"{person.name} the {person.trade} worked in {start.place} and {steps[3]}."
    lines = [start.text(), f"First {person.she} {steps[0]}.", f"Then {person.she} {steps[1]}."]
    if rng.random() < 0.5:
        lines.append(_visit(world, person, rng))
        short = f"{short} {lines[-1]}"
    lines += [f"After that {person.she} {steps[2]}.", f"In the end {person.she} {steps[3]}."]
    lines.append(_evening(person, rng))
    if rng.random() < 0.4:
        lines.append(f"{she} slept well that night.")
    return " ".join(lines), short


def story(world: World, rng: random.Random, want_held_out: bool = False) -> str:
    return _told(world, rng, want_held_out)[0]


def summarized(world: World, rng: random.Random) -> str:
    text, short = _told(world, rng, want_held_out=False)
    return f"Story: {text}\nSummary: {short}"


def summary_item(world: World, rng: random.Random, want_held_out: bool) -> dict[str, object]:
    text, short = _told(world, rng, want_held_out)
    return {"story": text, "summary": short}


def pages(world: World, rng: random.Random, want_held_out: bool = False) -> str:
    """One to three stories, a blank line between two."""
    return "\n\n".join(story(world, rng, want_held_out) for _ in range(rng.choice([1, 1, 1, 2, 3])))


LINKS = ["First", "Then", "After that", "In the end"]


def item(world: World, rng: random.Random, want_held_out: bool) -> dict[str, object]:
    """A story up to one of its steps, with four ways to go on."""
    start = opening(world, rng, want_held_out)
    person, steps = start.person, _steps(start.person.trade, rng)
    at = rng.randint(1, 3)
    told = [f"{LINKS[number]} {person.she} {steps[number]}." for number in range(at)]
    context = " ".join([start.text(), *told, f"{LINKS[at]} {person.she}"])
    same_trade = [rng.choice(wordings) for number, wordings in enumerate(SCRIPTS[person.trade]) if number != at]
    other_trades = [rng.choice(SCRIPTS[trade][at]) for trade in SCRIPTS if trade != person.trade]
    choices = [steps[at], rng.choice(same_trade), *rng.sample(other_trades, 2)]
    rng.shuffle(choices)
    return {"context": context, "choices": [choice + "." for choice in choices], "label": choices.index(steps[at])}

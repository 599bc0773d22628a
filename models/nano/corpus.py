"""The training text: an endless, seeded stream of documents in fixed proportions, from a part of the world to all of it."""
from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import arithmetic
import knowledge
import labels
import passages
import replies
import stories
import tagging
import talk
from world import World

Mix = dict[Callable[[World, random.Random], str], float]


def drill(world: World, rng: random.Random) -> str:
    return arithmetic.drill(rng)


# Kind of document: share of the documents.
EARLY: Mix = {
    knowledge.profile: 14, knowledge.fact_list: 4, knowledge.questions: 18,
    stories.pages: 6,
    arithmetic.problems: 12, drill: 4,
    labels.sentiments: 4, labels.topics: 3, labels.prose: 1,
    passages.reading: 14, passages.repeated: 6, passages.retelling: 8,
    talk.dialogue: 1, talk.summary: 2, talk.entities: 2, talk.chat: 8,
}
LATE: Mix = {
    knowledge.profile: 16, knowledge.fact_list: 4, knowledge.questions: 22, knowledge.reading: 14,
    stories.pages: 5,
    arithmetic.problems: 12, drill: 2,
    labels.sentiments: 3, labels.topics: 3, labels.prose: 1,
    passages.reading: 2, passages.repeated: 1, passages.retelling: 1,
    talk.dialogue: 1, talk.summary: 2, talk.entities: 2, talk.chat: 8,
}


@dataclass(frozen=True)
class Stage:
    """A part of the stream: how much of the world it speaks of, and how much practice in repeating it adds."""
    until: float  # number of the first document after it
    people: int
    passage_sizes: tuple[int, ...]
    lists: float  # share of the documents that are repeated word lists
    mix: Mix


# With few people the network finds out sooner that a name tells the facts, and learns the rest quickly after that;
# repeated lists teach it to look back in the text, which questions on a passage need.
FULL = Stage(float("inf"), 60, (2, 3), 0.0, EARLY)
STAGES = [Stage(15000, 12, (1, 2), 0.0, EARLY), Stage(17000, 30, (1, 2, 3), 0.0, EARLY), Stage(26300, 30, (1, 2), 0.3, EARLY),
          Stage(float("inf"), 60, (1, 2), 0.0, LATE)]

# The second training: the same kinds again, and those of the later tasks.
SECOND: Mix = {
    knowledge.profile: 10, knowledge.fact_list: 2, knowledge.questions: 18, knowledge.reading: 10, knowledge.reading_strangers: 12,
    stories.pages: 5, stories.summarized: 8,
    arithmetic.problems: 11, drill: 2,
    labels.sentiments: 2, labels.topics: 3, labels.prose: 1,
    passages.reading: 4, passages.repeated: 1, passages.retelling: 2,
    talk.dialogue: 1, talk.summary: 3, talk.entities: 3, talk.chat: 5,
    replies.dialogue: 10, tagging.sentences: 8,
}
SECOND_STAGES = [Stage(float("inf"), 60, (1, 2), 0.05, SECOND)]


def documents(world: World, seed: int, stages: Sequence[Stage] = STAGES) -> Iterator[str]:
    rng = random.Random(seed)
    number = 0
    for stage in stages:
        part = replace(world, people=world.people[: stage.people], passage_sizes=stage.passage_sizes)
        makers, shares = list(stage.mix), list(stage.mix.values())
        while number < stage.until:
            if stage.lists and rng.random() < stage.lists:
                yield passages.word_list(part, rng)
            else:
                yield rng.choices(makers, shares)[0](part, rng)
            number += 1

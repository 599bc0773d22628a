"""The training text: an endless, seeded stream of documents in fixed proportions."""
from __future__ import annotations

import random
from collections.abc import Iterator

import arithmetic
import knowledge
import labels
import passages
import stories
import talk
from world import World

# Kind of document: share of the documents.
MIX = {
    knowledge.profile: 12, knowledge.fact_list: 8, knowledge.questions: 18,
    stories.pages: 9,
    arithmetic.problems: 16, lambda world, rng: arithmetic.drill(rng): 8,
    labels.sentiments: 5, labels.topics: 4, labels.prose: 2,
    passages.reading: 16,
    talk.dialogue: 2, talk.summary: 2, talk.entities: 2, talk.chat: 9,
}


def documents(world: World, seed: int) -> Iterator[str]:
    rng = random.Random(seed)
    makers, shares = list(MIX), list(MIX.values())
    while True:
        yield rng.choices(makers, shares)[0](world, rng)

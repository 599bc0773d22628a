"""Checks of conformance.py for models whose tokens can be drawn."""
from conformance_client import Wrong, expect
from conformance_generation import same
from conformance_session import NEW_TOKENS, TEXTS

PLAIN = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0}
CUT = {"temperature": 0.9, "top_k": 20, "top_p": 0.95, "min_p": 0.02}
FLAT = {**PLAIN, "temperature": 1e6}
SEEDS = (0, 1, 2, (1 << 53) - 1)


def drawn(session, requests, sampling, count=NEW_TOKENS):
    return [one["told"] for one in session.generated(requests, count, sampling=sampling)]


def sample(session):
    """Draws begin anew with each request."""
    session.needs("generate", "sample")
    for sampling in (PLAIN, CUT):
        first = drawn(session, [{"prompt": TEXTS[0], "seed": 7}], sampling)
        drawn(session, [{"prompt": TEXTS[1], "seed": 8}], sampling)
        again = drawn(session, [{"prompt": TEXTS[0], "seed": 7}], sampling)
        expect(first == again, "a request with its seed, asked twice, should give the same", [first, again])


def sample_streams(session):
    """Beside another request, at either place; where precision is low, noise of the logits may change some draws."""
    session.needs("generate", "sample")
    neighbour, differ = {"prompt": "A dog", "seed": 5}, []
    for number, seed in enumerate(SEEDS):
        request, place = {"prompt": TEXTS[0], "seed": seed}, number % 2
        alone = drawn(session, [request], CUT, 4)[0]
        beside = drawn(session, [neighbour, request] if place else [request, neighbour], CUT, 4)[place]
        if alone != beside:
            differ.append([alone, beside])
    expect(len(differ) <= (0 if session.tolerance <= 1e-3 else len(SEEDS) // 2), "a request alone and beside another should give the same", differ)


def sample_seeds(session):
    session.needs("generate", "sample")
    made = [drawn(session, [{"prompt": TEXTS[0], "seed": seed}], FLAT)[0] for seed in SEEDS]
    expect(any(one != made[0] for one in made), "where all tokens are about as probable, other seeds should give others", made)


def sample_of_greedy(session):
    session.needs("generate", "sample")
    greedy = session.generated([{"prompt": TEXTS[0]}])[0]
    for changed in ({"temperature": 1e-6}, {"top_k": 1}, {"top_p": 0}, {"min_p": 1}):
        made = session.generated([{"prompt": TEXTS[0], "seed": 3}], sampling={**PLAIN, **changed})[0]
        same(greedy, made, f"greedy and {changed}")
        if made["told"] == greedy["told"]:
            session.near(made["smallest_top2_gap"], greedy["smallest_top2_gap"], "the smallest gap of two logits, greedy and drawn")


def sample_refusals(session):
    session.needs("generate", "sample")
    one = {"prompt": TEXTS[0], "seed": 1}
    wrong = [{**PLAIN, name: value} for name, value in (("temperature", 0), ("temperature", -1), ("temperature", "1"), ("temperature", None), ("top_k", -1),
                                                        ("top_k", 1.5), ("top_p", 1.5), ("top_p", -0.1), ("min_p", 1.5), ("min_p", True))]
    for sampling in ("text", [], {}, *wrong):
        refused(session, [one], sampling)
    for seed in (None, -1, 1 << 53, 0.5, "1", True):
        refused(session, [{**one, "seed": seed}], PLAIN)


def refused(session, requests, sampling):
    answer = session.generate(requests, sampling=sampling)
    if answer.error is None:
        raise Wrong(f"no error for the requests {requests} with the sampling {sampling}")
    answer.refused()


CHECKS = [sample, sample_streams, sample_seeds, sample_of_greedy, sample_refusals]

"""Checks of conformance.py for models that give the logits of a sequence, piece by piece."""
import base64
import math
import struct

from conformance_client import Wrong, expect
from conformance_session import CONTEXT, TEXTS, Skip

LENGTH = 12  # of the sequence that is computed again and again


def extended(session, tokens, restart, **members):
    """The logits of each token, after checks of their form; None where none are asked for."""
    made = session.ask("extend", tokens=tokens, restart=restart, **members).good()
    if not members.get("logits"):
        expect("logits" not in made, "logits that were not asked for", list(made))
        return None
    text, width = made.get("logits"), session.facts["vocabulary"]
    expect(isinstance(text, str), "`logits` should be a text", made)
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Wrong(f"`logits` should be base64: {error}") from None
    expect(len(data) == 4 * width * len(tokens), f"`logits` should have 4 bytes for each of {len(tokens)} x {width} numbers, it has", len(data))
    rows = [struct.unpack_from(f"<{width}f", data, 4 * width * place) for place in range(len(tokens))]
    for place, row in enumerate(rows):
        expect(all(map(math.isfinite, row)), "logits should be finite; those are not of token", place)
    return rows


def the_sequence(session):
    return [token for text in TEXTS for token in session.tokens(text)][:LENGTH]


def near_rows(session, rows, others, what):
    """Equal up to noise, which grows with the largest logit."""
    bound = session.tolerance / 10 if session.tolerance <= 1e-3 else session.tolerance
    bound *= max(1, max(max(max(row), -min(row)) for row in rows))
    furthest = max(abs(one - other) for left, right in zip(rows, others) for one, other in zip(left, right))
    expect(furthest <= bound, f"{what} should be equal within {bound:g}, they differ by", furthest)


def extend(session):
    session.needs("logits")
    tokens = the_sequence(session)
    rows = extended(session, tokens, True, logits=True)
    expect(any(row != rows[0] for row in rows), "different places should have different logits", rows[0][:5])
    near_rows(session, rows, extended(session, tokens, True, logits=True), "the logits of a sequence that is begun again")


def extend_in_pieces(session):
    session.needs("logits")
    tokens = the_sequence(session)
    rows = extended(session, tokens, True, logits=True)
    extended(session, tokens[:4], True)
    pieces = extended(session, tokens[4:5], False, logits=True)
    extended(session, tokens[5:7], False, logits=False)
    pieces += extended(session, tokens[7:], False, logits=True)
    near_rows(session, rows[4:5] + rows[7:], pieces, "logits at once and in pieces")


def extend_of_greedy(session):
    session.needs("logits", "generate")
    made = session.generated([{"prompt": TEXTS[0][:12]}], 4)[0]
    if made["smallest_top2_gap"] < session.tolerance:
        raise Skip("two logits are so close that either may be called the largest")
    prompt, told = made["prompt_tokens"], made["told"]
    if len(prompt) > 1:
        extended(session, prompt[:-1], True)
    rows = extended(session, prompt[-1:] + told[:-1], len(prompt) == 1, logits=True)
    best = [row.index(max(row)) for row in rows]
    expect(best == told, "the tokens of the largest logits should be those that are generated", [best, told])


def extend_of_loglikelihood(session):
    session.needs("logits", "loglikelihood")
    tokens = the_sequence(session)
    context, continuation = tokens[:5], tokens[5:]
    score = session.scores((context, continuation))[0][0]
    extended(session, context[:-1], True)
    rows = extended(session, tokens[4:-1], False, logits=True)
    total = sum(log_probability(row, token) for row, token in zip(rows, continuation))
    session.near(total, score, "the log-likelihood and that of the logits", len(continuation))


def log_probability(row, token):
    largest = max(row)
    return row[token] - largest - math.log(math.fsum(math.exp(one - largest) for one in row))


def extend_ends(session):
    """`memory`, `tokenize` and `detokenize` leave the sequence as it is, what is refused as well; other requests end it."""
    session.needs("logits")
    tokens = the_sequence(session)
    rows = extended(session, tokens, True, logits=True)
    extended(session, tokens[:4], True)
    session.ask("memory").good()
    session.ask("detokenize", tokens=[session.tokens(TEXTS[1])]).good()
    session.ask("extend", tokens=[], restart=False).refused()
    near_rows(session, rows[4:], extended(session, tokens[4:], False, logits=True), "logits before and after other requests")
    for do, members in (("hello", {"protocol": 1}), *((one, {"requests": [], "max_new_tokens": 1}) for one in ("generate", "loglikelihood"))):
        extended(session, tokens[:4], True)
        session.ask(do, **members)
        session.ask("extend", tokens=tokens[4:5], restart=False).refused()


def extend_refusals(session):
    session.needs("logits")
    token = the_sequence(session)[0]
    for members in ({"tokens": []}, {"tokens": "text"}, {"tokens": [session.facts["vocabulary"]]}, {"tokens": [-1]}, {"tokens": [token] * 33, "logits": True},
                    {"tokens": [token] * 513}, {"tokens": [token] * (CONTEXT + 1)}, {"tokens": [token], "restart": "yes"}, {"tokens": [token], "restart": None},
                    {"tokens": [token], "logits": 1}):
        answer = session.ask("extend", **{"restart": True, **members})
        if answer.error is None:
            raise Wrong(f"no error for {str(members)[:100]}")
        answer.refused()
    whole = session.longest()
    extended(session, [token] * whole, True)
    session.ask("extend", tokens=[token], restart=False).refused()


CHECKS = [extend, extend_in_pieces, extend_of_greedy, extend_of_loglikelihood, extend_ends, extend_refusals]

"""Checks of conformance.py for models that generate, and for log-likelihoods."""
from conformance_client import Wrong, expect
from conformance_session import CLOSE, CONTEXT, NEW_TOKENS, STREAMS, TEXTS, Skip


def generate(session):
    session.needs("generate")
    made = session.generated([{"prompt": TEXTS[0]}])[0]
    expect(len(made["told"]) == NEW_TOKENS and made["finish"] == "length", f"{NEW_TOKENS} tokens, ended by their number", made)
    wanted = session.tokens(TEXTS[0])
    if session.facts.get("adds_bos"):
        wanted = [session.facts["bos"], *wanted]
    expect(made["prompt_tokens"] == wanted, f"`prompt_tokens` should be those of the prompt, {wanted}", made["prompt_tokens"])


def generate_one_token(session):
    session.needs("generate")
    made = session.generated([{"prompt": TEXTS[1]}], 1)[0]
    more = session.generated([{"prompt": TEXTS[1]}], 3)[0]
    expect(made["told"] == more["told"][:1], "the first of three tokens should be the one of one", [made, more])


def generate_from_tokens(session):
    session.needs("generate")
    made = session.generated([{"prompt": TEXTS[0]}])[0]
    again = session.generated([{"tokens": made["prompt_tokens"]}])[0]
    same(made, again, "a prompt's text and its tokens")


def generate_stop(session):
    session.needs("generate")
    whole = session.generated([{"prompt": TEXTS[1]}])[0]
    stop = whole["text"][len(whole["text"]) // 3:][:3].strip() or whole["text"].strip()[:1]
    if not stop or "\ufffd" in stop:
        raise Skip("what the model generates is no text to stop at")
    made = session.generated([{"prompt": TEXTS[1]}], stop=["no such text", stop])[0]
    expect(made["finish"] == "stop" and stop in made["text"], f"a request should end when its text holds {stop!r}", made)
    expect(made["told"] == whole["told"][:len(made["told"])], "the tokens up to a stop string should be those without it", [whole, made])
    before = session.ask("detokenize", tokens=[made["told"][:-1]]).good()["texts"][0]
    expect(stop not in before, f"a request should end with the token that completes {stop!r}", made)


def generate_eos(session):
    """Looks for a prompt after which the model ends by itself, then has it ignore that."""
    session.needs("generate")
    ended = None
    for text in [*TEXTS, "a", "b", "c", "d", "e", "f", "g"]:
        count = min(48, session.longest() - len(session.tokens(text)) - 1)
        made = session.generated([{"prompt": text}], count, ignore_eos=False)[0]
        expect("eos" not in session.facts or session.facts["eos"] not in made["told"], "the end of the sequence should not be told", made)
        if made["finish"] == "stop":
            ended = text, made, count
            break
    if ended is None:
        raise Skip("the model did not end by itself after any of the prompts")
    more = session.generated([{"prompt": ended[0]}], ended[2])[0]
    expect(len(more["told"]) == ended[2], "with `ignore_eos`, all tokens should come", more)
    expect(more["told"][:len(ended[1]["told"])] == ended[1]["told"], "`ignore_eos` should not change what comes before", [ended[1], more])


def generate_streams(session):
    session.needs("generate")
    requests = [{"prompt": TEXTS[0]}, {"prompt": "A dog"}]
    together = session.generated(requests)
    for one, request in zip(together, requests):
        same(session.generated([request])[0], one, "a request alone and beside another")
    session.generate(requests + [{"prompt": TEXTS[1]}] * (STREAMS - 1)).refused()


def same(one, other, what):
    """The same tokens, but where two logits are so close that another order of sums may choose the other one."""
    close = min(one["smallest_top2_gap"], other["smallest_top2_gap"]) < CLOSE
    expect(close or (one["told"] == other["told"] and one["prompt_tokens"] == other["prompt_tokens"]), f"{what} should give the same", [one, other])


def generate_refusals(session):
    session.needs("generate")
    for request in ({}, {"prompt": TEXTS[0], "tokens": [1]}, {"tokens": []}, {"tokens": [session.facts["vocabulary"]]}):
        session.generate([request]).refused()
    session.generate([{"prompt": TEXTS[0]}], 0).refused()
    session.generate([{"tokens": [1] * (CONTEXT + 1)}]).refused()
    expect(session.generate([]).good().get("answers") == [], "no requests should give no answers", None)


def loglikelihood(session):
    session.needs("loglikelihood")
    first, second, third = (session.tokens(one) for one in TEXTS)
    pairs = [(first, second[:4]), (second, third), (third[:1], first[:1]), (first, second[:4])]
    together = session.scores(*pairs)
    for one, pair in zip(together, pairs):
        alone = session.scores(pair)[0]
        session.near(one[0], alone[0], "a log-likelihood alone and among others", len(pair[1]))
    expect(together[0][0] != together[1][0], "different requests should have different log-likelihoods", together)


def loglikelihood_adds_up(session):
    session.needs("loglikelihood")
    context, begin, end = session.tokens(TEXTS[0]), session.tokens(TEXTS[1])[:5], session.tokens(TEXTS[2])[:3]
    whole = session.scores((context, begin + end))[0]
    parts = session.scores((context, begin), (context + begin, end))
    session.near(whole[0], parts[0][0] + parts[1][0], "the log-likelihood of a whole and the sum of its parts", len(begin + end))


def loglikelihood_of_greedy(session):
    session.needs("loglikelihood", "generate")
    made = session.generated([{"prompt": TEXTS[0]}])[0]
    if made["smallest_top2_gap"] < session.tolerance:
        raise Skip("two logits are so close that either may be called the largest")
    context, told = made["prompt_tokens"], made["told"]
    best, *others = session.scores((context, told), (context, told[:-1] + [other_than(told[-1])]), (context, [other_than(told[0])] + told[1:]))
    expect(best[1] is True, "generated tokens should be called greedy", best)
    expect(not any(one[1] for one in others), "other tokens should not be called greedy", others)
    expect(best[0] > others[0][0], "a last token that was not chosen should be less probable", [best, others[0]])


def other_than(token):
    return token - 1 if token > 0 else token + 1


def loglikelihood_refusals(session):
    session.needs("loglikelihood")
    ids = session.tokens(TEXTS[0])
    for context, continuation in (([], ids), (ids, []), (ids, [session.facts["vocabulary"]]), ([1] * CONTEXT, [1, 1])):
        answer = session.ask("loglikelihood", requests=[{"context": context, "continuation": continuation}])
        if answer.error is None:
            raise Wrong(f"no error for {len(context)} and {len(continuation)} tokens, but {answer.ok}")
        answer.refused()


CHECKS = [generate, generate_one_token, generate_from_tokens, generate_stop, generate_eos, generate_streams, generate_refusals,
          loglikelihood, loglikelihood_adds_up, loglikelihood_of_greedy, loglikelihood_refusals]

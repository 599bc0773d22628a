"""A session of conformance.py with an engine program: what is asked again and again, and what every answer must keep to."""
import math

from conformance_client import Client, Wrong, expect, is_int, is_number, rows, shown

ABILITIES = ("generate", "loglikelihood", "embed", "classify", "tag", "sample", "logits")
TEXTS = ["The quick brown fox jumps over the lazy dog", "Once upon a time there was a small boat", "Paris is the capital of France, and Rome that of"]
NEW_TOKENS, STREAMS, CONTEXT = 12, 2, 256
CLOSE = 0.05  # a gap of two logits below which another order of sums may choose the other token


class Skip(Exception):
    """This check does not apply."""


class Session:
    """The program under check with its model, started anew when it broke off."""

    def __init__(self, options):
        self.options, self.client, self.facts, self.hello, self.starts = options, None, None, None, 0
        self.precision, self.tolerance = options.precision, options.tolerance

    def start(self):
        self.starts += 1
        self.client = Client(self.options.command, self.options.timeout)

    def stop(self):
        if self.client:
            self.client.kill()
        self.client = None

    def ask(self, do, **members):
        return self.client.ask(do, **members)

    def load(self, **changed):
        members = {"model": self.options.model, "precision": self.precision, "threads": self.options.threads, "context": CONTEXT, "streams": STREAMS}
        return self.ask("load", **{**members, **changed})

    def ready(self):
        """Starts and loads again after a break; Broken where even that does not work."""
        if self.client is None:
            self.start()
            self.ask("hello", protocol=1).good()
            self.facts = self.load().good()

    def needs(self, *abilities):
        able = self.facts.get("abilities", [])
        for one in abilities:
            if one not in able:
                raise Skip(f"this model has not the ability {one}")

    def longest(self):
        return min(CONTEXT, self.facts.get("request_tokens", CONTEXT))

    def tokens(self, text, **members):
        return rows(self.ask("tokenize", texts=[text], special=False, **members), "tokens", 1)[0]

    def generate(self, requests, count=NEW_TOKENS, **members):
        members = {"ignore_eos": True, "stop": [], "special": False, **members}
        return self.ask("generate", requests=requests, max_new_tokens=count, **members)

    def generated(self, requests, count=NEW_TOKENS, **members):
        """The answers, each with its told tokens in `told`, after checks of all that every generation must keep to."""
        answer = self.generate(requests, count, **members)
        made = rows(answer, "answers", len(requests))
        told = told_tokens(answer.events, len(requests), self.facts["vocabulary"])
        for number, one in enumerate(made):
            check_answer(one, told[number], count, members.get("ignore_eos", True))
            one["told"] = told[number]
        texts = rows(self.ask("detokenize", tokens=told), "texts", len(made))
        for one, text in zip(made, texts):
            expect(one["text"] == text, f"`text` should be that of the told tokens, {shown(text)}", one["text"])
        return made

    def scores(self, *pairs):
        requests = [{"context": context, "continuation": continuation} for context, continuation in pairs]
        made = rows(self.ask("loglikelihood", requests=requests), "scores", len(pairs))
        for one in made:
            form = isinstance(one, list) and len(one) == 2 and is_number(one[0]) and isinstance(one[1], bool)
            expect(form, "a score should be [number, true or false]", one)
            expect(one[0] <= 1e-6, "a log-likelihood is at most 0", one)
        return made

    def near(self, one, other, what, count=1):
        """Equal up to the noise of other orders of sums, over so many tokens."""
        bound = self.tolerance * (1 if self.tolerance <= 1e-3 else math.sqrt(count))
        expect(abs(one - other) <= bound, f"{what} should be equal within {bound:g}", [one, other])


def told_tokens(events, count, vocabulary):
    """The tokens of each request; Wrong where the events are not in order."""
    begun, told = set(), [[] for _ in range(count)]
    for event in events:
        request = event.get("request")
        expect(is_int(request) and 0 <= request < count, "an event of a request that was not asked", event)
        if event["event"] == "prefilled":
            expect(request not in begun, "`prefilled` came twice, or after a token", event)
            begun.add(request)
        else:
            expect(request in begun, "a token came before `prefilled`", event)
            expect(is_int(event.get("token")) and 0 <= event["token"] < vocabulary, "a token that is no id of the vocabulary", event)
            told[request].append(event["token"])
    expect(len(begun) == count, f"`prefilled` should come for {count} requests, it came for", sorted(begun))
    return told


def check_answer(one, told, count, ignore_eos):
    expect(isinstance(one, dict), "an answer should be an object", one)
    prompt, gap = one.get("prompt_tokens"), one.get("smallest_top2_gap")
    expect(isinstance(prompt, list) and prompt and all(is_int(token) for token in prompt), "`prompt_tokens` should be ids", one)
    expect(isinstance(one.get("text"), str), "`text` should be a text", one)
    expect(one.get("finish") in ("stop", "length"), "`finish` should be stop or length", one)
    expect(is_number(gap) and gap >= 0, "`smallest_top2_gap` should be a number from 0 on", one)
    expect(len(told) <= count, f"at most {count} tokens were asked for, so many were told", len(told))
    if one["finish"] == "length":
        expect(len(told) == count, f"`finish` is length, so {count} tokens should be told", len(told))
    elif ignore_eos:
        expect(told, "a request that ends at a stop string has told tokens", one)

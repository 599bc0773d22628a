#!/usr/bin/env python3
"""A toy engine program whose answers are known by hand, and which can misbehave: for tests of what asks it.

A token is a byte (0-255), eos is 256, bos 257, the vocabulary 258. A model is a folder with a file toy.json, an object with
any of: labels (["negative", "positive"]), abilities (all), adds_bos (true), context (2048), chat_template, shift (0).
An adapter is a folder with a toy.json as well; its shift is added to the model's.

The favourite after a sequence whose last token is `last`, of `count` tokens in all, with x = (5 last + 3 count + 11 + shift) mod 96:
token 32 + x, or eos where x is 95. Its logit is 4. That of the next id ((favourite + 1) mod 258) is 2 + (count mod 4) / 4; all others
are 0. So a favourite has the log-likelihood 4 - log(e^4 + e^second + 256), and the gap of the two best is 2 - (count mod 4) / 4.
"ab" with bos is 257 97 98; count 3, x = (490 + 9 + 11) mod 96 = 30: the next is 62, ">".
Logits after a sequence are those of this rule. A drawn token comes from Python's generator that begins at the seed of its request.
The number k of a label is ((S + 5 k) mod 7) - 3, with S the sum of the tokens (classify), or the token (tag).
The vector of a sequence is the mean of its tokens' ones: at i, of 8, ((token (i + 1)) mod 17) / 17.

The environment variable BANTAM_TOY holds misbehaviours with commas between:
  crash_at_load, crash_in_generate   says "toy: out of luck" on standard error and ends: with status 3, by SIGABRT after two tokens
  hang, hang_at_load                 sleeps for ever: after `prefilled`, in `load` (without use of the CPU)
  busy_load_s=N                      uses the CPU for N seconds in `load`, then goes on
  rubbish, flood, bad_utf8           the answer to `generate` is no JSON, a line without end, JSON with a byte that is no UTF-8
  wrong_id, silent                   the answer to `generate` has another id, does not come
  rubbish=DO, flood=DO, ...          the same for another request
  old_protocol                       `hello` answers version 0
  no_prefilled, late_prefilled       without that event; after the first token
  too_many_tokens, too_few_tokens    one token event more, one less than asked for (but at least one)
  late_token                         a token's event after the answer
  nan                                log-likelihoods, logits and vectors are NaN
  positive, not_greedy               log-likelihoods above 0; the favourites are not called greedy
  fewer                              one answer less than was asked for
  ignores_stop, ends_at_eos          goes on after a stop string; ends at eos although `ignore_eos`
  mixed_streams, mixed_draws         what a stream generates, or draws, depends on how many there are
  same_draws, careless_draws         draws do not depend on the seed; do not begin anew with each request
  any_temperature                    draws as if the temperature were 1
  forgets, never_ends                `extend` always begins a sequence; continues one although another request came
  halved_logits, shifted_logits      `extend` gives half of each logit, that of the id before
  slow_token_ms=N                    waits before each token
  deaf                               goes on when standard input has ended
  fails_at=DO                        answers this request with an error
"""
import json
import math
import os
import random
import signal
import struct
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "engines"))
import generation  # noqa: E402
import protocol  # noqa: E402

EOS, BOS, VOCABULARY = 256, 257, 258
TOY = dict(one.partition("=")[::2] for one in os.environ.get("BANTAM_TOY", "").split(",") if one)
BY_REQUEST = ("rubbish", "flood", "bad_utf8", "wrong_id", "silent")
CARELESS = random.Random(1)


def out_of_luck():
    print("toy: out of luck", file=sys.stderr, flush=True)


def sleep_for_ever():
    while True:
        time.sleep(3600)


def favourite(last, count, shift=0):
    place = (5 * last + 3 * count + 11 + shift) % 96
    return EOS if place == 95 else 32 + place


def second_logit(count):
    return 2 + (count % 4) / 4


def logits_after(last, count, shift=0):
    made, best = [0.0] * VOCABULARY, favourite(last, count, shift)
    made[best], made[(best + 1) % VOCABULARY] = 4.0, second_logit(count)
    return made


def log_probability(token, last, count, shift=0):
    return logits_after(last, count, shift)[token] - math.log(math.exp(4) + math.exp(second_logit(count)) + VOCABULARY - 2)


def number(value):
    return math.nan if "nan" in TOY else value


class ToyDraw:
    def __init__(self, sampling, seed):
        self.sampling = sampling
        self.random = CARELESS if "careless_draws" in TOY else random.Random(0 if "same_draws" in TOY else seed)

    def token(self, logits):
        temperature = 1 if "any_temperature" in TOY else self.sampling.temperature
        ids = sorted(range(VOCABULARY), key=lambda token: -logits[token])[:self.sampling.top_k or VOCABULARY]
        weights = [math.exp((logits[token] - logits[ids[0]]) / temperature) for token in ids]
        total, above, left = sum(weights), 0, []
        for weight in weights:
            if left and (above >= self.sampling.top_p * total or weight < self.sampling.min_p):
                break
            left.append(weight)
            above += weight
        return self.random.choices(ids[:len(left)], left)[0]


class ToyStream(generation.Stream):
    drawing = ToyDraw

    def holds_stop(self):
        return "ignores_stop" not in TOY and super().holds_stop()

    def take(self, token, gap):
        if "slow_token_ms" in TOY:
            time.sleep(float(TOY["slow_token_ms"]) / 1000)
        if token == EOS and "ends_at_eos" in TOY:
            self.finish = "stop"
            return False
        return super().take(token, gap)


class ToyModel(protocol.Model):
    ends, specials = {EOS}, {EOS, BOS}

    def __init__(self, options):
        settings = read_settings(options.model)
        self.options, self.labels = options, settings.get("labels", ["negative", "positive"])
        self.shift = settings.get("shift", 0)
        if options.adapter:
            self.shift += read_settings(options.adapter["path"]).get("shift", 0)
        self.abilities = settings.get("abilities", list(protocol.ABILITIES))
        self.adds_bos, self.longest = settings.get("adds_bos", True), settings.get("context", 2048)
        self.facts = {"architecture": "toy", "parameters": VOCABULARY, "weight_bytes": 4 * VOCABULARY, "vocabulary": VOCABULARY,
                      "context_train": self.longest, "request_tokens": self.longest, "bos": BOS, "eos": EOS, "bos_text": "<bos>", "eos_text": "<eos>",
                      "adds_bos": self.adds_bos, "labels": self.labels,
                      "details": {"toy": True, "threads": options.threads, "precision": options.precision}}
        if "chat_template" in settings:
            self.facts["chat_template"] = settings["chat_template"]

    def tokenize(self, texts, special, wrap):
        made = [self.cut(one, special) for one in texts]
        return [[BOS, *one, EOS] for one in made] if wrap else made

    @staticmethod
    def cut(text, special):
        if not special:
            return list(text.encode())
        joined = text.encode().replace(b"<bos>", b"\xff\x01").replace(b"<eos>", b"\xff\x00")  # 0xff is in no UTF-8
        ids, data = [], iter(joined)
        for byte in data:
            ids.append(byte if byte != 0xFF else BOS if next(data) else EOS)
        return ids

    def detokenize(self, tokens):
        return [bytes(one for one in ids if one < 256).decode(errors="replace") for ids in tokens]

    def loglikelihood(self, pairs):
        scores = [self.score(*one) for one in pairs]
        return scores[1:] if "fewer" in TOY else scores

    def score(self, context, continuation):
        total, greedy, last, count = 0.0, True, context[-1], len(context)
        for token in continuation:
            total += log_probability(token, last, count, self.shift)
            greedy = greedy and token == favourite(last, count, self.shift)
            last, count = token, count + 1
        return [number(-total if "positive" in TOY else total), greedy and "not_greedy" not in TOY]

    def generate(self, prompts, options, events):
        change = {"too_many_tokens": 1, "too_few_tokens": -1}
        options.max_new_tokens = max(1, options.max_new_tokens + sum(by for name, by in change.items() if name in TOY))
        if options.sampling and "mixed_draws" in TOY:
            options.seeds = [seed + len(prompts) for seed in options.seeds]
        streams = [ToyStream(place, one, options, events, self) for place, one in enumerate(prompts)]
        for one in streams:
            if not {"no_prefilled", "late_prefilled"} & set(TOY):
                events.prefilled(one.number)
        if "hang" in TOY:
            sleep_for_ever()
        going = [one for one in streams if one.finish is None]
        while going:
            going = [one for one in going if self.step(one, len(streams))]
        answers = [one.answer() for one in streams]
        return answers[1:] if "fewer" in TOY else answers

    def step(self, stream, streams):
        sequence = stream.prompt + stream.tokens
        shift = self.shift + (streams if "mixed_streams" in TOY else 0)
        logits = logits_after(sequence[-1], len(sequence), shift)
        going = stream.take(stream.draw.token(logits) if stream.draw else logits.index(4), 4 - second_logit(len(sequence)))
        if "late_prefilled" in TOY and len(stream.tokens) == 1:
            stream.events.prefilled(stream.number)
        if "crash_in_generate" in TOY and len(stream.tokens) >= 2:
            out_of_luck()
            os.kill(os.getpid(), signal.SIGABRT)
        return going

    def extend(self, tokens, restart, logits):
        self.sequence = ([] if restart or "forgets" in TOY else self.sequence) + tokens
        begin = len(self.sequence) - len(tokens)
        rows = [logits_after(token, begin + place + 1, self.shift) for place, token in enumerate(tokens)] if logits else []
        if "shifted_logits" in TOY:
            rows = [row[-1:] + row[:-1] for row in rows]
        values = [number(one / 2 if "halved_logits" in TOY else one) for row in rows for one in row]
        return struct.pack(f"<{len(values)}f", *values)

    def embed(self, sequences):
        return [[number(sum((token * i) % 17 / 17 for token in ids) / len(ids)) for i in range(1, 9)] for ids in sequences]

    def label_numbers(self, of):
        return [number((of + 5 * k) % 7 - 3) for k in range(len(self.labels))]

    def classify(self, sequences):
        return [self.label_numbers(sum(ids)) for ids in sequences]

    def tag(self, sequences):
        return [[self.label_numbers(token) for token in ids] for ids in sequences]

    def memory(self):
        return {"weights_bytes": 4 * VOCABULARY, "kv_bytes": self.options.streams * self.options.context}


def read_settings(folder):
    path = Path(folder) / "toy.json"
    if not path.is_file():
        raise protocol.BadInput(f"{folder}: no toy.json is in it, so it is no toy model")
    return json.loads(path.read_text())


class Toy(protocol.Program):
    name, version = "toy", "1.0"

    def precisions(self):
        return ["native", "fp32"]

    def packages(self):
        return {"toy": "1.0"}

    def load(self, options):
        if "crash_at_load" in TOY:
            out_of_luck()
            os._exit(3)
        if "hang_at_load" in TOY:
            sleep_for_ever()
        until = time.process_time() + float(TOY.get("busy_load_s", 0))
        while time.process_time() < until:
            pass
        return ToyModel(options)


class ToyOutput(protocol.Output):
    """Answers that break the protocol where BANTAM_TOY says so; `name` is that of the request."""

    name = None

    def answer(self, number, member, value):
        chosen = {one for one in BY_REQUEST if one in TOY and (TOY[one] or "generate") == self.name}
        if self.name == "hello" and member == "ok" and "old_protocol" in TOY:
            value["protocol"] = 0
        if "wrong_id" in chosen:
            number += 1
        if "silent" in chosen:
            return
        if "rubbish" in chosen:
            self.write(b"Loading checkpoint shards: 100%\n")
        elif "flood" in chosen:
            while True:
                self.write(b"[" * 65536)
        elif "bad_utf8" in chosen:
            self.write(json.dumps({"id": number, member: value, "more": "?"}).replace("?", "\udcff").encode(errors="surrogateescape") + b"\n")
        elif "nan" in TOY:
            self.write(json.dumps({"id": number, member: value}).encode() + b"\n")
        else:
            super().answer(number, member, value)
        if self.name == "generate" and "late_token" in TOY:
            self.write(b'{"id": %d, "event": "token", "request": 0, "token": 65}\n' % number)


class ToyServer(protocol.Server):
    def dispatch(self, number, request):
        self.output.name = request.get("do")
        if TOY.get("fails_at", "") == self.output.name:
            raise protocol.Failed("toy: this request fails")
        return super().dispatch(number, request)

    def end_sequence(self):
        if "never_ends" not in TOY:
            super().end_sequence()


if __name__ == "__main__":
    status = protocol.serve(Toy(), ToyOutput(), ToyServer)
    if "deaf" in TOY:
        sleep_for_ever()
    sys.exit(status)

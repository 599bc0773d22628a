"""The loop of an engine program: requests on standard input, answers and events on standard output (docs/engines.md).

A program defines what it is (`Program`) and what a loaded model does (`Model`), and calls `serve`. Requests are checked
here: what a model gets is well-formed, within its vocabulary and short enough.
"""
import base64
import json
import os
import signal
import sys
import traceback
from importlib import metadata

from request_values import BadInput, Failed, Options, checked_ids, checked_sampling, checked_seed, checked_text, member, positive

PROTOCOL = 1
LONGEST_LINE = 64 << 20
LONGEST_MESSAGE = 2000
ABILITIES = ("generate", "loglikelihood", "embed", "classify", "tag", "sample", "logits")
MOST_EXTENDED, MOST_LOGITS = 512, 32  # tokens of one `extend`, and of one that asks for logits


def installed(names, needed, engine):
    """Versions of those Python packages that are there; Failed where a needed one is not."""
    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            if name in needed:
                raise Failed(f"the Python package {name} is not installed for {sys.executable}: run `bantam engines setup {engine}`") from None
    return found


class Program:
    """What an engine program is before it has a model."""

    name, version, abilities = "", "", ABILITIES

    def precisions(self):
        return ["native"]

    def packages(self):
        return {}

    def load(self, options):
        """A Model. `options` has model, precision, threads, context, streams, adapter ({"path", "merge"} or None)."""
        raise NotImplementedError


class Model:
    """A loaded model. `facts` is the answer to `load`, without abilities; `longest` the tokens of the longest sequence, or None."""

    facts, abilities, longest, adds_bos = {}, (), None, False

    def tokenize(self, texts, special, wrap):
        raise NotImplementedError

    def detokenize(self, tokens):
        raise NotImplementedError

    def loglikelihood(self, pairs):
        """[log-likelihood, is greedy] of each (context, continuation), both lists of ids."""
        raise NotImplementedError

    def generate(self, prompts, options, events):
        """Answers, one a prompt (a list of ids). `options` has max_new_tokens, ignore_eos, stop, sampling (its members, or None for greedy)
        and seeds, one a prompt where tokens are drawn; tells `events` what is there at once."""
        raise NotImplementedError

    def extend(self, tokens, restart, logits):
        """Computes tokens that continue the sequence, or with `restart` begin one; with `logits` the bytes of their logits, else None."""
        raise NotImplementedError

    def end_sequence(self):
        """Frees what `extend` keeps: the next one begins a sequence."""

    def embed(self, sequences):
        raise NotImplementedError

    def classify(self, sequences):
        raise NotImplementedError

    def tag(self, sequences):
        raise NotImplementedError

    def memory(self):
        return {}

    def close(self):
        """Frees what the model holds; another one is loaded next."""


class Output:
    """Lines to the descriptor that was standard output; what libraries print goes to standard error."""

    def __init__(self):
        sys.stdout.flush()
        self.descriptor = os.dup(1)
        os.dup2(2, 1)

    def write(self, data):
        written = os.write(self.descriptor, data)
        while written < len(data):
            data = data[written:]
            written = os.write(self.descriptor, data)

    def answer(self, number, member, value):
        try:
            line = json.dumps({"id": number, member: value}, allow_nan=False).encode() + b"\n"
        except ValueError:
            raise Failed("the model computed a number that is not finite (NaN or infinity): try another precision") from None
        if len(line) > LONGEST_LINE:
            raise Failed(f"the answer has {len(line)} bytes, a line holds {LONGEST_LINE}: ask for fewer sequences at once")
        self.write(line)


class Events:
    """Tells what is there of one `generate`: each event is one write of a line that was formatted before as far as possible."""

    def __init__(self, output, number):
        text = json.dumps(number).replace("%", "%%")
        self.write = output.write
        self.prefilled_line = f'{{"id": {text}, "event": "prefilled", "request": %d}}\n'.encode()
        self.token_line = f'{{"id": {text}, "event": "token", "request": %d, "token": %d}}\n'.encode()

    def prefilled(self, request):
        self.write(self.prefilled_line % request)

    def token(self, request, token):
        self.write(self.token_line % (request, token))


class Server:
    """Answers one request after the other; holds the loaded model."""

    def __init__(self, program, output):
        self.program, self.output, self.model, self.limits = program, output, None, None
        self.extended = None  # tokens of the sequence of `extend`, where there is one

    def handle(self, line):
        """Answers one line, whatever it is."""
        number = None
        try:
            request = parsed(line)
            given = request.get("id")
            if isinstance(given, bool) or not isinstance(given, (int, float)):
                raise BadInput("the request has no member 'id' that is a number")
            number = given
            self.output.answer(number, "ok", self.dispatch(number, request))
        except BrokenPipeError:
            raise
        except BadInput as reason:
            self.error(number, str(reason), bad=True)
        except Failed as reason:
            self.error(number, str(reason))
        except (Exception, SystemExit) as error:
            traceback.print_exc()
            self.error(number, f"{type(error).__name__}: {error}")

    def error(self, number, message, bad=False):
        value = {"message": message[:LONGEST_MESSAGE]}
        if bad:
            value["kind"] = "bad_input"
        self.output.answer(number, "error", value)

    def dispatch(self, number, request):
        name = request.get("do")
        if name not in KEEP_SEQUENCE:
            self.end_sequence()
        if name == "generate":
            return self.generate(request, Events(self.output, number))
        if not isinstance(name, str) or name not in REQUESTS:
            raise BadInput(f"the request {name!r} is not known; known are {', '.join(sorted([*REQUESTS, 'generate']))}")
        return REQUESTS[name](self, request)

    def hello(self, request):
        asked = member(request, "protocol", int)
        if asked != PROTOCOL:
            raise BadInput(f"version {asked} of the protocol was asked for, {self.program.name} speaks version {PROTOCOL}")
        return {"protocol": PROTOCOL, "name": self.program.name, "version": self.program.version, "abilities": list(self.program.abilities),
                "precisions": self.program.precisions(), "packages": self.program.packages()}

    def load(self, request):
        path, precision = checked_text(member(request, "model", str), "the member 'model'"), member(request, "precision", str)
        adapter = member(request, "adapter", dict, {}) or None
        if adapter is not None:
            adapter = {"path": member(adapter, "path", str), "merge": member(adapter, "merge", bool, False)}
        limits = Options(model=path, precision=precision, threads=positive(request, "threads"), context=positive(request, "context"),
                         streams=positive(request, "streams"), adapter=adapter)
        precisions = self.program.precisions()
        if precision not in precisions:
            raise BadInput(f"{self.program.name} cannot load the precision {precision!r} on this machine, only {', '.join(precisions)}")
        for one in [path] + ([adapter["path"]] if adapter else []):
            if not os.path.exists(one):
                raise BadInput(f"{one}: no such file or folder")
        if self.model is not None:
            self.model.close()
            self.model = None
        self.model, self.limits = self.program.load(limits), limits
        return {**self.model.facts, "abilities": list(self.model.abilities)}

    # What needs a model.

    def loaded(self, ability=None):
        if self.model is None:
            raise BadInput("no model is loaded: send `load` first")
        if ability is not None and ability not in self.model.abilities:
            able = ", ".join(self.model.abilities) or "nothing"
            raise BadInput(f"{self.limits.model} has not the ability {ability!r}, only {able}")
        return self.model

    def longest(self):
        own = self.model.longest
        return self.limits.context if own is None else min(own, self.limits.context)

    def ids(self, value, what, empty=False):
        checked_ids(value, self.model.facts["vocabulary"], what)
        if not value and not empty:
            raise BadInput(f"{what} is empty")
        return value

    def fits(self, computed, what):
        if computed > self.longest():
            raise BadInput(f"{what} needs {computed} tokens, {self.longest()} is the longest request: load with a larger context, or ask for less")

    def tokenize(self, request):
        model = self.loaded()
        texts = [checked_text(one, f"text {number}") for number, one in enumerate(member(request, "texts", list))]
        return {"tokens": model.tokenize(texts, member(request, "special", bool, False), member(request, "wrap", bool, False))}

    def detokenize(self, request):
        model = self.loaded()
        tokens = [self.ids(one, f"list {number}", empty=True) for number, one in enumerate(member(request, "tokens", list))]
        return {"texts": model.detokenize(tokens)}

    def loglikelihood(self, request):
        model, pairs = self.loaded("loglikelihood"), []
        for number, one in enumerate(member(request, "requests", list)):
            if not isinstance(one, dict):
                raise BadInput(f"request {number} is no object")
            pair = tuple(self.ids(one.get(part), f"the {part} of request {number}") for part in ("context", "continuation"))
            self.fits(len(pair[0]) + len(pair[1]) - 1, f"request {number}")
            pairs.append(pair)
        return {"scores": model.loglikelihood(pairs) if pairs else []}

    def generate(self, request, events):
        model, asked = self.loaded("generate"), member(request, "requests", list)
        if len(asked) > self.limits.streams:
            raise BadInput(f"{len(asked)} requests at once, the model was loaded for {self.limits.streams}")
        stop = [checked_text(one, "a stop string") for one in member(request, "stop", list, [])]
        if "" in stop:
            raise BadInput("a stop string is empty")
        sampling, seeds = self.sampling(request, asked)
        options = Options(max_new_tokens=positive(request, "max_new_tokens"), ignore_eos=member(request, "ignore_eos", bool, False), stop=stop,
                          sampling=sampling, seeds=seeds)
        special = member(request, "special", bool, False)
        prompts = [self.prompt(number, one, special) for number, one in enumerate(asked)]
        for number, one in enumerate(prompts):
            self.fits(len(one) + options.max_new_tokens - 1, f"request {number}")
        return {"answers": model.generate(prompts, options, events) if prompts else []}

    def sampling(self, request, asked):
        """How tokens are drawn and the seed of each request; None twice where they are not."""
        if request.get("sampling") is None:
            return None, None
        self.loaded("sample")
        sampling = checked_sampling(request["sampling"])
        return sampling, [checked_seed(one.get("seed") if isinstance(one, dict) else None, f"the seed of request {number}")
                          for number, one in enumerate(asked)]

    def prompt(self, number, one, special):
        if not isinstance(one, dict) or (one.get("prompt") is None) == (one.get("tokens") is None):
            raise BadInput(f"request {number} is no object with either 'prompt' or 'tokens'")
        if one.get("tokens") is not None:
            return self.ids(one["tokens"], f"the tokens of request {number}")
        ids = self.model.tokenize([checked_text(one["prompt"], f"the prompt of request {number}")], special, False)[0]
        if self.model.adds_bos:
            ids = [self.model.facts["bos"]] + ids
        return self.ids(ids, f"the prompt of request {number}, in tokens,")

    def extend(self, request):
        model, tokens = self.loaded("logits"), self.ids(member(request, "tokens", list), "the member 'tokens'")
        restart, logits = member(request, "restart", bool), member(request, "logits", bool, False)
        most = MOST_LOGITS if logits else MOST_EXTENDED
        if len(tokens) > most:
            raise BadInput(f"{len(tokens)} tokens at once, {most} are the most {'whose logits can be asked for' if logits else 'that one request takes'}")
        if not restart and self.extended is None:
            raise BadInput("there is no sequence to continue: send 'restart' true")
        count = len(tokens) + (0 if restart else self.extended)
        self.fits(count, "the sequence")
        self.extended = None  # if it fails on the way
        made = model.extend(tokens, restart, logits)
        self.extended = count
        return {"logits": base64.b64encode(made).decode()} if logits else {}

    def end_sequence(self):
        self.extended = None
        if self.model is not None:
            self.model.end_sequence()

    def sequences(self, request, ability):
        self.loaded(ability)
        sequences = [self.ids(one, f"sequence {number}") for number, one in enumerate(member(request, "sequences", list))]
        for number, one in enumerate(sequences):
            self.fits(len(one), f"sequence {number}")
        return sequences

    def of_sequences(self, request, ability, answer):
        sequences = self.sequences(request, ability)
        return {answer: getattr(self.model, ability)(sequences) if sequences else []}

    def memory(self, _request):
        return self.loaded().memory()


REQUESTS = {
    "hello": Server.hello, "load": Server.load, "tokenize": Server.tokenize, "detokenize": Server.detokenize,
    "loglikelihood": Server.loglikelihood, "memory": Server.memory, "extend": Server.extend,
    "embed": lambda server, request: server.of_sequences(request, "embed", "vectors"),
    "classify": lambda server, request: server.of_sequences(request, "classify", "logits"),
    "tag": lambda server, request: server.of_sequences(request, "tag", "logits"),
}
KEEP_SEQUENCE = ("extend", "memory", "tokenize", "detokenize")


def no_constant(text):
    raise ValueError(f"{text} is no JSON")


def parsed(line):
    """The request of a line; BadInput where it is none. None stands for a line that was too long."""
    if line is None:
        raise BadInput(f"a line is longer than {LONGEST_LINE} bytes")
    try:
        request = json.loads(line.decode(), parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"a line is no JSON: {error}") from None
    if not isinstance(request, dict):
        raise BadInput("a line is no JSON object")
    return request


def lines(file):
    """Lines without their ends, None for each that is too long; empty ones are left out."""
    while True:
        line = file.readline(LONGEST_LINE + 1)
        if not line:
            return
        if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = file.readline(1 << 20)
            yield None
        elif line.strip():
            yield line


def serve(program, output=None, server=Server):
    """Until standard input ends. Ctrl-C is left to the program that asks: it closes the pipe, or ends this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answering = server(program, output or Output())
    try:
        for line in lines(sys.stdin.buffer):
            answering.handle(line)
    except BrokenPipeError:
        return 1
    return 0

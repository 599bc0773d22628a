"""Rows for the Python functions of task files (scripts/taskcode_campaign.py): fields are those that the code asks for and misses,
their types are searched for until every function runs."""
import ast
import contextlib
import functools
import inspect
import random
import re
import signal
import time

LETTERS = "ABCDEFGHIJ"
WORDS = ["word", "Text", "école", "straße", "日本語", "العربية", "हिन्दी", "😀", "the", "a", "and", "river", "7", "3.5", "-2", "it's", '"so"',
         "\\frac{1}{2}", "$x^2$", "\n", "\t", "\u00a0", ".", ",", "?", ":", "(A)", "B.", "#### 42", "\\boxed{3}", "[x]", "{y}", "<b>", "None", "yes", "no"]
ANSWERS = ["The answer is {}.", "{}", "answer: {}", "The final answer is ({})", "\\boxed{{{}}}", "#### {}", "<answer>{}</answer>", "{}\n\nmore",
           "```python\n{}\n```", "**{}**", "[{}]", "Final Answer: The final answer is ${}$. I hope it is correct.", "{{\"answer\": \"{}\"}}"]
KINDS = ["text", "text", "text", "word", "int", "letter", "digits", "texts", "member", "constant", "letters", "ints", "literal", "map", "maps", "float",
         "bool", "none_or_text", "lists", "labelled", "number_text", "int_from_1", "sentence", "options", "lettered", "json"]
BY_NAME = [(r"(keys|labels|letters)$", ["letters", "letters", "ints"]),
           (r"(answer|label|gold|target|correct|solution|idx|^a$)", ["letter", "int", "digits", "member", "text", "texts", "number_text", "int_from_1", "constant"]),
           (r"(choices|options|endings|candidates|distractors|mcq|answers|targets|references)", ["texts", "texts", "literal", "labelled", "map", "maps"]),
           (r"(subject|category|domain|type|split|language|lang|config|source|level|task|name)", ["constant", "constant", "word", "text"])]


class Missing(KeyError):
    """A field that a row lacks, with the fields that lead to it."""

    def __init__(self, path, key):
        super().__init__(key)
        self.path, self.key = path, key


class Fields(dict):
    """A row, or a map in it, that says which field was missing and notes which were read."""

    path, read, missed = (), None, []

    def __missing__(self, key):
        error = Missing(self.path, key)
        Fields.missed.append(error)  # templates take the error for an undefined value
        raise error

    def __getitem__(self, key):
        if self.read is not None and isinstance(key, str):
            self.read.append((*self.path, key))
        return super().__getitem__(key)

    def get(self, key, default=None):
        if self.read is not None:
            self.read.append((*self.path, key))
        return super().get(key, default)


class Heard(str):
    """A text that notes what it is compared with."""

    path, heard = (), None

    def __eq__(self, other):
        if self.heard is not None and isinstance(other, str) and not isinstance(other, Heard):
            self.heard.append((self.path, other))
        return str.__eq__(self, other)

    def __ne__(self, other):
        return not self == other

    __hash__ = str.__hash__


def tracked(value, path, read, heard):
    if isinstance(value, str):
        made = Heard(value)
        made.path, made.heard = path, heard
        return made
    if isinstance(value, dict):
        made = Fields({key: tracked(one, (*path, key), read, heard) for key, one in value.items()})
        made.path, made.read = path, read
        return made
    if isinstance(value, list):
        return [tracked(one, (*path, 0), read, heard) for one in value]
    return value


def copied(value):
    if isinstance(value, Fields):
        made = Fields({key: copied(one) for key, one in value.items()})
        made.path, made.read = value.path, value.read
        return made
    if isinstance(value, dict):
        return {key: copied(one) for key, one in value.items()}
    if isinstance(value, Heard):
        return value
    return [copied(one) for one in value] if isinstance(value, list) else value


def track(datasets):
    """Makes the stand-in for `datasets` keep the notes of tracked values."""
    plain = datasets.kinds.plain
    datasets.copied = copied
    datasets.kinds.plain = lambda value: value if isinstance(value, (Fields, Heard)) else plain(value)


class TooLong(BaseException):
    pass


def too_long(*_):
    raise TooLong


@contextlib.contextmanager
def within(seconds):
    """Ends what takes more CPU time, with TooLong."""
    signal.signal(signal.SIGVTALRM, too_long)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def constants_of(functions):
    """Texts, optional fields and names of fields in the functions' files."""
    texts, optional, named = [], set(), set()
    for function in functions:
        while isinstance(function, functools.partial):
            texts += [one for one in [*function.args, *function.keywords.values()] if isinstance(one, str)] * 8
            function = function.func
        try:
            module = ast.parse(inspect.getsource(inspect.getmodule(function)))
        except (OSError, TypeError, SyntaxError):
            continue
        for node in ast.walk(module):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                named.add(node.value)
            if isinstance(node, ast.Compare):
                texts += [one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
                if isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str) and isinstance(node.func.value, ast.Name):
                    optional.add(node.args[0].value)
            if isinstance(node, ast.Dict):
                texts += [one.value for one in node.keys if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return [one for one in texts if len(one) < 60] or ["word"], {one for one in optional if len(one) < 40}, named


class Search:
    """Finds types of fields; `judge(rows)` gives (points, most, error, last fields read)."""

    def __init__(self, judge, functions, rng, seconds):
        self.judge, self.rng, self.seconds = judge, rng, seconds
        self.constants, self.optional, self.named = constants_of(functions)
        self.width, self.likely = 4, {}  # likely: name -> values, where more than the code is known

    def text(self):
        rng = self.rng
        return "".join(rng.choice(WORDS) + rng.choice([" ", " ", " ", ""]) for _ in range(rng.randrange(1, 8)))

    def kind(self, name):
        for pattern, kinds in BY_NAME:
            if re.search(pattern, str(name).lower()) and self.rng.random() < 0.85:
                return self.rng.choice(kinds)
        return "text" if self.rng.random() < 0.5 else self.rng.choice(KINDS)

    def spec(self, name):
        if name in self.likely and self.rng.random() < 0.8:
            return ["one_of", self.likely[name]]
        kind = self.kind(name)
        if kind in ("map", "maps"):
            return [kind, {}]
        if kind == "labelled":
            return ["map", {"text": ["texts"], "label": ["letters"]}]
        if kind == "constant":
            return [kind, self.rng.choice(self.constants)]
        return [kind]

    def value(self, spec, row):
        rng, kind = self.rng, spec[0]
        if kind == "map":
            return {key: self.value(one, row) for key, one in spec[1].items()}
        if kind == "maps":
            return [{key: self.value(one, row) for key, one in spec[1].items()} for _ in range(self.width)]
        makers = {"text": self.text, "word": lambda: rng.choice(["word", "river", "école"]), "int": lambda: rng.randrange(self.width), "int_from_1": lambda:
                  rng.randrange(1, self.width + 1), "letter": lambda: LETTERS[rng.randrange(self.width)], "digits": lambda: str(rng.randrange(self.width)),
                  "texts": lambda: [self.text() for _ in range(self.width)], "letters": lambda: list(LETTERS[:self.width]),
                  "ints": lambda: [rng.randrange(2) for _ in range(self.width)], "float": lambda: rng.choice([0.5, 1.0, 2.25]), "bool": lambda: rng.random() < 0.5,
                  "literal": lambda: str([self.text() for _ in range(self.width)]), "none_or_text": lambda: rng.choice([None, self.text()]),
                  "lists": lambda: [[self.text()] for _ in range(self.width)], "number_text": lambda: str(rng.randrange(100)),
                  "constant": lambda: spec[1] if rng.random() < 0.7 else rng.choice(self.constants),
                  "one_of": lambda: rng.choice(spec[1]), "lettered": lambda: " , ".join(f"{one.lower()} ) {rng.choice(WORDS[:12])}" for one in LETTERS[:self.width]),
                  "options": lambda: "\n".join([self.text(), "Options:", *(f"({one}) {rng.choice(WORDS[:12])} {number}" for number, one in enumerate(LETTERS[:self.width]))]),
                  "sentence": lambda: f"It is {self.text()} ____ and _ {self.text()}. A) {self.text()} B) x C) y D) z", "json": lambda: '{"a": ["b"]}'}
        if kind == "member":
            lists = [one for one in row.values() if isinstance(one, list) and one and isinstance(one[0], str)]
            return rng.choice(rng.choice(lists)) if lists else self.text()
        return makers[kind]()

    def row(self, specs):
        row = {}
        for name in sorted(specs, key=lambda one: specs[one][0] == "member"):
            row[name] = self.value(specs[name], row)
        return {name: row[name] for name in specs}

    def rows(self, specs, count):
        return [self.row(specs) for _ in range(count)]

    @staticmethod
    def at(specs, path):
        """The map of specifications at a path, or None."""
        for step in path:
            if step == 0:
                continue
            if step not in specs or specs[step][0] not in ("map", "maps"):
                return None
            specs = specs[step][1]
        return specs

    def changed(self, specs, error, read, heard):
        """Other specifications after an error."""
        made = {name: copy_of(one) for name, one in specs.items()}
        if isinstance(error, Missing):
            inner = self.at(made, error.path)
            if inner is not None:
                inner[error.key] = self.spec(error.key)
                return made
        if isinstance(error, KeyError) and error.args and str(error.args[0]) in self.named and error.args[0] not in made \
                and not isinstance(error.args[0], Heard) and self.rng.random() < 0.9:
            maps = [one[1] for one in made.values() if one[0] in ("map", "maps")]
            target = self.rng.choice(maps) if maps and self.rng.random() < 0.6 else made
            target[error.args[0]] = self.spec(error.args[0])
            return made
        if isinstance(error, KeyError) and error.args and isinstance(error.args[0], Heard) and self.rng.random() < 0.8:  # a value that a table lacks
            path = error.args[0].path
            inner = self.at(made, path[:-1]) if path else None
            if inner is not None and path[-1] in inner:
                inner[path[-1]] = ["constant", self.rng.choice(self.constants)]
                return made
        if isinstance(error, TypeError) and "indices must be" in str(error) and read and self.rng.random() < 0.4:
            inner = self.at(made, read[-1][:-1])
            if inner is not None:
                inner[read[-1][-1]] = [self.rng.choice(["map", "map", "maps"]), {}]
                return made
        for path, other in heard[-20:]:  # what a field was compared with is a value that it may have
            inner = self.at(made, path[:-1])
            if len(other) < 80 and inner is not None and path[-1] in inner and self.rng.random() < 0.5:
                inner[path[-1]] = ["constant", other]
                return made
        if error is None and self.rng.random() < 0.1:  # code that takes all other fields for choices
            made.update({f"sol{number}": ["text"] for number in range(1, 5)})
        if self.rng.random() < 0.1:
            self.width = self.rng.choice([2, 3, 4, 4, 5, 10])
        paths = [one for one in read[-3:] * 3 + read if self.at(made, one[:-1]) is not None] or [(name,) for name in made]
        for _ in range(self.rng.choice([1, 1, 2])):
            if paths:
                path = self.rng.choice(paths)
                inner = self.at(made, path[:-1])
                if inner is not None:  # the change before may have taken its map away
                    inner[path[-1]] = self.spec(path[-1])
        return made

    def best(self, start=None):
        """(points, most, specifications, error) of the best found in time. `start`: specifications that did for the same code."""
        specs = start or {name: self.spec(name) for name in sorted(self.optional)}
        points, most, error, read = self.judge(self.rows(specs, 4))
        best, end, tries = (points, most, specs, error), time.process_time() + self.seconds, 0
        where = read
        while best[0] < most and time.process_time() < end and tries < 10000:
            tries += 1
            made = self.changed(best[2], best[3], where, self.judge.heard)
            points, most, error, read = self.judge(self.rows(made, 4))
            missing_more = isinstance(error, Missing) and isinstance(best[3], Missing)
            if points > best[0] or points == best[0] and (missing_more or self.rng.random() < 0.5 or isinstance(best[3], Missing)):
                best, where = (points, most, made, error), read
        return best


def copy_of(spec):
    return [spec[0], {key: copy_of(one) for key, one in spec[1].items()}] if len(spec) > 1 and isinstance(spec[1], dict) else list(spec)


def results_of(output_type, doc, values, config, rng, text):
    """What a model may have given for a row, as process_results takes it."""
    choices = values.get("doc_to_choice")
    if not isinstance(choices, list):
        choices = config.get("doc_to_choice") if isinstance(config.get("doc_to_choice"), list) else None
    if choices is None:
        choices = next((doc[key] for key in ("choices", "options", "endings", "labels") if isinstance(doc.get(key), list)), [0] * 4)
    if output_type == "multiple_choice":
        return [(round(-rng.random() * 9, 3), rng.random() < 0.3) for _ in choices]
    if output_type == "loglikelihood":
        return [(round(-rng.random() * 9, 3), rng.random() < 0.3)]
    if output_type == "loglikelihood_rolling":
        return [round(-rng.random() * 90, 3)]
    target = values.get("doc_to_target")
    target = target[0] if isinstance(target, list) and target else target
    pool = [target, doc.get("answer"), doc.get("target"), rng.choice("ABCD"), str(rng.randrange(100)), text(), text(), ""]
    said = next(one for one in (rng.choice(pool) for _ in range(100)) if isinstance(one, (str, int)))
    return [rng.choice(ANSWERS).format(said)]



#!/usr/bin/env python3
"""Compares what bantam reads from YAML with what PyYAML's safe loader (on libyaml, as lm-eval uses it) reads, over made
texts and over every YAML file of a folder of tasks. Both must give the same value, or both refuse, or ours refuses a
value that it names as one that it cannot have.

usage: yaml_campaign.py [--reader PATH] [--texts N] [--seed N] [--tasks FOLDER] [--show N] [--long]
  --reader   build/dev/tests/yaml_values
  --texts    how many made texts [20000]
  --tasks    lm_eval/tasks of an installed lm-eval 0.4.13 [the one that Python finds, else none]
  --show     how many differences to print [20]
  --long     300000 texts
Needs PyYAML (pip install pyyaml; with lm-eval: pip install --no-deps lm-eval==0.4.13). Exit status: 0 without
differences, 1 with, 77 without PyYAML.
"""
import argparse
import collections
import importlib.util
import json
import math
import random
import subprocess
import sys
from pathlib import Path

try:
    from yaml import CSafeLoader, MappingNode, YAMLError
    import yaml
except ImportError:
    print("yaml_campaign: PyYAML with libyaml is not installed", file=sys.stderr)
    sys.exit(77)

ROOT = Path(__file__).resolve().parent.parent

# What ours may refuse though PyYAML gives a value, by words of its message; and what the value then must hold.
REFUSALS = {
    "is a date": "date", "is not text": "key", "64 bits": "integer", "no setting can have": "infinity",
    "out of the range": "infinity", "not supported": "tag", "stands within": "recursion", "nested deeper": "depth",
    "merged twice": "merge", "unfolds to more": "size", "a key that is not text": "key", "has a meaning": "tag",
    "is not an integer": "tag", "is not a number": "tag", "not UTF-8": "encoding",
    "parsing a flow sequence": "missing key",  # "[?]", a key of nothing, is a syntax error before libyaml 0.2.6
}
# A value of these kinds may be one that another key of its name replaces, or not show what it came from.
HIDDEN = ("key", "recursion", "tag", "merge", "integer", "infinity", "date")


class Reference(CSafeLoader):
    """PyYAML's reader with lm-eval's tag; counts the keys that stand twice in one map."""

    def __init__(self, stream):
        super().__init__(stream)
        self.repeated, self.seen, self.merges = 0, set(), False

    def flatten_mapping(self, node):
        if isinstance(node, MappingNode) and id(node) not in self.seen:
            self.seen.add(id(node))
            keys = [key.value for key, _ in node.value if isinstance(key.value, str)]
            self.repeated += len(keys) - len(set(keys))
            self.merges |= any(key.tag.endswith(":merge") for key, _ in node.value)
        return super().flatten_mapping(node)


Reference.add_constructor("!function", lambda loader, node: {"!function": loader.construct_scalar(node)})


def kinds_beyond_json(value, open_nodes=()) -> set:
    """What a value holds that JSON has not."""
    if id(value) in open_nodes:
        return {"recursion"}
    if isinstance(value, float):
        return set() if math.isfinite(value) else {"infinity"}
    if isinstance(value, int):
        return set() if -2**63 <= value < 2**63 else {"integer"}
    if value is None or isinstance(value, str):
        return set()
    inner = (*open_nodes, id(value))
    if len(inner) > 66:
        return {"depth"}
    if isinstance(value, dict):
        kinds = set() if all(isinstance(key, str) for key in value) else {"key"}
        return kinds.union(*(kinds_beyond_json(one, inner) for one in value.values()))
    if isinstance(value, list):
        return set().union(*(kinds_beyond_json(one, inner) for one in value))
    return {"date"} if type(value).__module__ == "datetime" else {"tag"}


def same(ours, theirs) -> bool:
    if type(ours) is not type(theirs):
        return False
    if isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(same(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return repr(ours) == repr(theirs)


def reference(content: bytes):
    """(value, keys that stand twice or None where that is not known) or an error."""
    loader = None
    try:
        loader = Reference(content)
        value = loader.get_single_data()
        return (value, None if loader.merges else loader.repeated), None
    except (YAMLError, ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        return None, error
    finally:
        if loader:
            loader.dispose()


class Texts:
    """Made YAML texts; each kind is a method."""

    PLAIN = ("0 -0 +1 12 007 0o7 08 09.5 0x1F 0xg -0b101 0b_ 0_ 1_000 1__0_ 190:20:30 1:30 1:60 0:30 -1:05 190:20:30.15 1:5. "
             "1. .5 -.5 +.5 ._5 . 1.5e3 1.5e+3 1.5E-3 1e3 1e+3 1.e+3 6.8523015e+5 685_230.15 .inf -.Inf +.INF .nan .NaN "
             "1.0e+999 1.0e-999 9223372036854775807 9223372036854775808 -9223372036854775808 -9223372036854775809 "
             "123456789012345678901234567890 yes No TRUE tRue on OFF y n Y ~ null Null NULL nuLL none None = << <<< == "
             "2001-01-01 2001-1-1 2001-12-14t21:59:43.10-05:00 2001-12-14T1:59:43Z 01:02:03 12e03 - -- --- -a ?a :a a:b "
             "a#b #a a:# %a @a !a &a *a |a >a 'a \"a [a ]a {a }a ,a a, a] a} .. ... +12.3 -2. 0.1 100000000000000000000.0 "
             "5e-324 1.7976931348623157e+308 0.30000000000000004 é ñandú 中文 ١٢ a\u00a0b \u3000 \u2028 \u0085x 🙂 \ufeffx").split(" ")
    WORDS = ["a", "bb", "ccc", "key", "x", "{{text}}", "Question:", "it's", 'say "so"', "\\n", "A: B", "a #b", "-", "é", "中"]
    ESCAPES = ["\\n", "\\t", "\\_", "\\N", "\\L", "\\P", "\\e", "\\0", "\\a", "\\x41", "\\xe9", "\\u00e9", "\\u4e2d", "\\U0001F642",
               "\\/", '\\"', "\\\\", "\\ ", "\\\n", "\\\n  ", "\\ud800", "\\U00110000", "\\q", "\\x4", "\\r", "\\\t", "\\v", "\\f", "\\b"]
    TAGS = ["!!str", "!!int", "!!float", "!!bool", "!!null", "!!seq", "!!map", "!!set", "!!omap", "!!pairs", "!!binary",
            "!!timestamp", "!!merge", "!!value", "!function", "!other", "!", "!<tag:yaml.org,2002:str>", "!<!function>", "!!python/none", "!e!x"]
    SOUP = ["a", "b: ", "- ", "? ", ": ", "[", "]", "{", "}", ", ", "\n", "\n  ", "\n    ", "\n ", "'", '"', "|", ">", "|-\n ", ">+\n  ",
            "#c", " # c", "&a ", "*a", "*a ", "!!str ", "! ", "!function ", "<<: ", "<<", "=", "---", "\n---\n", "\n...\n", "\t", "\r\n",
            "\r", "1", "yes", "~", "%YAML 1.1\n", "%TAG ! tag:x,1:\n", " ", "  ", "é", "\u0085", "\u2028", "\ufeff", "\\", "''", "0x1", "2001-01-01"]

    def __init__(self, seed: int):
        self.chance = random.Random(seed)
        self.kinds = [self.plain, self.near_plain, self.quoted, self.double_quoted, self.folded_plain, self.block, self.tree,
                      self.merges, self.tagged, self.soup, self.broken, self.encoded, self.task]

    def make(self):
        kind = self.chance.choice(self.kinds)
        text = kind()
        return kind.__name__, text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")

    def pick(self, values, least=1, most=1):
        return [self.chance.choice(values) for _ in range(self.chance.randint(least, most))]

    def placed(self, scalar: str) -> str:
        """A scalar as the document, a value, a key, an element, in blocks and in flow."""
        return self.chance.choice(["{}", "a: {}", "{}: a", "- {}", "[{}]", "[a, {}, b]", "{{a: {}}}", "{{{}: a}}", "{{{}}}", "- - {}\n- b",
                                   "a:\n  {}\nb: 1\n", "? {}\n: b", "--- {}\n", "--- {}\n...\n", "a: {} # c\nb: 2", "{} : a"]).format(scalar)

    def plain(self):
        return self.placed(self.chance.choice(self.PLAIN))

    def near_plain(self):
        chars = "0123456789_:.eE+-xXobfaTtZ \tyn"
        text = list(self.chance.choice(self.PLAIN[:75]))
        for _ in range(self.chance.randint(1, 3)):
            at = self.chance.randrange(len(text) + 1)
            text[at:at + self.chance.randint(0, 1)] = self.pick(chars, 0, 2)
        return self.placed("".join(text))

    def lines(self, pieces):
        """Pieces with blanks and line breaks between them."""
        breaks = ["\n", "\n\n", "\n\n\n", "\n  ", "\n \n", "\n\t", " ", "  ", "\t", " \n", "\r\n", "\r", "\u0085", "\u2028", "\n    ", "", ""]
        return "".join(piece + self.chance.choice(breaks) for piece in self.pick(pieces, 0, 7))

    def quoted(self):
        return self.placed("'" + self.lines([*self.WORDS[:7], "''", '"', "#", " #", ": ", "- ", "\\n"]) + "'")

    def double_quoted(self):
        return self.placed('"' + self.lines([*self.WORDS[:7], *self.ESCAPES, "'", "#", ": "]) + '"')

    def folded_plain(self):
        return self.placed(self.lines([*self.WORDS, *self.PLAIN]))

    def block(self):
        style = self.chance.choice("|>") + "".join(self.pick(["", "-", "+", "1", "2", "3", "9", "0", " # c"], 0, 2))
        indents = ["", " ", "  ", "  ", "  ", "   ", "    ", "\t", "  \t", "   - "]
        body = "".join(self.chance.choice(indents) + self.chance.choice([*self.WORDS, "", "", "", "# no comment"]) +
                       self.chance.choice(["\n", "\n", "\n", " \n", "\r\n", "\n\n", "\u0085", "\u2028"])
                       for _ in range(self.chance.randint(0, 7)))
        if self.chance.random() < 0.2:
            body = body.rstrip("\n")
        return self.chance.choice(["a: {}\n{}", "- {}\n{}", "--- {}\n{}", "a:\n  b: {}\n{}c: 1\n", "a: {}\n{}b: 1\n", "? {}\n{}: b\n",
                                   "a: !!str {}\n{}", "a: &x {}\n{}b: *x\n"]).format(style, body)

    def scalar(self):
        return self.chance.choice([lambda: self.chance.choice(self.PLAIN), lambda: self.chance.choice(self.WORDS),
                                   lambda: "'" + " ".join(self.pick(["a", "''", "#", ": "], 0, 3)) + "'",
                                   lambda: '"' + "".join(self.pick(["a", *self.ESCAPES[:14]], 0, 3)) + '"', lambda: ""])()

    def flow(self, depth):
        if depth <= 0 or self.chance.random() < 0.4:
            return self.scalar()
        parts = [self.flow(depth - 1) for _ in range(self.chance.randint(0, 3))]
        gap = self.chance.choice([", ", ",", " , ", ",\n  "])
        if self.chance.random() < 0.5:
            return "[" + gap.join(parts) + self.chance.choice(["", ",", " "]) + "]"
        return "{" + gap.join(self.chance.choice(self.WORDS[:5]) + self.chance.choice([": ", ":", " : "]) + part for part in parts) + "}"

    def tree(self, depth=3, indent=0):
        pad, step = " " * indent, self.chance.choice([1, 2, 2, 2, 4])
        out = []
        listing = self.chance.random() < 0.4
        for _ in range(self.chance.randint(1, 4)):
            head = pad + ("-" if listing else self.chance.choice([*self.WORDS[:5], *self.PLAIN[:20], "'q'"]) + ":")
            comment = self.chance.choice(["", "", "", " # c", "  "])
            if depth > 0 and self.chance.random() < 0.5:
                out.append(f"{head}{comment}\n{self.tree(depth - 1, indent + step)}")
            else:
                out.append(f"{head} {self.flow(2)}{comment}\n" + self.chance.choice(["", "", "\n", "# c\n", pad + "# c\n"]))
        return "".join(out)

    def merges(self):
        key = lambda: self.chance.choice(["a", "b", "aa", "bb", "cc", "dd", "'aa'", "é", "''", *self.pick(["1", "<<", "="], 0, 1)])
        pairs = lambda: ", ".join(f"{key()}: {self.chance.choice(['1', '2', 'x', '[]', '{a: 1}'])}" for _ in range(self.chance.randint(0, 3)))
        lines = [f"- &m{i} {{{pairs()}}}" for i in range(3)]
        alias = lambda: f"*m{self.chance.randrange(len(lines) + (self.chance.random() < 0.02))} "
        for _ in range(self.chance.randint(1, 4)):
            source = self.chance.choice([alias, alias, lambda: f"[{alias()}, {alias()}]", lambda: f"[{alias()}, {{{pairs()}}}, {alias()}]",
                                         lambda: f"{{{pairs()}}}", lambda: f"{{<<: {alias()}, {pairs()}}}", lambda: self.scalar()])()
            parts = [f"<<: {source}", *self.pick([pairs(), pairs(), f"<<: {alias()}"], 0, 2)]
            self.chance.shuffle(parts)
            lines.append(f"- &m{len(lines)} {{{', '.join(part for part in parts if part)}}}")
        return "\n".join(lines) + "\n"

    def tagged(self):
        value = self.chance.choice([self.scalar, self.scalar, lambda: self.flow(1), lambda: "'" + self.chance.choice(self.PLAIN) + "'"])()
        anchor = self.chance.choice(["", "", "&x "])
        text = self.placed(f"{anchor}{self.chance.choice(self.TAGS)} {value}")
        return text + (f"\nz: *x\n" if anchor and self.chance.random() < 0.5 else "")

    def soup(self):
        return "".join(self.pick(self.SOUP, 1, 14))

    def broken(self):
        """A text of another kind with a few changed bytes."""
        content = bytearray(self.chance.choice([self.tree, self.block, self.quoted, self.double_quoted, self.task])().encode("utf-8", "surrogatepass"))
        for _ in range(self.chance.randint(1, 4)):
            at = self.chance.randrange(len(content) + 1)
            piece = self.chance.choice([*self.SOUP, "\x00", "\x07", "\x7f", "\ufffe"]).encode()
            content[at:at + self.chance.randint(0, 2)] = self.chance.choice([piece, b"", b"", bytes([self.chance.randrange(256)])])
        return bytes(content)

    def encoded(self):
        text = self.chance.choice([self.tree, self.quoted, self.plain])()
        coding = self.chance.choice(["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "bom-be", "cut"])
        if coding == "bom-be":
            return b"\xfe\xff" + text.encode("utf-16-be")
        return text.encode("utf-16")[:-1] if coding == "cut" else text.encode(coding, "replace")

    def task(self):
        """Like a task file."""
        until = self.chance.choice(['["\\n\\n", "Q:"]', "\n  - '\n\n    '\n  - \"\\n\"", "[]", '\n    - "</s>"'])
        text = self.chance.choice([lambda: self.lines(self.WORDS).strip() or "x", lambda: "'" + self.lines(self.WORDS[:7]).replace("'", "''") + "'",
                                   lambda: '"' + self.lines(["a", *self.ESCAPES[:14]]) + '"', lambda: "|\n    " + "\n    ".join(self.pick(self.WORDS, 1, 4))])
        keys = [f"task: {self.chance.choice(self.WORDS)}", f"doc_to_text: {text()}", f"doc_to_target: {text()}", f"description: {text()}",
                f"num_fewshot: {self.chance.choice(self.PLAIN)}", f"generation_kwargs:\n  until: {until}", "process_docs: !function utils.process_docs",
                f"doc_to_choice: [{', '.join(self.pick(self.PLAIN, 1, 4))}]", "metadata:\n  version: 1.0", "tag:\n- a\n- b", f"repeats: {self.scalar()}"]
        return "\n".join(self.pick(keys, 1, 8)) + self.chance.choice(["\n", "", "\n\n", "\n...\n"])


class Campaign:
    def __init__(self, arguments):
        self.reader = subprocess.Popen([arguments.reader], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.show = arguments.show
        self.counts = collections.Counter()
        self.refused = collections.Counter()
        self.differences = 0

    def ask(self, question: dict) -> dict:
        self.reader.stdin.write(json.dumps(question).encode() + b"\n")
        self.reader.stdin.flush()
        line = self.reader.stdout.readline()
        if not line:
            sys.exit(f"yaml_campaign: the reader died on {question}")
        return json.loads(line)

    def differ(self, what: str, content: bytes, ours, theirs):
        self.differences += 1
        if self.differences <= self.show:
            print(f"{what}: {content[:400]!r}\n  ours:  {str(ours)[:400]!r}\n  PyYAML: {str(theirs)[:400]!r}".replace("\\\\", "\\"))

    def compare(self, what: str, content: bytes, question: dict):
        ours = self.ask(question)
        theirs, error = reference(content)
        refusal = next((kind for words, kind in REFUSALS.items() if words in ours.get("error", "")), None)
        if theirs is None:
            if "error" in ours:
                self.counts["both refuse"] += 1
            else:
                self.differ(what, content, ours, error)
            return
        if "error" in ours:
            beyond = kinds_beyond_json(theirs[0])
            if refusal and (refusal.removeprefix("missing ") in beyond or refusal in HIDDEN):
                self.refused[refusal] += 1
            else:
                self.differ(what, content, ours, theirs)
            return
        if same(ours["value"], theirs[0]) and theirs[1] in (None, ours["repeated"]):
            self.counts["equal"] += 1
        else:
            self.differ(what, content, ours, theirs)

    def told(self, title: str) -> str:
        refused = sum(self.refused.values())
        by_kind = ", ".join(f"{kind} {count}" for kind, count in self.refused.most_common())
        line = (f"{title}: equal {self.counts['equal']}, refused by both {self.counts['both refuse']}, by ours alone {refused}"
                f"{f' ({by_kind})' if refused else ''}, differences {self.differences}")
        return line


def tasks_folder(given):
    if given:
        return given
    found = importlib.util.find_spec("lm_eval")
    return Path(found.origin).parent / "tasks" if found and found.origin else None


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--reader", default=str(ROOT / "build" / "dev" / "tests" / "yaml_values"))
    parser.add_argument("--texts", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tasks", type=Path)
    parser.add_argument("--show", type=int, default=20)
    parser.add_argument("--long", action="store_true")
    arguments = parser.parse_args()
    sys.setrecursionlimit(10000)
    print(f"PyYAML {yaml.__version__}")

    made = Campaign(arguments)
    texts = Texts(arguments.seed)
    for _ in range(300000 if arguments.long else arguments.texts):
        kind, content = texts.make()
        made.compare(kind, content, {"hex": content.hex()})
    print(made.told("made texts"))

    files = Campaign(arguments)
    folder = tasks_folder(arguments.tasks)
    for path in sorted(folder.rglob("*")) if folder else []:
        if path.is_file() and path.suffix in (".yaml", ".yml", "") and "__pycache__" not in path.parts:
            files.compare(str(path), path.read_bytes(), {"file": str(path)})
    print(files.told("task files") if folder else "task files: none, as lm-eval is not installed")
    return 1 if made.differences or files.differences else 0


if __name__ == "__main__":
    sys.exit(main())

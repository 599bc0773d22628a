"""What people write for machines, and what machines write: code, tables, settings, logs, and worked sums."""
from __future__ import annotations

import json
import random

from english import FIELDS, FIRST, SMALL, THINGS, VERBS, place, surname

NOUNS = ["order", "sensor", "user", "page", "token", "packet", "frame", "account", "sample", "route", "image", "cell", "block",
         "event", "message", "record", "vector", "node", "window", "segment", "buffer", "ticket", "key", "batch"]
QUALITIES = ["count", "size", "limit", "offset", "total", "index", "weight", "score", "delay", "width", "price", "level", "age", "rate"]


def _name(rng: random.Random) -> str:
    return f"{rng.choice(NOUNS)}_{rng.choice(QUALITIES)}"


def python(rng: random.Random) -> str:
    noun, value, verb = rng.choice(NOUNS), _name(rng), rng.choice(VERBS)
    limit = rng.randint(2, 900)
    return rng.choice([
        f'def {verb}_{noun}s({noun}s: list[dict], {value}: int = {limit}) -> dict[str, float]:\n'
        f'    """Return the mean {value} of each {noun} that has a {rng.choice(QUALITIES)}."""\n'
        f'    totals: dict[str, float] = {{}}\n    for {noun} in {noun}s:\n        if {noun}["{rng.choice(QUALITIES)}"] > {value}:\n            continue\n'
        f'        totals[{noun}["name"]] = totals.get({noun}["name"], 0.0) + {noun}["{value}"] / {limit + 1}\n    return totals\n',
        f'class {noun.capitalize()}{verb.capitalize()}r:\n    def __init__(self, {value}: float = {limit / 100}):\n        self._{value} = {value}\n        self._seen = set()\n\n'
        f'    def {verb}(self, {noun}):\n        if {noun}.key in self._seen or {noun}.{rng.choice(QUALITIES)} < self._{value}:\n            raise ValueError(f"{noun} {{{noun}.key}} cannot be {verb}d")\n'
        f'        self._seen.add({noun}.key)\n        return sorted({noun}.{rng.choice(NOUNS)}s, key=lambda item: -item.{rng.choice(QUALITIES)})[:{limit}]\n',
        f'import csv\n\nwith open("{noun}s.csv") as file:\n    rows = [row for row in csv.DictReader(file) if int(row["{value}"]) % {limit} == {rng.randint(0, 9)}]\nprint(f"{{len(rows)}} {noun}s from {place(rng)}")\n'])


def c_code(rng: random.Random) -> str:
    noun, value, other = rng.choice(NOUNS), _name(rng), _name(rng)
    n = rng.randint(2, 512)
    return rng.choice([
        f"static int {noun}_{rng.choice(VERBS)}(struct {noun} *self, size_t {value}) {{\n    if (self == NULL || {value} >= {n}) {{\n        return -EINVAL; /* no {noun} */\n    }}\n"
        f"    for (size_t i = 0; i < {value}; ++i) {{\n        self->{other} += (uint32_t)self->data[i] << {n % 24};\n    }}\n    return self->{other} > {n * 17} ? {n % 7} : 0;\n}}\n",
        f"std::vector<{noun.capitalize()}> filter_{noun}s(const std::vector<{noun.capitalize()}>& all, double {value}) {{\n    std::vector<{noun.capitalize()}> kept;\n    std::copy_if(all.begin(), all.end(), std::back_inserter(kept),\n"
        f"                 [&](const auto& {noun}) {{ return {noun}.{other} * {n / 10} < {value}; }});\n    return kept;\n}}\n",
        f"function {rng.choice(VERBS)}{noun.capitalize()}({value}, {{ {other} = {n} }} = {{}}) {{\n  const {noun}s = {value}.map(({noun}) => ({{ ...{noun}, {other}: Math.max({noun}.{other}, {n}) }}));\n  return {noun}s.filter(Boolean).length;\n}}\n",
        f"fn {rng.choice(VERBS)}_{noun}({value}: &[u32]) -> Option<u64> {{\n    {value}.iter().filter(|{noun}| **{noun} > {n}).map(|x| u64::from(*x) * {n + 3}).max()\n}}\n"])


def structured(rng: random.Random) -> str:
    noun = rng.choice(NOUNS)
    row = lambda: {"id": rng.randint(1000, 99999), "name": f"{rng.choice(FIRST)} {surname(rng)}", rng.choice(QUALITIES): round(rng.uniform(0, 500), 2),
                   "tags": rng.sample(SMALL, 2), "active": rng.random() < 0.5, "city": place(rng)}
    kind = rng.randrange(5)
    if kind == 0:
        return json.dumps({f"{noun}s": [row() for _ in range(2)], "next": None, "total": rng.randint(2, 400)}, indent=2)
    if kind == 1:
        head = ["id", "city", rng.choice(QUALITIES), "month", "share"]
        lines = [f"{rng.randint(100, 999)},{place(rng)},{rng.uniform(1, 900):.1f},{rng.randint(1, 12)},{rng.random():.3f}" for _ in range(6)]
        return ",".join(head) + "\n" + "\n".join(lines)
    if kind == 2:
        one, two = _name(rng), _name(rng)
        return (f"SELECT {noun}.id, AVG({one}) AS mean_{one}, COUNT(*) AS n\nFROM {noun}s AS {noun}\nJOIN {rng.choice(NOUNS)}s USING ({two})\n"
                f"WHERE {one} > {rng.randint(1, 900)} AND city <> '{place(rng)}'\nGROUP BY {noun}.id\nHAVING n >= {rng.randint(2, 50)}\nORDER BY mean_{one} DESC;")
    if kind == 3:
        lines = [f"{noun}:", f"  {_name(rng)}: {rng.randint(1, 9999)}", f"  {_name(rng)}: {rng.random():.4f}", f"  hosts: [{place(rng).lower()}-{rng.randint(1, 40)}, {place(rng).lower()}-{rng.randint(41, 80)}]",
                 f"  {rng.choice(VERBS)}: {rng.choice(['true', 'false'])}  # since {rng.randint(2001, 2024)}"]
        return "\n".join(lines)
    return "\n".join(f"<tr><td>{rng.choice(THINGS)}</td><td>{place(rng)}</td><td class=\"n\">{rng.randint(1, 9999)}</td></tr>" for _ in range(4))


def log(rng: random.Random) -> str:
    day = f"{rng.randint(2015, 2025)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    lines = []
    for _ in range(rng.randint(4, 7)):
        stamp = f"{day}T{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}.{rng.randint(0, 999):03}Z"
        text = rng.choice([f"{rng.choice(NOUNS)} {rng.randrange(16**6):06x} {rng.choice(VERBS)}d in {rng.randint(1, 9000)} ms",
                           f"retry {rng.randint(1, 5)} of 5: {place(rng).lower()}.example:{rng.randint(1024, 65535)} refused the connection",
                           f"GET /{rng.choice(NOUNS)}s/{rng.randint(1, 99999)}?{_name(rng)}={rng.randint(1, 99)} 200 {rng.randint(100, 99999)}"])
        lines.append(f"{stamp} {rng.choice(['INFO', 'WARN', 'ERROR', 'DEBUG'])} [{rng.choice(NOUNS)}-{rng.randint(1, 64)}] {text}")
    return "\n".join(lines)


def sums(rng: random.Random) -> str:
    a, b, c = rng.randint(12, 999), rng.randint(12, 99), rng.randint(2, 12)
    rate, years = rng.randint(1, 9), rng.randint(2, 9)
    return rng.choice([
        f"{a} x {b} = {a * b}; {a * b} + {c} = {a * b + c}; {a * b + c} / {c} = {(a * b + c) / c:.3f}.",
        f"Solve {c}x + {b} = {a}. Subtract {b} from both sides: {c}x = {a - b}. Divide by {c}: x = {(a - b) / c:.4g}.",
        f"A sum of {a}00 at {rate} % for {years} years grows to {a}00 x (1 + {rate / 100})^{years} = {a * 100 * (1 + rate / 100) ** years:.2f}.",
        f"The mean of {a}, {b} and {c} is ({a} + {b} + {c}) / 3 = {(a + b + c) / 3:.3f}, and their range is {a - min(b, c)}.",
        f"{a} km in {b} minutes are {a / b * 60:.1f} km/h, or {a / b * 1000 / 60:.2f} m/s; in {rng.choice(FIELDS)} one writes v = s / t.",
        f"Let f(x) = {c}x^2 - {b}x + {a}. Then f'(x) = {2 * c}x - {b}, and f'(x) = 0 at x = {b / (2 * c):.4f}."])


MAKERS = [python, python, c_code, c_code, structured, structured, log, sums, sums]

#!/usr/bin/env python3
"""Compare bantam's template interpreter with the package jinja2 on generated templates and awkward rows.

usage: jinja_campaign.py [--driver FILE] [--pairs N | --long] [--seed N] [--forms] [--finds FILE]
       jinja_campaign.py --files FILE.jsonl... [--rows ROWS.json]     templates of one's own, {"template", "row"}
       jinja_campaign.py --write-cases                                writes tests/jinja/cases.jsonl

Exit status 1 when a pair gives another text than jinja2, or where jinja2 gives a text and ours an error that does not
say "not supported". Needs jinja2 3.1.6 and the driver that the tests build (tests/jinja/driver.cpp).
"""
import argparse
import collections
import datetime
import json
import random
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

import jinja2
import jinja2.ext
import jinja2.sandbox

import jinja_forms

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests/jinja/cases.jsonl"
CHUNK = 2000


class Generation(jinja2.ext.Extension):
    """The tag that Transformers adds; it only marks a part."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("part"), [], [], body).set_lineno(line)

    @staticmethod
    def part(caller):
        return caller()


class TookTooLong(Exception):
    pass


def near_range(*bounds):
    made = range(*bounds)
    if made and abs((made.stop - made.start) // made.step) > 10 * jinja2.sandbox.MAX_RANGE:
        raise TookTooLong
    return made


def task_environment():
    made = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    made.filters["regex_replace"] = lambda text, pattern, repl, count=0: re.sub(pattern, repl, text, count=count)
    made.globals["range"] = near_range
    return made


def chat_environment():
    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    made = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
    made.filters["tojson"] = tojson
    made.globals["raise_exception"] = raise_exception
    made.globals["strftime_now"] = lambda text: datetime.datetime.now().strftime(text)
    return made


ENVIRONMENTS = {"task": task_environment(), "chat": chat_environment()}


def stop(_signal, _frame):
    raise TookTooLong


def expected(template, row, dialect):
    """(text, None) or (None, kind of exception)."""
    signal.setitimer(signal.ITIMER_REAL, 3)
    try:
        return ENVIRONMENTS[dialect].from_string(template).render(**json.loads(json.dumps(row))), None
    except Exception as error:  # whatever Python raises
        return None, type(error).__name__ + ": " + str(error)[:100]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


# Rows.

TEXTS = ["", "a", "abc", "Hello, World", "  two  spaces  ", "\u3000日本語\u00a0", "école ÉTÉ straße", "ñandú-ÑU", "ΑΣ ίς ΣΑΣ",
         "o'neill mc-donald 3rd x2y", "\x1cx\x1f", "😀a😀", "٣4", "İi", "a\r\nb\x0bc\x85d\u2028e", "\t x \n", "<b>&amp; 'x'</b>",
         "it's \"so\"", "back\\slash", "a,b,,c", "42", "-5", "3.7", " 1_000 ", "0x1f", "1e3", "inf", "nan", "ǆ ǅ ﬁ ŉ", "e\u0301",
         "x" * 40, "a\nb\nc\n", "{{ x }}", "%s %d", "{} {0}", "z\u200by", "ﬃ ß ẞ", "_under_score", "A-B (c) [d] {e} <f>", "½²Ⅷ"]
INTS = [0, 1, -1, 2, 3, 7, 10, 42, -3, 255, 1000000, 2**31, 2**53 + 1, 2**63 - 1, -2**63, 12345678901234567890]
FLOATS = [0.0, -0.0, 0.1, -0.1, 0.5, 1.5, 2.5, 3.0, 1e20, 1e22, 1e16, 123456789012345680.0, 1.5e-7, 1e-5, 0.0001, 3.14159265358979,
          1234567.875, 1e300, 5e-324, 2.675, -7.25, 100.0]


class Rows:
    def __init__(self, rng):
        self.rng = rng

    def scalar(self):
        return self.rng.choice([self.rng.choice(TEXTS), self.rng.choice(INTS), self.rng.choice(FLOATS), None, True, False])

    def value(self, depth=2):
        kind = self.rng.random()
        if depth == 0 or kind < 0.6:
            return self.scalar()
        if kind < 0.8:
            return [self.value(depth - 1) for _ in range(self.rng.randrange(4))]
        return {self.rng.choice(["a", "b", "k", "é", "x y", "items", "1"]): self.value(depth - 1)
                for _ in range(self.rng.randrange(4))}

    def row(self):
        r = self.rng
        return {
            "s": r.choice(TEXTS), "t": r.choice(TEXTS), "u": r.choice(TEXTS),
            "n": r.choice(INTS), "m": r.choice(INTS), "f": r.choice(FLOATS), "g": r.choice(FLOATS),
            "b": r.random() < 0.5, "none": None,
            "l": [r.choice(TEXTS) for _ in range(r.randrange(5))],
            "nums": [r.choice(INTS + FLOATS) for _ in range(r.randrange(5))],
            "mix": [self.scalar() for _ in range(r.randrange(5))],
            "d": {k: self.value(1) for k in r.sample(["a", "b", "k", "é", "items", "Z"], r.randrange(5))},
            "ld": [{"n": r.choice(TEXTS), "v": r.choice(INTS), "w": r.choice(["x", "X", "y"])} for _ in range(r.randrange(4))],
            "ll": [[self.scalar() for _ in range(r.randrange(3))] for _ in range(r.randrange(3))],
            "any": self.value(), "idx": r.randrange(-3, 4), "größe": r.choice(TEXTS),
        }


# Templates.

class Grammar:
    """Mostly well-typed templates; each rule may put a value of another type where one type is expected."""

    def __init__(self, rng, chat):
        self.rng = rng
        self.chat = chat
        self.names = []

    def pick(self, *choices):
        return self.rng.choice(choices)

    def quoted(self, text):
        return self.pick('"%s"', "'%s'") % text

    def literal_text(self):
        return self.quoted(self.pick("", "a", " ", ", ", "b", "é", "Σ", "x", "\\n", "\\t", "\\u00e9", "-", "o", "日", "%s", "ab", "\\x41", "."))

    def text(self, depth):
        if depth <= 0 or self.rng.random() < 0.25:
            return self.pick("s", "t", "u", "größe", self.literal_text(), self.literal_text(), *[n for n in self.names])
        d = depth - 1
        rule = self.rng.randrange(30)
        if rule < 8:
            return f"{self.text(d)}|{self.text_filter(d)}"
        if rule < 17:
            return f"({self.text(d)}).{self.text_method(d)}"
        if rule == 17:
            return f"({self.text(d)} + {self.text(d)})"
        if rule == 18:
            return f"({self.any(d)} ~ {self.any(d)} ~ {self.text(d)})"
        if rule == 19:
            return f"{self.text(d)}[{self.bound()}:{self.bound()}{self.pick('', ':' + self.bound())}]" if self.rng.random() < 0.7 else f"({self.text(d)})[{self.bound()}:{self.bound()}]"
        if rule == 20:
            return f"({self.text(d)} if {self.truth(d)} else {self.text(d)})"
        if rule == 21:
            return f"{self.literal_text()}.join({self.texts(d)})"
        if rule == 22:
            return f"{self.list(d)}|join({self.pick('', self.literal_text(), 'd=' + self.literal_text())})"
        if rule == 23:
            return f"({self.format(d)})"
        if rule == 24:
            return f"({self.text(d)} * {self.pick('2', '0', '-1', '3', 'true')})"
        if rule == 25:
            return f"({self.any(d)}|{self.pick('string', 'tojson', 'e', 'escape', 'string')})"
        if rule == 26:
            return f"({self.text(d)} {self.pick('or', 'and')} {self.text(d)})"
        if rule == 27:
            return f"({self.texts(d)}|{self.pick('first', 'last', 'min', 'max')})"
        if rule == 28:
            return f"({self.text(d)})[{self.pick('0', '-1', 'idx', '1')}]"
        return f"(s if {self.truth(d)})"

    def bound(self):
        return self.pick("", "0", "1", "2", "-1", "-2", "idx", "none", "100", "-100")

    def text_filter(self, d):
        t = self.literal_text
        return self.pick(
            "upper", "lower", "title", "capitalize", "trim", f"trim({t()})", "length|string", f"replace({t()}, {t()})",
            f"replace({t()}, {t()}, 1)", "reverse", f"center({self.pick('0', '7', '12')})", "indent", "indent(2, true)",
            f"indent(width={t()}, first=true, blank=true)", "truncate(8)", "truncate(5, true)", f"truncate(9, false, {t()}, 0)",
            "wordcount|string", "urlencode", "escape|string", "e", "safe|upper", f"default({t()})", "string", "list|join('|')",
            "forceescape", "striptags", "wordwrap(5)", *([] if self.chat else [
                "regex_replace('[a-z]+', 'X')", "regex_replace('\\\\s+', ' ')", "regex_replace('(a)|b', '<\\\\1>')", "regex_replace('\\\\w*', '-')",
                "regex_replace('^.|.$', '', 1)"]), "tojson", "first", "last", "int|string", "float|string", "urlize")

    def text_method(self, d):
        t = self.literal_text
        return self.pick(
            "strip()", "lstrip()", "rstrip()", f"strip({t()})", f"lstrip({t()})", f"rstrip({t()})", "upper()", "lower()",
            "title()", "capitalize()", "swapcase()", "casefold()", f"replace({t()}, {t()})", f"replace({t()}, {t()}, 1)",
            f"center({self.pick('5', '8')})", f"ljust(7, {t()})", "rjust(6)", "zfill(6)", "expandtabs(4)", f"split({t()})[0]",
            "split()|join('_')", f"rsplit({t()}, 1)[-1]", "split(none, 1)|join('+')", "rsplit(none, 1)|join('+')",
            "splitlines()|join('/')", "splitlines(true)|join('/')", f"partition({t()})[2]", f"rpartition({t()})|join('|')",
            f"removeprefix({t()})", f"removesuffix({t()})", f"find({t()})|string", f"rfind({t()})|string", f"count({t()})|string",
            f"startswith({t()})|string", f"endswith(({t()}, {t()}))|string", "isdigit()|string", "isalpha()|string", "isalnum()|string",
            "isnumeric()|string", "isdecimal()|string", "isspace()|string", "isupper()|string", "islower()|string", "istitle()|string",
            "isidentifier()|string", "isprintable()|string", "isascii()|string", f"index({t()})|string", f"join({self.texts(d)})",
            f"split(sep={t()}, maxsplit=1)|join('+')", f"format({self.any(d)}, {self.any(d)})", f"find({t()}, 1, -1)|string")

    def format(self, d):
        spec = self.pick("%s", "%r", "%5s", "%-6s|", "%.2s", "%d", "%5d", "%05d", "%+d", "%x", "%o", "%.2f", "%8.3f", "%e", "%g", "%G",
                         "%c", "%%", "%i", "% d", "%#x", "%.0f", "%#o", "%-8.1f|", "%5.3d")
        value = self.pick(self.any(d), self.number(d), self.number(d), "(" + self.number(d) + ",)")
        rule = self.rng.randrange(5)
        if rule == 0:
            return f"'{spec}' % {value}"
        if rule == 1:
            return f"'{spec} {spec}'|format({self.number(d)}, {self.number(d)})"
        if rule == 2:
            return f"'%(a)s-%(b)5.1f'|format(a={self.any(d)}, b={self.number(d)})"
        field = self.pick("{}", "{0}", "{!r}", "{:>6}", "{:<6}|", "{:^7}", "{:05}", "{:.2f}", "{:,}", "{:+}", "{:x}", "{:#x}", "{:e}", "{:g}",
                          "{:*^9}", "{:%}", "{:.3}", "{a}", "{:d}", "{:_}", "{:b}", "{:.1%}", "{:10.3f}", "{:s}")
        return f"'{field}'.format({self.pick(self.number(d), self.any(d))}, a={self.any(d)})"

    def number(self, depth):
        if depth <= 0 or self.rng.random() < 0.3:
            return self.pick("n", "m", "f", "g", "idx", "0", "1", "2", "7", "-3", "10", "0.1", "2.5", "1e3", "1_000", "0x1F", "0b101", "0o17",
                             "12345678901234567890", "1.5e-7", "3.0", "b")
        d = depth - 1
        rule = self.rng.randrange(14)
        if rule < 5:
            return f"({self.number(d)} {self.pick('+', '-', '*', '/', '//', '%')} {self.number(d)})"
        if rule == 5:
            return f"({self.number(d)} ** {self.pick('2', '0', '3', '-1', '0.5', '2.0')})"
        if rule == 6:
            return f"{self.list(d)}|{self.pick('length', 'count')}"
        if rule == 7:
            return f"{self.numbers(d)}|{self.pick('sum', 'min', 'max', 'first', 'last', 'sum(start=10)')}"
        if rule == 8:
            return f"({self.number(d)})|{self.pick('round', 'abs', 'int', 'float', 'round(2)', 'round(1, %r)' % self.pick('ceil', 'floor'), 'round(-1)', 'round(0, %r)' % 'floor')}"
        if rule == 9:
            return f"{self.text(d)}|{self.pick('length', 'int', 'float', 'int(base=16)', 'int(-1)', 'wordcount', 'float(none)')}"
        if rule == 10:
            return f"-{self.number(d)}"
        if rule == 11:
            return f"({self.text(d)}).{self.pick('count', 'find', 'rfind')}({self.literal_text()})"
        if rule == 12:
            return f"({self.number(d)} if {self.truth(d)} else {self.number(d)})"
        return f"{self.list(d)}.count({self.any(d)})"

    def numbers(self, depth):
        return self.pick("nums", "nums", f"[{self.number(depth - 1)}, {self.number(depth - 1)}]", "range(4)", "range(5, 0, -2)",
                         "ld|map(attribute='v')")

    def texts(self, depth):
        d = depth - 1
        if d <= 0:
            return self.pick("l", "l", "['b', 'a', 'C']", "s.split()")
        return self.pick("l", f"[{self.text(d)}, {self.text(d)}]", f"{self.text(d)}.split({self.literal_text()})", "ld|map(attribute='n')",
                         f"l|map('{self.pick('upper', 'lower', 'trim', 'title')}')", "l|sort", "l|unique", "l|reverse", f"({self.text(d)})|list",
                         "mix|map('string')", "l|select", "d.keys()", "d")

    def list(self, depth):
        if depth <= 0 or self.rng.random() < 0.3:
            return self.pick("l", "nums", "mix", "ld", "ll", "[]", "[1, 2, 3]", "(1, 'a')", "range(3)", "d")
        d = depth - 1
        rule = self.rng.randrange(22)
        if rule == 0:
            return f"[{self.any(d)}, {self.any(d)}]"
        if rule == 1:
            return f"({self.list(d)} + {self.list(d)})"
        if rule == 2:
            return f"{self.pick('l', 'nums', 'mix')}[{self.bound()}:{self.bound()}]"
        tests = self.pick("'odd'", "'even'", "'string'", "'number'", "'none'", "'defined'", "'in', [1, 'a', none]", "'eq', 1", "'gt', 1", "'lt', 2",
                          "'ne', 'a'", "'mapping'", "'integer'", "'float'", "'true'", "'divisibleby', 3", "'lower'", "'upper'", "'sequence'")
        if rule < 6:
            return f"({self.pick('nums', 'mix', 'l', self.list(d))}|{self.pick('select', 'reject')}({tests})|list)"
        if rule < 9:
            filt = self.pick("'upper'", "'string'", "'length'", "'int'", "'float'", "'round', 1", "'abs'", "attribute='n'", "attribute=0", "'default', 'x'",
                             "'replace', 'a', 'b'", "'tojson'", "'first'", "'list'", "attribute='zz', default='?'")
            return f"({self.pick('l', 'nums', 'mix', 'ld', 'll')}|map({filt})|list)"
        if rule < 12:
            return f"({self.pick('l', 'nums', 'mix', 'l')}|sort({self.pick('', 'true', 'reverse=true', 'case_sensitive=true')}))"
        if rule == 12:
            sort_by = self.pick("'n'", "'v'", "'w'", "'w,v'", "'v', reverse=true")
            return f"(ld|sort(attribute={sort_by}))"
        if rule == 13:
            return f"(ld|{self.pick('selectattr', 'rejectattr')}({self.pick(chr(39) + 'v' + chr(39), chr(39) + 'v' + chr(39) + ', ' + chr(39) + 'gt' + chr(39) + ', 1', chr(39) + 'w' + chr(39) + ', ' + chr(39) + 'eq' + chr(39) + ', ' + chr(39) + 'x' + chr(39))})|list)"
        if rule == 14:
            return f"({self.list(d)}|{self.pick('batch(2)', 'batch(3, 0)', 'slice(2)', 'slice(3, none)', 'slice(3, 0)')}|list)"
        if rule == 15:
            group_by = self.pick("'w'", "'w', case_sensitive=true", "'v'", "'q', default=1")
            return f"(ld|groupby({group_by}))"
        if rule == 16:
            return f"(d|dictsort({self.pick('', 'true', 'by=' + chr(39) + 'value' + chr(39), 'reverse=true')}))"
        if rule == 17:
            return f"({self.pick('d.items()', 'd.values()', 'd.keys()', 'd|items')}|list)"
        if rule == 18:
            return f"({self.list(d)}|{self.pick('unique', 'reverse', 'list')}|list)"
        if rule == 19:
            return f"({self.text(d)}).{self.pick('split()', 'splitlines()', 'rsplit(none, 1)', 'partition(' + self.literal_text() + ')')}"
        if rule == 20:
            return f"({self.list(d)} * 2)"
        return f"({self.list(d)} if {self.truth(d)} else {self.list(d)})"

    def dict(self, depth):
        d = depth - 1
        return self.pick("d", "{}", "{'a': 1, 'b': %s}" % self.any(d), "{1: 'x', 1.0: 'y', true: 'z'}", "dict(a=1, b=%s)" % self.any(d),
                         "dict(d, q=2)", "{%s: %s}" % (self.any(d), self.any(d)), "ld[0]")

    def truth(self, depth):
        d = depth - 1
        if depth <= 0:
            return self.pick("b", "true", "false", "not b", "n", "s", "l", "none", "s == t", "n > 1")
        rule = self.rng.randrange(13)
        if rule < 3:
            return f"{self.any(d)} {self.pick('==', '!=')} {self.any(d)}"
        if rule == 3:
            return f"{self.number(d)} {self.pick('<', '>', '<=', '>=')} {self.number(d)}"
        if rule == 4:
            return f"{self.number(d)} < {self.number(d)} <= {self.number(d)}"
        if rule == 5:
            return f"{self.text(d)} {self.pick('<', '>=', 'in', 'not in', '==')} {self.text(d)}"
        if rule == 6:
            return f"{self.any(d)} {self.pick('in', 'not in')} {self.list(d)}"
        if rule < 10:
            test = self.pick("defined", "undefined", "none", "string", "number", "integer", "float", "mapping", "sequence", "iterable", "boolean", "true",
                             "false", "odd", "even", "divisibleby 3", "divisibleby(2)", "lower", "upper", "callable", "eq 1", "ne(2)", "in [1, 'a']",
                             "escaped", "sameas none", "gt 1", "filter", "test")
            return f"({self.pick(self.any(d), 'zz', 'd.zz', 's.strip')} is {self.pick('', 'not ')}{test})"
        if rule == 10:
            return f"({self.truth(d)} {self.pick('and', 'or')} {self.truth(d)})"
        if rule == 11:
            return f"(not {self.truth(d)})"
        return self.any(d)

    def any(self, depth):
        d = depth
        rule = self.rng.randrange(12)
        if rule < 4:
            return self.text(d)
        if rule < 7:
            return self.number(d)
        if rule < 9:
            return self.list(d)
        if rule == 9:
            return self.dict(d)
        if rule == 10:
            return self.pick("none", "b", "any", "true", "any", "d.a", "d['é']", "mix[0]", "zz", "d.zz", "ll[0]", "mix[idx]", "ld[0].v", "any.a", "any[0]")
        return f"({self.truth(d - 1)})" if d > 0 else "b"

    # Statements.

    def tag(self, inside):
        left = self.pick("{%", "{%", "{%", "{%-", "{%+")
        right = self.pick("%}", "%}", "%}", "-%}", "+%}")
        return f"{left} {inside} {right}"

    def data(self):
        return self.pick("", " ", "\n", "x", "  y ", "\n  ", "é\n", "\r\n", "a\n\n", "{", "}", "% ", "#", "\t", "日 本", "'", "{ {")

    def shown(self, depth):
        return self.pick("{{ %s }}", "{{ %s }}", "{{%s}}", "{{- %s }}", "{{ %s -}}", "{{+ %s }}") % self.any(depth)

    def block(self, depth):
        if depth <= 0:
            return self.data() + self.shown(2) + self.data()
        d = depth - 1
        rule = self.rng.randrange(24)
        inner = lambda: "".join(self.block(d) for _ in range(self.rng.randrange(1, 3)))
        if rule < 5:
            return self.data() + self.shown(3) + self.data()
        if rule < 8:
            parts = self.tag("if " + self.truth(2)) + inner()
            if self.rng.random() < 0.3:
                parts += self.tag("elif " + self.truth(2)) + inner()
            if self.rng.random() < 0.5:
                parts += self.tag("else") + inner()
            return parts + self.tag("endif")
        if rule < 13:
            return self.loop(d, inner)
        if rule == 13:
            name = self.pick("v", "w", "s", "x", "größe")
            out = self.tag(f"set {name} = {self.any(2)}")
            self.names.append(name)
            return out + inner() + "{{ %s }}" % name
        if rule == 14:
            return self.tag(f"set v{self.pick('', ' | upper', ' | trim | length')}") + inner() + self.tag("endset") + "[{{ v }}]"
        if rule == 15:
            return self.tag(f"set a, c = {self.any(1)}, {self.any(1)}") + "{{ a }}/{{ c }}" + inner()
        if rule == 16:
            return (self.tag(f"set ns = namespace(x={self.any(1)}, y=0)") + self.tag(f"for i in {self.list(1)}")
                    + self.tag(f"set ns.y = {self.pick('ns.y + 1', 'i', 'loop.index', 'ns.x')}") + self.tag("endfor") + "{{ ns.y }}{{ ns.x }}")
        if rule == 17:
            return self.macro(d, inner)
        if rule == 18:
            return self.tag(f"filter {self.pick('upper', 'trim', 'title', 'replace(' + self.literal_text() + ', ' + self.literal_text() + ')', 'indent(2)', 'lower|trim')}") + inner() + self.tag("endfilter")
        if rule == 19:
            return self.tag(f"with {self.pick('', 'q = ' + self.any(1), 'q = 1, s = ' + self.text(1), 's = t, t = s')}") + inner() + "{{ s }}{{ q|default('-') }}" + self.tag("endwith")
        if rule == 20:
            return self.tag("raw") + self.pick("{{ x }}", "{% if %}", "  a\n ", "{# c #}") + self.tag("endraw")
        if rule == 21:
            return self.data() + self.pick("{# c #}", "{#- c -#}", "{# a\n b #}\n", "  {# x #}") + self.data()
        if rule == 22:
            return self.tag("print " + self.any(2))
        if self.chat:
            return self.tag("generation") + inner() + self.tag("endgeneration")
        return self.tag("call(x) m0()") + "{{ x }}" + self.tag("endcall") if self.rng.random() < 0.1 else self.shown(2)

    def loop(self, d, inner):
        target = self.pick("x", "x", "x", "x, y", "s", "k, v")
        source = self.pick(self.list(2), self.list(2), "d.items()", "ld", self.text(1), "range(3)", "d", "ll", "(1, 2, 3)")
        head = f"for {target} in {source}"
        if self.rng.random() < 0.2:
            head += " if " + self.pick("x", "x is string", "loop is undefined", self.truth(1))
        recursive = self.rng.random() < 0.08
        if recursive:
            head += " recursive"
        body = self.pick("{{ x }}", "{{ loop.index }}:{{ x }}", "{{ loop.first }}{{ loop.last }}", "{{ loop.cycle('a', 'b') }}",
                         "{{ loop.revindex }}/{{ loop.length }}", "{{ loop.previtem|default('-') }}{{ loop.nextitem|default('-') }}",
                         "{{ loop.changed(x) }}", "{{ loop.depth }}{{ loop.index0 }}{{ loop.revindex0 }}", "{{ k }}={{ v }}", "{{ x }},{{ y }}", "{{ s }}",
                         "{{ loop }}", "{% if loop.first %}F{% endif %}", "{% if not loop.last %}, {% endif %}")
        if recursive:
            body += self.pick("", "{% if x is sequence and x is not string and loop.depth < 3 %}({{ loop(x) }}){% endif %}")
        if self.chat and self.rng.random() < 0.3:
            body += self.pick("{% break %}", "{% if loop.index > 1 %}{% break %}{% endif %}", "{% continue %}z", "{% if x %}{% continue %}{% endif %}z")
        if self.rng.random() < 0.2:
            body += self.pick("{% set s = 'inner' %}{{ s }}", "{{ s }}{% set s = x %}", "{% if loop.first %}{% set t = 1 %}{% endif %}{{ t }}")
        out = self.tag(head) + body + (inner() if self.rng.random() < 0.4 else "")
        if self.rng.random() < 0.3:
            out += self.tag("else") + self.pick("none", "{{ x is defined }}", inner())
        return out + self.tag("endfor") + self.pick("", "", "{{ s }}{{ x is defined }}")

    def macro(self, d, inner):
        parameters = self.pick("", "p", "p, q=2", "p=1, q=p", "p, q=s")
        body = self.pick("{{ p }}", "{{ p }}{{ q }}", "{{ varargs }}", "{{ kwargs }}", "{{ caller() if caller }}", "{{ s }}", "{{ p|default('?') }}{{ varargs|length }}", inner())
        call = self.pick("", "1", "1, 2", "p=3", "q=4, p=5", "1, 2, 3", "z=9", "*[1, 2]", "**{'p': 7}", self.any(1))
        out = self.tag(f"macro mm({parameters})") + body + self.tag("endmacro")
        if self.rng.random() < 0.3:
            out += self.tag(f"call{self.pick('', '(y)', '(y=1)')} mm({call})") + self.pick("in", "{{ y }}", inner()) + self.tag("endcall")
        return out + "{{ mm(%s) }}" % call + self.pick("", "{{ mm.name }}", "{{ mm }}")

    def template(self):
        self.names = []
        if self.rng.random() < 0.45:
            return self.shown(self.pick(1, 2, 3, 4))
        return "".join(self.block(self.rng.randrange(0, 4)) for _ in range(self.rng.randrange(1, 4))) + self.pick("", "\n", "\n\n", " \n")


# The comparison.

# jinja2 computes constants at compile time, writes an infinite one as the name `inf` and then does not find it.
INFINITE_CONSTANTS = ("NameError: name 'inf' is not defined", "NameError: name 'nan' is not defined")


class Tally:
    def __init__(self):
        self.counts = collections.Counter()
        self.refused = collections.Counter()
        self.differences = []

    def add(self, pair, answer):
        text, error = expected(pair["template"], pair["row"], pair["dialect"])
        if "memory at 0x" in (text or "") or " at 0x" in (text or ""):
            text, error = None, "an address"
        if error and error.startswith(("TookTooLong", "MemoryError")):
            self.counts["took too long"] += 1
            return
        if error in INFINITE_CONSTANTS:
            self.counts["infinite constants"] += 1
            return
        self.counts["pairs"] += 1
        if "error" in answer:
            refused = "not supported: " in answer["error"]
            if text is None and not refused:
                self.counts["both refuse"] += 1
            elif refused:
                self.counts["refused by name"] += 1
                self.refused[answer["error"].split("not supported: ", 1)[1][:60]] += 1
            else:
                self.differences.append((pair, text, error, answer))
        elif text is not None and answer["text"] == text:
            self.counts["equal"] += 1
        else:
            self.differences.append((pair, text, error, answer))


def answers(driver, pairs):
    lines = "".join(json.dumps(pair) + "\n" for pair in pairs)
    done = subprocess.run([driver], input=lines, capture_output=True, text=True, check=False)
    found = [json.loads(line) for line in done.stdout.split("\n") if line]
    if len(found) < len(pairs):  # the driver died: of this pair
        print("DRIVER ENDED", done.returncode, json.dumps(pairs[len(found)]))
        found.append({"error": "the driver ended"})
        found += answers(driver, pairs[len(found):]) if len(found) < len(pairs) else []
    return found


def generated(seed, count, grammar=Grammar):
    rng = random.Random(seed)
    rows = Rows(rng)
    while count > 0:
        dialect = rng.choice(["task", "chat"])
        template = grammar(rng, dialect == "chat").template()
        for _ in range(min(count, 3)):
            yield {"template": template, "row": rows.row(), "dialect": dialect}
            count -= 1


def from_files(paths, rows_path):
    rows = json.loads(Path(rows_path).read_text(encoding="utf-8")) if rows_path else []
    for path in paths:
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            one = json.loads(line)
            row = one.get("row", {})
            row = rows[row] if isinstance(row, int) else row
            for dialect in [one["dialect"]] if "dialect" in one else ["task", "chat"] if not rows else ["task"]:
                yield {"template": one["template"], "row": row, "dialect": dialect}


def write_cases(count=400):
    """A choice of generated pairs as a test, with what jinja2 gives."""
    kept = []
    for pair in generated(12, 100_000):
        if len(kept) == count:
            break
        if kept and kept[-1]["template"] == pair["template"] or len(pair["template"]) > 160:
            continue
        text, error = expected(pair["template"], pair["row"], pair["dialect"])
        if (text is None and len(kept) % 6 != 0) or " at 0x" in (text or "") or (text is not None and not text.strip()):
            continue
        used = {name: value for name, value in pair["row"].items() if name in pair["template"]}
        if expected(pair["template"], used, pair["dialect"]) != (text, error):
            used = pair["row"]
        kept.append({"template": pair["template"], "dialect": pair["dialect"], "row": used,
                     **({"text": text} if text is not None else {"error": error.split(":")[0]})})
    CASES.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in kept), encoding="utf-8")
    print(f"{CASES}: {len(kept)} cases")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--driver", default=str(ROOT / "build/dev/tests/jinja_driver"))
    parser.add_argument("--pairs", type=int, default=50_000)
    parser.add_argument("--long", action="store_true", help="500,000 pairs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--forms", action="store_true", help="with the further forms of jinja_forms.py")
    parser.add_argument("--files", nargs="*")
    parser.add_argument("--rows")
    parser.add_argument("--finds", help="file that pairs with a difference are added to, as JSON lines")
    parser.add_argument("--write-cases", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGALRM, stop)
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, resource.RLIM_INFINITY))
    if options.write_cases:
        write_cases()
        return 0
    pairs = from_files(options.files, options.rows) if options.files else generated(
        options.seed, 500_000 if options.long else options.pairs, jinja_forms.further(Grammar) if options.forms else Grammar)
    tally = Tally()
    chunk = []
    for pair in pairs:
        chunk.append(pair)
        if len(chunk) == CHUNK:
            for one, answer in zip(chunk, answers(options.driver, chunk)):
                tally.add(one, answer)
            chunk = []
    for one, answer in zip(chunk, answers(options.driver, chunk)):
        tally.add(one, answer)
    for pair, text, error, answer in tally.differences[:30]:
        used = {name: value for name, value in pair["row"].items() if name in pair["template"]}
        print("DIFFERENCE", pair["dialect"], repr(pair["template"]), "\n  row     ", repr(used)[:300], "\n  jinja2  ",
              repr(text) if text is not None else error, "\n  ours    ", repr(answer.get("text")) if "text" in answer else answer["error"])
    if options.finds:
        with open(options.finds, "a", encoding="utf-8") as file:
            for pair, text, error, answer in tally.differences:
                file.write(json.dumps(pair, ensure_ascii=False) + "\n")
    for reason, count in tally.refused.most_common(40):
        print(f"refused {count:7}  {reason}")
    counts = tally.counts
    print(f"pairs {counts['pairs']}, equal {counts['equal']}, refused by both {counts['both refuse']}, "
          f"refused by name {counts['refused by name']}, differences {len(tally.differences)}"
          f" (not compared: {counts['infinite constants']} with constants that jinja2 makes infinite and cannot name)")
    return 1 if tally.differences else 0


if __name__ == "__main__":
    sys.exit(main())

"""Further forms of templates for jinja_campaign.py (--forms): what its own grammar seldom or never writes."""


def further(base):
    """A grammar that writes everything `base` writes, and more."""

    class Further(base):
        STRINGS = (r'"\a\b\f\v"', r"'\0'", r"'\101b'", r"'\U0001F600'", r"'\N{DASH}'", r"'a\'b'", r'"a\"b"', r"'\\n'", r"'\d'", "'a' 'b'",
                   '"a" \'b\' "c"', "'a\\\nb'", "'a\nb'", r"'\xe9\u00df'", r"'\x0'", "'{{ x }}'", "'%}'", "'#}'", "'{% raw %}'", r"'\r\n'",
                   "'ǅŉ'", "'İ'", "'ΑΣ'", "'ﬁ'", "'\\u0130'", "'%'", "'\u00a0x\u2003'", "'1,234.5'", "'a-b_c d.e'", "'x=1&y=a b'")
        NUMBERS = ("0", "00", "1__0", "1_0", "01", "1e-3", "1.5E+3", "1.", ".5", "1.e3", "0XFF", "0B11", "0O7", "1e400", "1_0.5_0", "9" * 40,
                   "2**100", "-2**63", "(dict(a='inf').a|float)", "(dict(a='nan').a|float)", "(-(dict(a='inf').a|float))", "1e16", "123456789012345678", "0.1 + 0.2",
                   "1e22", "1e-7", "5e-324", "1.7976931348623157e308", "true", "-0.0", "2**53+1", "10**20", "7.0", "0xff_ff", "1.0e0")

        def number(self, depth):
            r = self.rng.random()
            if r < 0.12:
                return "(" + self.pick(*self.NUMBERS) + ")"
            if r < 0.3 and depth > 0:
                d = depth - 1
                n = lambda: self.number(d)
                return self.pick(
                    lambda: f"({n()} // {n()} % {n()})", lambda: f"(-{n()} ** 2)", lambda: f"(2 ** -{n()})" if d < 1 else f"(2 ** -1)",
                    lambda: f"(+{n()})", lambda: f"(- -{n()})", lambda: f"(-{n()}|abs)", lambda: f"({n()} - -{n()})",
                    lambda: f"({n()} + {n()} * {n()} - {n()})", lambda: f"(({n()})|int(default={n()}))", lambda: f"({self.any(d)}|float(default={n()}))",
                    lambda: f"(({n()})|round(precision={self.pick('0', '1', '-2', '3')}, method='{self.pick('common', 'ceil', 'floor')}'))",
                    lambda: f"({self.numbers(d)}|sum(attribute=none, start={n()}))", lambda: f"(ld|sum(attribute='v'))",
                    lambda: f"(ld|{self.pick('min', 'max')}(attribute='v')).v", lambda: f"(ld|sum('v', {n()}))",
                    lambda: f"({self.text(d)}|int({n()}, {self.pick('2', '8', '10', '16', '36', '0')}))",
                    lambda: f"({n()}).{self.pick('real', 'imag', 'bit_length()', 'conjugate()', 'is_integer()', 'numerator', 'denominator', 'hex()')}",
                    lambda: f"{self.list(d)}.index({self.any(d)})", lambda: f"({self.text(d)}.split()|length)",
                    lambda: f"({self.pick(self.text(d), self.list(d))}).__len__()", lambda: f"({n()} and {n()} or {n()})",
                    lambda: f"({n()} if {self.truth(d)})", lambda: f"({n()}|default({n()}, true))",
                    lambda: f"(nums[{self.pick('0', '-1', 'idx')}])", lambda: f"(range({self.pick('3', 'n', '2, 9, 3')})|sum)",
                    lambda: f"(range(10)[{self.pick('0', '-1', '3', '20')}])", lambda: f"(true + {n()})", lambda: f"({n()}|string|int)")()
            return super().number(depth)

        def step(self):
            return self.pick("", "1", "2", "-1", "-2", "3", "idx", "none", "true", "n", "12345678901234567890", "0", "f")

        def text(self, depth):
            r = self.rng.random()
            if r < 0.1:
                return "(" + self.pick(*self.STRINGS) + ")"
            if r < 0.4 and depth > 0:
                d = depth - 1
                t, x, n = (lambda: self.text(d)), (lambda: self.any(d)), (lambda: self.number(d))
                key = lambda: self.pick("length", "width", "first", "d", "x")
                return self.pick(
                    lambda: f"({t()})[{self.step()}:{self.step()}:{self.step()}]",
                    lambda: f"({t()}|truncate(length={self.pick('3', '6', '255')}, killwords={self.pick('true', 'false')}, end={t()}, leeway={self.pick('0', '3', 'none')}))",
                    lambda: f"({t()}|indent({self.pick('4', 'width=3', '2, false, true', 'first=true', 'width=1, blank=true', '-1', 'none', 'true', '1.5')}))",
                    lambda: f"({t()}|replace({t()}, {t()}, {self.pick('count=2', '0', '-1', 'none', 'true')}))",
                    lambda: f"({x()}|replace(old={x()}, new={x()}))", lambda: f"({x()}|trim)", lambda: f"({x()}|{self.pick('upper', 'lower', 'title', 'capitalize', 'center(9)', 'wordcount|string', 'urlencode', 'e')})",
                    lambda: f"({x()}|default({x()}, {self.pick('true', 'false', 'boolean=true')})|string)", lambda: f"({x()}|d(default_value={x()})|string)",
                    lambda: f"({self.list(d)}|join({t()}, attribute={self.pick(repr('n'), repr('v'), '0', repr('a.b'))}))",
                    lambda: f"(ld|map(attribute='{self.pick('n', 'v', 'w', 'zz', 'n.0')}')|join('|'))",
                    lambda: f"(ld|map(attribute='{self.pick('n', 'v')}')|map('{self.pick('string', 'upper', 'length', 'trim')}')|join(d='+'))",
                    lambda: f"(l|map('replace', {t()}, {t()})|join)", lambda: f"({self.dict(d)}|xmlattr{self.pick('', '(false)', '(autospace=true)')})",
                    lambda: f"({n()}|filesizeformat{self.pick('', '(true)', '(binary=false)')})",
                    lambda: f"({x()}|tojson({self.pick('', 'indent=2', 'indent=0', 'indent=none', '4')}))",
                    lambda: f"({x()}|tojson({self.pick('ensure_ascii=true', 'sort_keys=true', 'indent=1, sort_keys=true', 'separators=(chr, chr)', 'separators=(' + repr(',') + ', ' + repr(':') + ')')}))",
                    lambda: f"({self.pick(x(), n())}|{self.pick('string', 'pprint', 'safe', 'forceescape', 'escape|upper', 'safe|e', 'e|safe|length|string')})",
                    lambda: f"({x()} ~ {n()} ~ {x()})", lambda: f"({t()}|e + {t()})", lambda: f"({t()} + {t()}|safe)", lambda: f"(({t()}|e) ~ {t()})",
                    lambda: f"({t()}).{self.pick('center', 'ljust', 'rjust')}({self.pick('9', '10, ' + repr('*'), '-1', '5, ' + repr('é'), '4, ' + repr('ab'), 'true')})",
                    lambda: f"({t()}).{self.pick('zfill(5)', 'expandtabs()', 'expandtabs(tabsize=2)', 'swapcase()', 'casefold()', 'encode()|string', 'format_map(d)', 'translate({97: 98})', 'title()', 'isidentifier()', 'rindex(' + t() + ')')}",
                    lambda: f"({t()}).split({self.pick('', 'none', repr(' '), repr('') , t())}{self.pick('', '', ', 2')})|join('/')",
                    lambda: f"({t()}).{self.pick('split', 'rsplit')}(maxsplit={self.pick('0', '1', '-1')})|join('/')",
                    lambda: f"({t()}).{self.pick('splitlines(keepends=true)', 'partition(' + t() + ')', 'rpartition(' + t() + ')')}|join('/')",
                    lambda: f"({t()}).{self.pick('startswith', 'endswith')}({self.pick(t(), '(' + t() + ', ' + t() + ')', t() + ', 1', t() + ', 0, 2', '()', '1')})|string",
                    lambda: f"({t()}).{self.pick('count', 'find', 'rfind', 'index')}({t()}, {self.pick('1', '-2', 'none', '0, 3', '5, 1', '0, none')})|string",
                    lambda: f"({t()}).replace({t()}, {t()}, {self.pick('0', '2', '-1', 'true', 'count=1')})", lambda: f"({t()}).strip({self.pick('none', t(), '1')})",
                    lambda: f"({x()}.{self.pick('a', 'b', 'k', '0', 'n', 'upper()', 'get(' + repr('a') + ', 1)', 'x')}|string)",
                    lambda: f"(d.get({x()}, {x()})|string)", lambda: f"(d[{self.pick(t(), x())}]|string)", lambda: f"(({x()})[{x()}]|default('?')|string)",
                    lambda: f"({t()} if {self.truth(d)} else {t()} if {self.truth(d)} else {t()})", lambda: f"({t()} * {n()})" if d < 1 else f"({t()} * 2)",
                    lambda: f"(d|string)", lambda: f"({self.dict(d)}|string)", lambda: f"(({self.pick('', x() + ',', x() + ', ' + x())})|string)",
                    lambda: f"({self.dict(d)}.{self.pick('copy()', 'keys()', 'values()', 'items()', 'pop(' + repr('a') + ', 0)', 'popitem()', 'setdefault(' + repr('q') + ', 1)', 'update(a=3)', 'clear()', 'fromkeys([1])')}|string)",
                    lambda: f"({self.list(d)}.{self.pick('append(1)', 'pop()', 'copy()', 'reverse()', 'insert(0, 9)', 'extend([1])', 'remove(1)', 'sort()', 'clear()', 'index(1)', 'count(1)')}|string)",
                    lambda: f"({t()}|{self.pick('first', 'last')})", lambda: f"({t()}|list|{self.pick('unique', 'sort', 'reverse')}|join)", lambda: f"({x()}|attr({self.pick(repr('a'), repr('upper'), repr('real'), t())})|string)",
                    lambda: f"({self.list(d)}|{self.pick('min', 'max', 'first', 'last')}|string)", lambda: f"(l|{self.pick('min', 'max')}(case_sensitive=true))", lambda: f"({t()}|urlencode)", lambda: f"({self.dict(d)}|urlencode)",
                    lambda: f"({self.pick('()', '(1)', '(1,)', '[1,]', '[]', '{}', repr('') , '{' + repr('a') + ': 1,}')}|string)")()
            return super().text(depth)

        def format(self, d):
            if self.rng.random() < 0.5:
                return super().format(d)
            x, n = (lambda: self.any(d)), (lambda: self.number(d))
            spec = self.pick("%*d", "%-*d|", "%.*f", "%(a)s", "%(é)s", "%ld", "%5%", "%", "%z", "%+.3e", "%#.0f", "%0-5d|", "% 05d", "%+ d", "%#X", "%.0e", "%#g", "%10.4g",
                             "%.3r", "%5c", "%s %s", "%%%s", "%a", "%u", "%(a)d %(b)s", "%010.3f", "%.30f", "%.17g", "%()s")
            value = self.pick(n, x, lambda: f"({n()}, {n()})", lambda: f"({x()}, {x()})", lambda: "d", lambda: f"{{'a': {x()}, 'b': {n()}}}", lambda: f"[{x()}]", lambda: "()")
            if self.rng.random() < 0.5:
                return f"'{spec}' % {value()}"
            field = self.pick("{0[a]}", "{0[0]}", "{a[b]}", "{0.real}", "{:{}}", "{:{w}}", "{{}}{}", "{!s:>8}", "{!r:*<8}", "{!a}", "{:+.3e}", "{:<08}", "{:08,}", "{:08_.2f}", "{:,.2f}",
                              "{:.0f}", "{:#.0f}", "{:#g}", "{:c}", "{:o}", "{:X}", "{:#X}", "{:n}", "{:=+8}", "{:>+8.1f}", "{:é^8}", "{:.2s}", "{:5s}", "{:<5s}|", "{:^5}|", "{0}{0}", "{}{}", "{1}{0}",
                              "{", "}", "{0", "{:G}", "{:.3%}", "{:z}", "{:,d}", "{:_x}", "{:_b}", "{:010b}", "{: d}", "{: .2f}", "{:s>5}", "{:=5}", "{!x}", "{:5.2}", "{:.10}", "{:.0}", "{:E}", "{:020.3f}", "{a!r}", "{ a }", "{0!r:}",
                              "{:,}{:_}", "{:.17g}", "{:.1g}", "{:.15}", "{:-}")
            return f"'{field}'.format({self.pick(n, x)()}, {self.pick(n, x)()}, a={x()}, w={self.pick('5', repr('>7'), n())})"

        def list(self, depth):
            if depth > 0 and self.rng.random() < 0.3:
                d = depth - 1
                x, li = (lambda: self.any(d)), (lambda: self.list(d))
                return self.pick(
                    lambda: f"({self.pick('l', 'nums', 'mix', '(1, 2, 3, 4, 5)', 'range(7)', '[1, 2, 3, 4]|list', li())})[{self.step()}:{self.step()}:{self.step()}]",
                    lambda: f"(ld|groupby(attribute='{self.pick('w', 'v', 'n')}'{self.pick('', ', default=' + repr(''), ', case_sensitive=true')})|map(attribute='{self.pick('list', 'grouper', '0', '1')}')|list)",
                    lambda: f"({li()}|batch(linecount={self.pick('1', '2', '0', '-1', 'true', '2.0')}{self.pick('', ', fill_with=' + x())})|list)",
                    lambda: f"({li()}|slice(slices={self.pick('1', '2', '4', '0', '-1', 'true')}{self.pick('', ', fill_with=' + x())})|list)",
                    lambda: f"({li()}|sort(reverse={self.pick('true', 'false', '1', 'none')}, case_sensitive={self.pick('true', 'false')}))",
                    lambda: f"(ld|sort(attribute='{self.pick('n', 'v', 'w,n', 'w,v', 'n.0', 'zz')}', reverse={self.pick('true', 'false')}))",
                    lambda: f"(ld|unique(attribute='{self.pick('w', 'n', 'v')}')|list)", lambda: f"({li()}|unique(case_sensitive={self.pick('true', 'false')})|list)",
                    lambda: f"({self.dict(d)}|dictsort(case_sensitive={self.pick('true', 'false')}, by='{self.pick('key', 'value', 'x')}', reverse={self.pick('true', 'false')}))",
                    lambda: f"({self.dict(d)}|{self.pick('items', 'list', 'sort', 'first', 'last', 'length', 'join', 'map(' + repr('upper') + ')|list', 'reverse|list', 'dictsort|map(' + repr('last') + ')|list')})",
                    lambda: f"(ld|{self.pick('selectattr', 'rejectattr')}({self.pick(repr('v'), repr('n') + ', ' + repr('in') + ', ' + repr('abc'), repr('w') + ', ' + repr('sameas') + ', ' + repr('x'), repr('v') + ', ' + repr('divisibleby') + ', 2', repr('zz') + ', ' + repr('undefined'), repr('zz'), repr('v') + ', ' + repr('>=') + ', 3', repr('n') + ', ' + repr('equalto') + ', ' + repr('a'))})|list)",
                    lambda: f"({li()}|{self.pick('select', 'reject')}({self.pick(repr('in') + ', ' + li(), repr('==') + ', ' + x(), repr('zzz'), repr('sameas') + ', true', repr('iterable'), repr('callable'), repr('boolean'), repr('divisibleby') + ', num=2', repr('filter'))})|list)",
                    lambda: f"({li()}|map({self.pick(repr('default') + ', ' + x(), repr('round') + ', precision=1', repr('format') + ', 1', repr('join') + ', ' + repr('-'), repr('last'), repr('attr') + ', ' + repr('a'), repr('sum'), repr('sort'), repr('trim') + ', ' + repr('a'), 'attribute=' + repr('a.b'), 'attribute=1', 'attribute=-1', repr('zzz'), repr('indent') + ', first=true', repr('dictsort'), repr('batch') + ', 2', repr('truncate') + ', 4, true', repr('int') + ', -1', repr('float') + ', none')})|list)",
                    lambda: f"({x()}, {x()})", lambda: f"({x()},)", lambda: f"[{x()}, {x()},]", lambda: f"({li()} + [{x()}])", lambda: f"(({x()},) + ({x()},))", lambda: f"({li()}|list)",
                    lambda: f"({self.text(d)}|list)", lambda: f"({self.number(d)} * [{x()}])" if d < 1 else "[1] * 2", lambda: f"(range({self.pick('n', 'idx', '0, idx', '5, 0, -1', '3, f', '-3')}))", lambda: f"({li()}|default([{x()}], true))",
                    lambda: f"({li()} or [{x()}])", lambda: f"({li()}|{self.pick('first', 'last')}|list)", lambda: f"(d.items()|{self.pick('list', 'sort', 'map(' + repr('first') + ')|list', 'map(attribute=1)|list', 'reverse|list')})", lambda: f"(s.splitlines())", lambda: f"(mix|map('{self.pick('type', 'string', 'tojson', 'length', 'e')}')|list)")()
            return super().list(depth)

        def dict(self, depth):
            if self.rng.random() < 0.4:
                d = depth - 1
                return self.pick(lambda: "{'a': 1, 'B': 2, 'é': 'x<y'}", lambda: f"{{'class': {self.text(d)}, 'id': none, 'n': {self.number(d)}}}", lambda: "{none: 1, true: 2, 1.5: 3}", lambda: "{'a': {'b': [1, (2, 3), {}]}}",
                                 lambda: f"dict(**d)", lambda: f"dict([('a', {self.any(d)})])", lambda: f"dict({{'a': 1}}, b={self.any(d)})", lambda: "{(1, 2): 'x'}", lambda: f"{{'k': {self.any(d)}, 'k': 2,}}", lambda: "dict(a=1).copy()", lambda: f"dict({self.list(d)})")()
            return super().dict(depth)

        def truth(self, depth):
            if depth > 0 and self.rng.random() < 0.35:
                d = depth - 1
                x, n, t = (lambda: self.any(d)), (lambda: self.number(d)), (lambda: self.text(d))
                op = lambda: self.pick("==", "!=", "<", ">", "<=", ">=")
                return self.pick(
                    lambda: f"({x()} {op()} {x()})", lambda: f"({self.list(d)} {op()} {self.list(d)})", lambda: f"({n()} {op()} {n()} {op()} {n()})", lambda: f"({n()} == {n()} in [{n()}])", lambda: f"(not {x()} in {self.list(d)})",
                    lambda: f"(not {x()} is {self.pick('none', 'defined', 'string', 'odd')})", lambda: f"({x()} is {self.pick('not ', '')}{self.pick('sameas(' + x() + ')', 'sameas none', 'sameas true', 'in(' + self.list(d) + ')', 'eq ' + n(), '== 1', 'gt(' + n() + ')', 'ge 2', 'lessthan 3', 'equalto(' + x() + ')', 'ne none', 'divisibleby(num=2)', 'divisibleby 0', 'zzz', 'string and b', 'none or b')})",
                    lambda: f"({x()}|{self.pick('length', 'string', 'list', 'first')} is {self.pick('number', 'string', 'defined', 'odd', 'gt 2')})", lambda: f"({n()} is divisibleby 3 and {n()} is odd)", lambda: f"(-{n()} is number)", lambda: f"({n()} + 1 is number)", lambda: f"({t()} ~ {t()} is string)",
                    lambda: f"({self.pick('s', 'zz', 'd.a', 'd.a.b', 'l[9]', 'ld[0].zz', 'd', 'none.x', 'loop', 'self', 'range', 'dict', 'caller')} is {self.pick('', 'not ')}{self.pick('defined', 'undefined', 'none', 'string', 'mapping', 'callable', 'iterable', 'sequence')})",
                    lambda: f"({self.dict(d)} {op()} {self.dict(d)})", lambda: f"({x()} in {self.pick('d', self.dict(d), t(), 'range(5)', 'd.values()', 'd.items()', 'nums', 'none', '1')})", lambda: f"({x()} not in {self.pick('d', 'l', t())})", lambda: f"({t()} in {t()} == true)",
                    lambda: f"({x()} and not {x()} or {x()})", lambda: f"({t()}.{self.pick('isdigit', 'isalpha', 'isalnum', 'isspace', 'isupper', 'istitle', 'isdecimal', 'isnumeric', 'isascii', 'isprintable')}())", lambda: f"({self.list(d)}|{self.pick('select', 'reject')}|list|length > 0)")()
            return super().truth(depth)

        def data(self):
            if self.rng.random() < 0.4:
                return self.pick("\n\n  ", "\r", "\r\n\r\n", " \t\n", "\x0b", "\x0c\n", "\u2028", "\u00a0", "}}", "%}", "#}", "{", "{\n%", "-%}", "a -", "\n \t", "-", "+", "{{ '{{' }}", "##", "# x\n", "%% y\n", "\\n", "\u200b", "\x00", "\x85\n ")
            return super().data()

        def tag(self, inside):
            if self.rng.random() < 0.15:
                return self.pick("{%- ", "{%+ ", "{% ", "{%", "{%-", "{%\n") + inside + self.pick(" -%}", " +%}", " %}", "%}", "-%}", "\n%}", " -%}\n", " %}\n", " %}\r\n", " %} \n", "%}\n\n")
            return super().tag(inside)

        def shown(self, depth):
            if self.rng.random() < 0.1:
                return self.pick("{{-%s-}}", "{{%s}}\n", "{{ %s }}\r\n", "{{\n%s\n}}", "{{ %s -}}\n ", " \n{{- %s }}", "{{ %s, }}", "{{ %s, 1 }}", "{{ (%s) }}") % self.any(depth)
            return super().shown(depth)

        def block(self, depth):
            if depth > 0 and self.rng.random() < 0.45:
                d = depth - 1
                inner = lambda: "".join(self.block(d) for _ in range(self.rng.randrange(1, 3)))
                x, li, T = (lambda: self.any(1)), (lambda: self.list(1)), self.tag
                return self.pick(
                    lambda: T(f"for {self.pick('a, b', '(a, b)', 'a, (b, c)', 'a,', '[a, b]', 'x', 'loop', 'ns.y')} in {self.pick(li(), 'd.items()', 'd.items()', 'd|dictsort', 'll', 'ld|groupby(' + repr('w') + ')', '[(1, (2, 3))]', '[[1, 2]]')}") + "{{ a }}{{ b }}{{ c }}" + inner() + T("endfor"),
                    lambda: T("for x in ll") + T("set outer = loop") + T("for y in x") + "{{ outer.index }}.{{ loop.index }}{{ loop.last }}" + T("else") + "E{{ outer.first }}" + T("endfor") + T("endfor"),
                    lambda: T(f"for x in {li()} if {self.truth(1)}") + "{{ loop.index }}/{{ loop.length }}{{ loop.revindex }}{{ loop.previtem }}" + T("else") + "none" + T("endfor"),
                    lambda: T("for x in [1, [2, [3]], 'ab'] recursive") + "{{ loop.depth }}{{ loop.depth0 }}{{ loop.index }}" + self.pick("{{ x }}", "") + "{% if x is sequence and x is not string %}<{{ loop(x) }}>{% endif %}" + T("else") + "-" + T("endfor"),
                    lambda: T("for x in d recursive") + "{{ x }}{% if d[x] is mapping %}{{ loop(d[x]) }}{% endif %}" + T("endfor"),
                    lambda: T(f"for x in {li()}") + self.pick("{{ loop.cycle(x, 1, 'z') }}", "{{ loop.changed(x, 1) }}", "{{ loop.nextitem is defined }}", "{{ loop.previtem.n }}", "{% if loop.previtem is defined and loop.previtem == x %}={% endif %}", "{{ loop.index is odd }}", "{{ loop['index'] }}", "{{ loop.zz }}", "{{ loop.cycle() }}", "{{ loop|length }}", "{{ loop.length - loop.index }}") + T("endfor"),
                    lambda: T(f"set ns = namespace({self.pick('', 'a=1', '{' + repr('a') + ': 2}', 'd', 'a=[], b=' + x())})") + T(f"set ns.{self.pick('a', 'b', 'é')} = {x()}") + "{{ ns.a }}{{ ns.b }}{{ ns['a'] }}{{ ns.zz }}" + inner(),
                    lambda: T("set ns = namespace(t='')") + T(f"for x in {li()}") + T(f"set ns.t = ns.t ~ {self.pick('x', 'loop.index', repr('-'))}") + T("endfor") + "{{ ns.t }}",
                    lambda: T("set ns = namespace(t=0)") + T("set ns.t") + inner() + T("endset") + "[{{ ns.t }}]",
                    lambda: T(f"set x{self.pick('', '|upper', '|trim|length', '|replace(' + repr('a') + ', ' + repr('b') + ')', '|e', '|list|join(' + repr('.') + ')', '|safe', '|tojson', '|default(' + repr('q') + ', true)', '|indent(2)', '|title', '|string', '|int')}") + inner() + T("endset") + self.pick("[{{ x }}]", "{{ x|length }}", "{{ x is string }}{{ x is escaped }}", "{{ x ~ s }}", "{{ x|e }}"),
                    lambda: T(f"set {self.pick('a, b', '(a, b)', 'a, (b, c)', 'a,')} = {self.pick('1, 2', '(1, 2)', '1, (2, 3)', 'l', 's', 'd', x())}") + "{{ a }}{{ b }}",
                    lambda: T(f"macro mm({self.pick('', 'p', 'p=x', 'p, q=p', 'p=1, q=2, r=3', 's', 'p=[]', 'p, p', 'caller', 'p, *q')})") + self.pick("{{ p }}{{ q }}", "{{ varargs|join }}{{ kwargs|dictsort }}", "{{ caller(1, 2) }}", "{{ caller(p=3) }}", "{{ caller() }}{{ caller.arguments }}", "{{ x }}{{ s }}", "{{ mm(p) if p is number and 0 < p < 3 }}", "{{ loop is defined }}", "{% set s = 'in' %}{{ s }}", inner()) + T("endmacro")
                    + self.pick("{{ mm(%s) }}", "{{ mm(p=%s) }}", "{{ mm(%s)|upper }}", "{{ mm(*[%s]) }}", "{{ mm(1, q=%s) }}", "{{ mm(**{'p': %s}) }}", "{{ 'a' ~ mm(%s) }}", "{%% set r = mm(%s) %%}{{ r|length }}{{ r is escaped }}", "{%% call mm(%s) %%}C{%% endcall %%}", "{%% call(v) mm(%s) %%}{{ v }}{%% endcall %%}", "{%% call(v, w=2) mm(%s) %%}{{ v }}{{ w }}{%% endcall %%}", "{%% call(p) mm(%s) %%}{{ p }}{{ s }}{%% endcall %%}", "{%% for x in l %%}{{ mm(x) }}{%% endfor %%}%s") % x()
                    + self.pick("", "{{ mm.arguments }}{{ mm.catch_kwargs }}{{ mm.catch_varargs }}{{ mm.caller }}", "{{ mm.name }}"),
                    lambda: T(f"with {self.pick('a = 1, b = a', 'a = s', 'a, b = 1, 2', 's = ' + self.text(1), 'x = ' + x())}") + "{{ a }}{{ b }}{{ s }}" + T("set s = 'w'") + inner() + T("endwith") + "{{ s }}{{ a }}",
                    lambda: T(f"filter {self.pick('upper', 'replace(' + repr('a') + ', ' + self.text(0) + ')', 'trim|title', 'indent(width=2, first=true)', 'length', 'list', 'escape', 'truncate(5)', 'center(20)', 'wordcount', 'urlencode', 'capitalize', 'reverse', 'first', 'int', 'tojson', 'safe', 'zzz')}") + inner() + T("endfilter"),
                    lambda: "{%" + self.pick("", "-", "+") + " raw " + self.pick("", "-", "+") + "%}" + self.pick("  {{ x }}  ", "\n{% for %}\n", "{# #}", " {% raw %} ", "{{ {% endfor %}", "\n\n", "") + "{%" + self.pick("", "-", "+") + " endraw " + self.pick("", "-", "+") + "%}" + self.data(),
                    lambda: self.data() + "{#" + self.pick("", "-", "+") + self.pick("", " a ", "{{ x }}", "\n", "{% if %}", "# ", "'") + self.pick("", "-", "+") + "#}" + self.data(),
                    lambda: T(f"block {self.pick('b1', 'b2', 'b1 scoped', 'b1 required')}") + inner() + T("endblock" + self.pick("", " b1")) + self.pick("", "{{ self.b1() }}"),
                    lambda: T(self.pick("do 1", "include 'x'", "import 'x' as y", "extends 'x'", "from 'x' import y", "trans", "debug", "autoescape true", "autoescape false", "break", "continue", "zzz", "endif", "else", "elif x", "endfor", "if", "for x", "set", "set x", "set 1 = 2", "set x.y = 1", "set none = 1", "print", "print 1, 2", "print(s)", "with", "macro", "call x", "filter", "include x ignore missing")) + inner(),
                    lambda: T("if " + self.truth(2)) + self.data() + T("elif " + self.truth(1)) + inner() + T("elif " + self.truth(1)) + inner() + T("else") + inner() + T("endif"),
                    lambda: T("if false") + T("set zz = 1") + T("endif") + "{{ zz is defined }}{{ zz }}", lambda: T(f"for x in {li()}") + T("if loop.first") + T("set y = x") + T("else") + "{{ y is defined }}" + T("endif") + T("endfor") + "{{ y is defined }}",
                    lambda: T("set c = cycler('a', 'b', 3)") + "{{ c.next() }}{{ c.current }}{{ c.next() }}{{ c.reset() }}{{ c.next() }}", lambda: T("set j = joiner('|')") + T(f"for x in {li()}") + "{{ j() }}{{ x }}" + T("endfor"),
                    lambda: T("set lst = [1, 2]") + "{{ lst.append(3) }}{% set _ = lst.append(%s) %%}{{ lst }}{{ lst.pop() }}{{ lst }}".replace("%%", "%").replace("%s", x()),
                    lambda: T("set dd = {'a': 1}") + "{{ dd.update({'b': %s}) }}{{ dd }}{{ dd.pop('a') }}{{ dd.setdefault('z', 5) }}{{ dd }}" % x(),
                    lambda: T(f"autoescape {self.pick('true', 'false')}") + "{{ s }}{{ '<' ~ t }}{{ s|safe }}" + T("endautoescape"),
                    lambda: T("generation") + inner() + T("endgeneration") if self.chat else self.shown(3))()
            return super().block(depth)

    return Further

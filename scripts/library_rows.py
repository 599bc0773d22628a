"""Rows for the task files of lm-eval's library (scripts/library_campaign.py): the columns that templates and known functions
name, with values of the types that their use asks for, as awkward as these permit."""
import functools
import inspect
import random
import re

import jinja2
from jinja2 import nodes
from lm_eval.api.task import ConfigurableTask, TaskConfig

PIECES = ["a", "B", "word", "école", "ÉTÉ", "straße", "日本語", "العربية", "עברית", "हिन्दी", "😀", "👩‍👩‍👧", "e\u0301", "n\u0303o",
          " ", "  ", "\u00a0", "\u3000", "\u2003", "\t", "\n", "\r\n", "\n\n", "\x0b", "\x1c", "\x85", "\u2028", "\u200b", "\ufeff", "\u202e",
          "{", "}", "{{x}}", "{{ 1 + 1 }}", "{% if %}", "{# no #}", "{", "}}", "'", '"', "'''", '"""', "it's \"so\"", "\\", "\\n", "\\'",
          "[", "]", "[1, 2]", "['a']", "(", ")", ",", ", ", ".", "?", "!", ":", ";", "_", "-", "#", "####", "%s", "<b>", "&amp;", "$x^2$",
          "0", "1", "42", "-7", "3.5", "1e3", "٣", "²", "None", "True", "null", "yes", "no", "A", "Q:", "Answer:", "ß", "İ", "ﬁ", "ǆ", "Σας"]
ENDS = ["", "", "", "", " ", "\n", "\u00a0", "\u3000", "\t", "."]
INTEGERS = [0, 1, 2, 3, 7, 42, -1, 1000000, 2**53 + 1, -2**63]
FLOATS = [0.5, -0.0, 1.0, 1e16, 1.5e-7, 3.14159, 1e22, -2.25]
LETTERS = ["A", "B", "C", "D"]
TEXT_METHODS = {name for name in dir(str) if not name.startswith("_")} - {"index", "count", "join"}
TEXT_FILTERS = {"trim", "lower", "upper", "replace", "capitalize", "title", "wordcount", "indent", "center", "truncate", "regex_replace",
                "escape", "e", "format"}
LIST_FILTERS = {"join", "first", "last", "map", "select", "reject", "selectattr", "rejectattr", "sort", "unique", "sum", "min", "max", "batch"}
TARGET_KINDS = ["text", "index", "index", "index_from_1", "digits", "digits_from_1", "letter", "choice", "choice", "bool", "lower_letter"]
SHOWN_KINDS = ["text"] * 12 + ["integer", "float", "bool", "texts", "integers"]


class Shape:
    """What the uses of a value say of it."""

    def __init__(self):
        self.kinds, self.constants, self.members, self.element = set(), [], {}, None
        self.least, self.range, self.member_of, self.none, self.target = 0, None, None, False, False

    def member(self, name):
        self.kinds.add("map")
        return self.members.setdefault(name, Shape())

    def item(self):
        self.kinds.add("list")
        if self.element is None:
            self.element = Shape()
        return self.element


class Columns:
    """The columns of some templates, with their shapes."""

    def __init__(self):
        self.shapes, self.constants, self.optional, self.plain = {}, [], set(), set()
        self.environment = jinja2.Environment(keep_trailing_newline=True)
        self.target = False

    def column(self, name):
        shape = self.shapes.setdefault(name, Shape())
        shape.target |= self.target
        return shape

    def read(self, template):
        tree = self.environment.parse(template)
        self.constants += [node.value for node in tree.find_all(nodes.Const)
                           if isinstance(node.value, str) and 0 < len(node.value) < 20]
        self.block(tree.body, {})

    def block(self, body, scope):
        for node in body:
            if isinstance(node, nodes.Output):
                for one in node.nodes:
                    self.expression(one, scope)
            elif isinstance(node, nodes.If):
                self.expression(node.test, scope)
                for part in (node.body, node.elif_, node.else_):
                    self.block(part, scope)
            elif isinstance(node, nodes.For):
                listed = self.expression(node.iter, scope)
                inner = dict(scope)
                for name in node.target.find_all(nodes.Name):
                    inner[name.name] = Shape()
                if isinstance(node.target, nodes.Name):
                    inner[node.target.name] = listed.item() if listed else Shape()
                inner["loop"] = Shape()
                self.block(node.body, inner)
            elif isinstance(node, nodes.Assign):
                value = self.expression(node.node, scope)
                if isinstance(node.target, nodes.Name):
                    scope[node.target.name] = value or Shape()

    def expression(self, node, scope):
        if node is None or isinstance(node, nodes.TemplateData):
            return None
        name = type(node).__name__.lower()
        visit = getattr(self, "on_" + name, None)
        if visit:
            return visit(node, scope)
        for child in node.iter_child_nodes():
            self.expression(child, scope)
        return None

    def on_name(self, node, scope):
        if node.name in scope:
            return scope[node.name]
        return None if node.name in ("range", "namespace", "dict", "true", "false", "none") else self.column(node.name)

    def on_getattr(self, node, scope):
        inner = self.expression(node.node, scope)
        return inner.member(node.attr) if inner else None

    def on_getitem(self, node, scope):
        inner = self.expression(node.node, scope)
        argument = node.arg
        if isinstance(argument, nodes.Slice):
            for part in (argument.start, argument.stop):
                index = self.expression(part, scope)
                if index:
                    index.kinds.add("index")
            if inner and "list" not in inner.kinds and "split" not in inner.kinds:
                inner.kinds.add("text")
            return inner
        if isinstance(argument, nodes.Neg):
            argument = argument.node
        if isinstance(argument, nodes.Const) and isinstance(argument.value, str):
            return inner.member(argument.value) if inner else None
        if isinstance(argument, nodes.Const) and isinstance(argument.value, int):
            if inner and "split" not in inner.kinds:
                inner.least = max(inner.least, argument.value + 1)
                return inner.item()
            return None
        index = self.expression(argument, scope)
        if isinstance(node.node, nodes.Dict) and index:
            index.constants += [one.key.value for one in node.node.items if isinstance(one.key, nodes.Const)]
            return None
        count = self.length_of(node.node)
        if index and count:
            index.kinds.add("index")
            index.range = count
        elif index and not index.kinds:
            index.kinds.add("index")
        return inner.item() if inner else None

    @staticmethod
    def length_of(node):
        if isinstance(node, (nodes.List, nodes.Tuple)):
            return len(node.items)
        return len(node.value) if isinstance(node, nodes.Const) and isinstance(node.value, str) else None

    def on_call(self, node, scope):
        arguments = [self.expression(one, scope) for one in node.args]
        if not isinstance(node.node, nodes.Getattr):
            if isinstance(node.node, nodes.Name) and node.node.name not in ("range", "namespace", "dict"):
                self.expression(node.node, scope)
            return None
        method, inner = node.node.attr, self.expression(node.node.node, scope)
        if method == "index" and node.args and isinstance(node.args[0], nodes.Add) and isinstance(node.node.node, nodes.List):
            before, name = node.args[0].left, self.expression(node.args[0].right, scope)
            if isinstance(before, nodes.Const) and name is not None:  # ['x1', 'x2'].index('x' + column)
                name.constants += [one.value.removeprefix(before.value) for one in node.node.node.items]
            return None
        if method == "index":
            if inner is None and isinstance(node.node.node, nodes.List) and arguments and arguments[0]:
                arguments[0].constants += [one.value for one in node.node.node.items if isinstance(one, nodes.Const)]
                arguments[0].member_of = [one.name for one in node.node.node.items if isinstance(one, nodes.Name)] or None
            elif inner is not None and arguments and arguments[0]:
                inner.item()
                arguments[0].member_of = inner
            return None
        if inner is None:
            return None
        if method in ("items", "keys", "values", "get"):
            inner.kinds.add("map")
            if method == "get" and isinstance(node.args[0], nodes.Const):
                return inner.member(node.args[0].value)
            return None
        if method in TEXT_METHODS:
            inner.kinds.add("text")
            return None if method in ("split", "splitlines", "rsplit", "partition") else inner
        return None

    def on_filter(self, node, scope):
        inner = self.expression(node.node, scope)
        for one in node.args:
            self.expression(one, scope)
        if inner is None:
            return None
        if node.name in LIST_FILTERS:
            element = inner.item()
            for keyword in node.kwargs:
                if keyword.key == "attribute":
                    element.member(keyword.value.value)
        elif node.name in TEXT_FILTERS:
            inner.kinds.add("text")
        elif node.name in ("int", "float", "abs", "round"):
            inner.kinds.add("digits")
        elif node.name == "length" and not inner.kinds:
            inner.kinds.add("list")
        elif node.name in ("list", "string"):
            return inner
        return None

    def on_compare(self, node, scope):
        inner = self.expression(node.expr, scope)
        for one in node.ops:
            other = self.expression(one.expr, scope)
            if isinstance(one.expr, nodes.Const) and inner is not None:
                if one.op in ("in", "notin"):
                    inner.constants += list(one.expr.value)
                elif one.expr.value is None:
                    inner.none = True
                elif one.op in ("eq", "ne"):
                    inner.constants.append(one.expr.value)
                    inner.kinds.add("constants_mostly")
                else:
                    inner.kinds.add("index")
            elif isinstance(one.expr, nodes.List) and inner is not None:
                inner.constants += [item.value for item in one.expr.items if isinstance(item, nodes.Const)]
            elif one.op in ("in", "notin") and other is not None and not other.kinds:
                other.kinds.add("text")
        return None

    def on_test(self, node, scope):
        inner = self.expression(node.node, scope)
        if node.name == "defined" and isinstance(node.node, nodes.Name):
            self.optional.add(node.node.name)
        elif node.name == "none" and inner is not None:
            inner.none = True
        return None

    def numbers(self, node, scope):
        for left, right in ((node.left, node.right), (node.right, node.left)):
            inner = self.expression(left, scope)
            if inner is not None and not inner.kinds:
                inner.kinds.add("index_from_1")
        return None

    on_sub = on_mul = on_div = on_mod = on_floordiv = on_pow = numbers

    def on_add(self, node, scope):
        for left, right in ((node.left, node.right), (node.right, node.left)):
            inner = self.expression(left, scope)
            if inner is not None and not inner.kinds:
                is_number = isinstance(right, nodes.Const) and isinstance(right.value, (int, float))
                inner.kinds.add("index" if is_number else "text")
        return None

    def on_condexpr(self, node, scope):
        self.expression(node.test, scope)
        found = [self.expression(part, scope) for part in (node.expr1, node.expr2)]
        return next((one for one in found if one is not None), None)


# Columns of the functions that have counterparts, by the function's own text.
def texts(count):
    return lambda maker: [maker.text() for _ in range(count)]


def drop_answer(maker, number):
    date = {"day": maker.rng.choice(["", "3"]), "month": maker.rng.choice(["", "May"]), "year": maker.rng.choice(["", "1901"])}
    spans = [maker.text() for _ in range(maker.rng.randrange(3))]
    return {"number": number, "date": date, "spans": spans, "worker_id": "", "hit_id": ""}


def drop_row(maker):
    one = [drop_answer(maker, maker.rng.choice(["", "", "42"])) for _ in range(3)]
    return {"section_id": "s", "query_id": f"q{maker.count}", "passage": maker.text(), "question": maker.text(), "answer": one[0],
            "validated_answers": {key: [other[key] for other in one[1:]] for key in one[0]}}


def coqa_row(maker):
    turns = maker.rng.randrange(1, 4)

    def told():
        return {"input_text": [maker.text() for _ in range(turns)], "turn_id": list(range(turns))}

    return {"story": maker.text(), "questions": told(), "answers": told(), "additional_answers": {key: told() for key in "012"}}


def winogrande_row(maker):
    gaps = maker.rng.choice([1, 1, 1, 2])
    return {"sentence": "_".join(maker.text().replace("_", "") for _ in range(gaps + 1)), "option1": maker.text(),
            "option2": maker.text(), "answer": maker.rng.choice("12")}


def copa_row(maker):
    return {"premise": maker.text(), "choice1": maker.text(), "choice2": maker.text(), "question": maker.rng.choice(["cause", "effect"]),
            "label": maker.rng.randrange(2), "idx": maker.count}


def hellaswag_row(maker):
    marks = ["", " [title]", " [header]", "[substeps]", "  "]
    return {"ind": maker.count, "activity_label": maker.text(), "ctx_a": maker.text() + maker.rng.choice(marks), "ctx_b": maker.text(),
            "ctx": maker.text(), "endings": [maker.text() + maker.rng.choice(marks) + maker.text() for _ in range(4)],
            "label": str(maker.rng.randrange(4)), "split": "val"}


def truthfulqa_row(maker):
    return {"type": "x", "category": "y", "question": maker.text(), "best_answer": maker.text(),
            "correct_answers": texts(3)(maker), "incorrect_answers": texts(2)(maker), "source": "z"}


def wikitext_row(maker):
    marks = [" 's", " @-@ ", " @,@ ", " ( ", " ) ", " , ", ' " ', " ' ", " = = ", " \n ", " N ", " ° ", " . ", "s '", " { x } "]
    return {"page": "".join(maker.text() + maker.rng.choice(marks) for _ in range(8))}


def kept_by(function):
    """What a row holds that a function made for one value, partial(process_docs, subject="anatomy"), keeps."""
    if not isinstance(function, functools.partial) or len(function.keywords) != 1:
        return {}
    column = re.search(r"\b(?:x|row)\[\"(\w+)\"\]", inspect.getsource(function.func))
    return {column[1]: value for value in function.keywords.values()} if column else {}


FUNCTION_ROWS = [("validated_answers", drop_row), ('doc["story"]', coqa_row), ('"ctx_a"', hellaswag_row), ("correct_answers", truthfulqa_row),
                 ("choice1", copa_row), ("sentence", winogrande_row), ('"option1"', winogrande_row), ('doc["page"]', wikitext_row),
                 ('doc["answer"]', winogrande_row)]


def known_row(function):
    """What makes the columns of a function that has a counterpart here, or None."""
    try:
        source = inspect.getsource(function)
        source += inspect.getsource(inspect.getmodule(function)) if "process_docs" in source else ""
    except (OSError, TypeError):
        source = ""
    return next((make for word, make in FUNCTION_ROWS if word in source), None)


class RowMaker:
    def __init__(self, config, rng):
        self.rng, self.count, self.config, self.may_be_first = rng, 0, config, True
        self.columns, self.functions = Columns(), []
        own = config.get("fewshot_config") or {}
        fields = [(key, config.get(key)) for key in ("doc_to_text", "doc_to_choice", "description", "gen_prefix", "doc_to_target")]
        fields += [(key, own.get(key)) for key in ("doc_to_text", "doc_to_choice", "gen_prefix", "doc_to_target")]
        for key, value in fields:
            self.columns.target = key == "doc_to_target"
            self.field(key, value)
        for function in [config.get("process_docs"), own.get("process_docs")]:
            if callable(function):
                self.functions.append(function)
        self.task = ConfigurableTask.__new__(ConfigurableTask)
        self.task._config = TaskConfig(**{**config, "metric_list": None})
        self.task.fewshot_cfg = self.task.config.fewshot_config
        self.task.prompt = None
        self.task.features = []

    def field(self, key, value):
        if callable(value):
            self.functions.append(value)
        elif isinstance(value, str) and value:
            if re.fullmatch(r"[^\W\d]\w*", value) and (key != "description" and key != "gen_prefix"):
                shape = self.columns.column(value)
                if key == "doc_to_text":
                    shape.kinds.add("text")
                elif key == "doc_to_choice":
                    shape.item().kinds.add("text")
                elif self.config.get("doc_to_choice") is None:
                    shape.kinds.add("answer")
            else:
                self.columns.read(value)

    # Values.

    def text(self):
        chance = self.rng.random()
        if chance < 0.04:
            return self.rng.choice(["", " ", "\n", "\u3000"])
        if chance < 0.1:
            return self.rng.choice(PIECES)
        pieces = PIECES + self.columns.constants * 3 + [" "] * 20 + ["word", "Text"] * 6
        made = "".join(self.rng.choice(pieces) for _ in range(self.rng.randrange(2, 9)))
        return self.rng.choice(ENDS) + made + self.rng.choice(ENDS)

    def scalar(self, kind):
        rng = self.rng
        makers = {"text": self.text, "integer": lambda: rng.choice(INTEGERS), "float": lambda: rng.choice(FLOATS),
                  "bool": lambda: rng.random() < 0.5, "texts": lambda: [self.text() for _ in range(rng.randrange(4))],
                  "integers": lambda: [rng.choice(INTEGERS) for _ in range(rng.randrange(4))],
                  "index": lambda: rng.randrange(self.width), "index_from_1": lambda: rng.randrange(1, self.width + 1),
                  "digits": lambda: str(rng.randrange(self.width)), "digits_from_1": lambda: str(rng.randrange(1, self.width + 1)),
                  "letter": lambda: LETTERS[rng.randrange(min(self.width, 4))],
                  "lower_letter": lambda: LETTERS[rng.randrange(min(self.width, 4))].lower()}
        return makers[kind]()

    def value(self, shape, path, profile, row):
        rng = self.rng
        if shape.none and rng.random() < 0.3:
            return None
        if shape.members and "text" not in shape.kinds:
            made = {}
            length = max([one.least for one in shape.members.values()] + [profile.setdefault((*path, "length"), rng.randrange(3, 6))])
            for key, one in shape.members.items():  # lists of one map belong together
                one.least = max(one.least, length) if "list" in one.kinds else one.least
                made[key] = self.value(one, (*path, key), profile, row)
            return made
        if "list" in shape.kinds and "text" not in shape.kinds:
            count = max(shape.least, 1 if shape.target else 0)
            count = count if count > 2 or self.exact else max(count, rng.randrange(1, 5))
            profile.setdefault((*path, 0), rng.choice(["text"] * 8 + ["integer", "float"]))
            listed = [self.value(shape.element or Shape(), (*path, 0), profile, row) for _ in range(count)]
            if path and path[-1] in ("label", "labels") and all(isinstance(one, str) for one in listed):
                listed = ["A", "B", "C", "D", "E", "F"][:count]
            return listed
        if shape.constants and (shape.member_of is None or rng.random() < 0.5):
            if "constants_mostly" not in shape.kinds or rng.random() < 0.8:
                return rng.choice(shape.constants)
            if "text" not in shape.kinds:  # a column is of one type
                return self.text() if isinstance(shape.constants[0], str) else rng.choice(INTEGERS)
        if shape.member_of is not None:
            row.setdefault("\0later", []).append((path, shape))
            return ""
        if shape.range:
            return rng.randrange(shape.range)
        for kind in ("text", "digits", "index_from_1", "index"):
            if kind in shape.kinds:
                kind = profile.setdefault(path, rng.choice({"digits": ["digits_from_1", "digits", "index_from_1"], "text": ["text"]}.get(kind, [kind])))
                return self.scalar(kind)
        is_answer = shape.target and self.config.get("doc_to_choice") is not None
        kind = profile.setdefault(path, rng.choice(TARGET_KINDS if is_answer else ["text"] if "answer" in shape.kinds else SHOWN_KINDS))
        if kind == "choice":
            row.setdefault("\0later", []).append((path, shape))
            return ""
        made = self.scalar(kind)
        return None if not is_answer and "answer" not in shape.kinds and kind == "text" and rng.random() < 0.05 else made

    def row(self, profile):
        self.count += 1
        row = {}
        for function in self.functions:
            row.update(kept_by(function))
            made = known_row(function)
            if made:
                row.update({key: value for key, value in made(self).items() if key not in row})
        for name, shape in self.columns.shapes.items():
            if name in row or (name in self.columns.optional and profile.setdefault(("is absent", name), self.rng.random() < 0.5)):
                continue
            row[name] = self.value(shape, (name,), profile, row)
        later = row.pop("\0later", [])
        for path, shape in later:
            self.place(row, path, self.answer(row, shape))
        return row

    def answer(self, row, shape):
        """A choice of this row, or one of the list or columns that the value is looked for in."""
        if isinstance(shape.member_of, list):
            return row.get(self.rng.choice(shape.member_of), "")
        if shape.member_of is not None:
            listed = self.find(row, shape.member_of)
            return self.rng.choice(listed) if isinstance(listed, list) and listed else ""
        try:
            self.task.features = list(row)
            choices = self.task.doc_to_choice(row)
            return self.rng.choice(list(choices)) if choices else ""
        except Exception:
            return ""

    def find(self, row, wanted):
        def walk(shape, value):
            if shape is wanted:
                return value
            for key, one in shape.members.items():
                found = walk(one, value.get(key)) if isinstance(value, dict) else None
                if found is not None:
                    return found
            return None

        return next((found for name, shape in self.columns.shapes.items() if name in row
                     for found in [walk(shape, row[name])] if found is not None), None)

    @staticmethod
    def place(row, path, value):
        for step in path[:-1]:
            row = row[step] if isinstance(row, dict) or step < len(row) else row[0]
        row[path[-1]] = value

    # Rows that lm-eval takes.

    def processed(self, row):
        import datasets

        function = self.config.get("process_docs")
        return dict(function(datasets.Dataset.from_list([row]))[0]) if callable(function) else row

    def is_good(self, row):
        return self.takes(self.processed(row))

    def takes(self, doc):
        """Whether lm-eval makes an item of what process_docs gave."""
        task = self.task
        task.features = list(doc)
        rolling = self.config.get("output_type") == "loglikelihood_rolling"
        target = task.doc_to_target(doc)
        if rolling:
            return isinstance(target, str)
        text = task.doc_to_text(doc)
        choices = task.doc_to_choice(doc) if self.config.get("doc_to_choice") is not None else None
        if choices is not None and not (isinstance(choices, list) and choices and all(isinstance(one, str) for one in choices)):
            return False
        self.may_be_first = choices is None or all(choices)  # of the first row lm-eval looks at each choice's first letter
        several = isinstance(text, int) and choices is not None
        gold = text if several else target
        if self.config.get("output_type") == "multiple_choice":
            for one in gold if isinstance(gold, list) and gold else [gold]:
                if isinstance(one, str) and one not in choices:
                    return False
                if not isinstance(one, (str, int)) or (isinstance(one, int) and not 0 <= one < len(choices)):
                    return False
        if several:
            text = choices[text]
        if target is None or not isinstance(text, str):
            return False
        if self.config.get("num_fewshot") != 0:
            task.build_qa_turn(q=text, c=None if several else choices, a=target, gen_prefix=None)
        for key in ("doc_to_text", "doc_to_target", "doc_to_choice"):
            own = getattr(task.fewshot_cfg, key)
            if own is not None:
                getattr(task, key)(doc, own)
        task.resolve_field(doc, self.config.get("description"))
        task.doc_to_prefix(doc)
        return True

    def rows(self, count, pool):
        """(rows to ask, none or one on which lm-eval fails, rows for examples)."""
        best = (-1, None, 4)
        for _ in range(80):
            profile, self.width, self.exact = {}, self.rng.choice([2, 2, 3, 4, 4, 5]), self.rng.random() < 0.5
            good = sum(self.checked(profile)[1] == "good" for _ in range(8))
            if good > best[0]:
                best = (good, profile, self.width, self.exact)
            if good >= 5:
                break
        if best[0] <= 0:
            raise ValueError(f"no row of columns {', '.join(self.columns.shapes)} that lm-eval takes")
        _, profile, self.width, self.exact = best
        good, bad = [], []
        for _ in range(4000):
            row, judged = self.checked(profile)
            if judged == "fails":
                bad.append(row)
            elif judged == "good" and (good or self.may_be_first):
                good.append(row)
            if len(good) >= count + pool:
                break
        if len(good) < 2:
            raise ValueError("too few rows that lm-eval takes")
        while len(good) < count + pool:
            good.append(self.rng.choice(good))
        return good[:count], bad[:1], good[count:]

    def checked(self, profile):
        row = self.row(profile)
        try:
            return row, "good" if self.is_good(row) else "unusable"
        except Exception:
            return row, "fails"

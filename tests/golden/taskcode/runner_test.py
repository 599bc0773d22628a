"""taskcode/run.py on ordinary task code: what each request of the protocol (taskcode/PROTOCOL.md) gives.

By hand: python3 tests/golden/taskcode/runner_test.py
"""
import hashlib
import json
import os
import tempfile
import unittest
from pathlib import Path

from runner_support import Runner

SOURCE = '''
from functools import partial
from lm_eval.api.filter import Filter
from lm_eval.api.metrics import mean as average, perplexity
from lm_eval.utils import weighted_f1_score
try:
    import a_package_that_is_not_there
except ImportError:
    pass

def kept(dataset, subject):
    return dataset.filter(lambda row: row["subject"] == subject).map(lambda row: {"gold": "AB".index(row["answer"])})

kept_a = partial(kept, subject="a")

def doc_to_text(doc):
    return doc["question"].upper() + "?"

def doc_to_choice(doc):
    return [doc["question"], "other"]

def fails_on_b(doc):
    if doc["answer"] == "B":
        raise ValueError("no B here")
    return 0

def process_results(doc, results):
    lls, greedy = zip(*results)
    assert isinstance(results[0], tuple)
    return {"acc": float(max(range(2), key=lls.__getitem__) == doc["gold"]), "pair": (doc["gold"], 1), "nothing": float("nan")}

def of_texts(doc, results):
    return {"exact": int(results[0] == doc["question"])}

def metric(references, predictions, factor=1):
    return {"same": factor * (references[0] == predictions[0])}

def old_metric(items):
    return items[0] == items[1]

def upper(resps, docs):
    return [[one.upper() + doc["x"] for one in answers] for answers, doc in zip(resps, docs)]

class Reversed(Filter):
    def __init__(self, end=""):
        self.end = end

    def apply(self, resps, docs):
        return [[one[::-1] + self.end for one in answers] for answers in resps]

def samples():
    return [{"question": "s1", "answer": "A"}, {"question": "s2", "answer": "B"}]

def data(**options):
    return {"test": [{"question": options["word"], "answer": "A"}]}

def reads(doc):
    return open(__file__.replace("utils.py", "words.txt")).read()
'''
ROWS = [{"subject": "a", "question": "one", "answer": "A"}, {"subject": "b", "question": "two", "answer": "A"},
        {"subject": "a", "question": "three", "answer": "B"}]


class ProtocolTest(unittest.TestCase):
    def setUp(self):
        self.runner = self.enterContext(Runner(SOURCE))
        self.runner.need_isolation()

    def load(self, **config):
        last = self.runner.ask(op="load", config=config)[1]
        self.assertEqual(last["errors"], {})
        return last

    def test_hello(self):
        self.assertEqual(self.runner.hello["protocol"], 1)
        self.assertEqual(set(self.runner.hello["isolation"]), {"network", "writes", "processes", "signals", "reads"})

    def test_prepare(self):
        function = self.runner.function
        self.load(process_docs=function("kept_a"), doc_to_text=function("doc_to_text"), doc_to_choice=function("doc_to_choice"),
                  doc_to_target=function("fails_on_b"))
        lines, last = self.runner.ask(op="prepare", rows=ROWS)
        self.assertEqual([line["doc"] for line in lines], [{**ROWS[0], "gold": 0}, {**ROWS[2], "gold": 1}])
        self.assertEqual(lines[0]["values"], {"doc_to_text": "ONE?", "doc_to_choice": ["one", "other"], "doc_to_target": 0})
        self.assertEqual(lines[1]["errors"], {"doc_to_target": {"kind": "task_code", "type": "ValueError", "message": "no B here",
                                                                "where": f"utils.py:{SOURCE.split('no B here')[0].count(chr(10)) + 1}"}})
        self.assertEqual((last["rows"], last["rows_with_errors"]), (2, 1))

    def test_rows_of_a_file(self):
        self.load(doc_to_text=self.runner.function("doc_to_text"))
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.write("".join(json.dumps(row) + "\n" for row in ROWS))
            file.flush()
            lines, last = self.runner.ask(op="prepare", path=file.name)
        self.assertEqual([line["values"]["doc_to_text"] for line in lines], ["ONE?", "TWO?", "THREE?"])
        self.assertEqual(self.runner.ask(op="prepare", path="/nowhere.jsonl")[1]["error"]["kind"], "bad_request")

    def test_examples(self):
        function = self.runner.function
        self.load(doc_to_text=function("doc_to_text"), fewshot_config={"samples": function("samples"), "doc_to_target": function("fails_on_b")})
        lines, _ = self.runner.ask(op="prepare", **{"as": "examples"})
        self.assertEqual(lines[0]["values"], {"doc_to_text": "S1?", "doc_to_target": 0})
        self.assertEqual(list(lines[1]["errors"]), ["doc_to_target"])
        self.load(fewshot_config={"process_docs": function("kept_a")})
        lines, _ = self.runner.ask(op="prepare", rows=ROWS, **{"as": "examples"})
        self.assertEqual(len(lines), 2)

    def test_data_made_by_code(self):
        self.load(custom_dataset=self.runner.function("data"), metadata={"word": "made"}, doc_to_text=self.runner.function("doc_to_text"))
        lines, _ = self.runner.ask(op="prepare", split="test")
        self.assertEqual(lines[0]["values"]["doc_to_text"], "MADE?")

    def test_score_and_aggregate(self):
        function = self.runner.function
        self.load(output_type="multiple_choice", process_results=function("process_results"),
                  metric_list=[{"metric": "acc", "aggregation": function("average")}, {"metric": "pair", "aggregation": function("weighted_f1_score")},
                               {"metric": "x", "aggregation": function("perplexity")}])
        items = [{"doc": {"gold": gold}, "results": [[-1.0, True], [-2.0, False]]} for gold in (0, 1)]
        lines, last = self.runner.ask(op="score", items=items)
        self.assertEqual(lines[0]["values"], {"acc": 1.0, "pair": {"$tuple": [0, 1]}, "nothing": {"$float": "nan"}})
        self.assertEqual(last["items"], 2)
        _, last = self.runner.ask(op="aggregate", metric=0, values=[line["values"]["acc"] for line in lines])
        self.assertEqual((last["value"], last["stderr"]), (0.5, "mean"))
        # right 0, given 1; right 1, given 1: F1 of class 0 is 0, of class 1 is 2/3, weighted by one item each
        _, last = self.runner.ask(op="aggregate", metric=1, values=[line["values"]["pair"] for line in lines])
        self.assertAlmostEqual(last["value"], 1 / 3)
        self.assertEqual(last["stderr"], "none")
        self.assertEqual(self.runner.ask(op="aggregate", metric=2, values=[0.0, 0.0])[1]["stderr"], "bootstrap")

    def test_one_item_fails_alone(self):
        self.load(output_type="generate_until", process_results=self.runner.function("of_texts"))
        lines, _ = self.runner.ask(op="score", items=[{"doc": {}, "results": ["a"]}, {"doc": {"question": "a"}, "results": ["a"]}])
        self.assertEqual(lines[0]["error"]["type"], "KeyError")
        self.assertEqual(lines[1]["values"], {"exact": 1})

    def test_metric(self):
        function = self.runner.function
        self.load(metric_list=[{"metric": function("metric"), "factor": 3}, {"metric": function("old_metric")}])
        items = [{"reference": "a", "prediction": "a"}, {"reference": "a", "prediction": "b"}]
        self.assertEqual([line["value"] for line in self.runner.ask(op="metric", metric=0, items=items)[0]], [{"same": 3}, {"same": 0}])
        self.assertEqual([line["value"] for line in self.runner.ask(op="metric", metric=1, items=items)[0]], [True, False])

    def test_filters(self):
        steps = [{"function": "custom", "filter_fn": self.runner.function("upper")}, {"function": self.runner.function("Reversed"), "end": "!"}]
        self.load(filter_list=[{"name": "f", "filter": steps}])
        asked = {"resps": [["ab"], ["cd", "ef"]], "docs": [{"x": "1"}, {"x": "2"}]}
        self.assertEqual(self.runner.ask(op="filter", step=0, **asked)[1]["resps"], [["AB1"], ["CD2", "EF2"]])
        self.assertEqual(self.runner.ask(op="filter", step=1, **asked)[1]["resps"], [["ba!"], ["dc!", "fe!"]])

    def test_hash(self):
        self.load(doc_to_text=self.runner.function("doc_to_text"))
        last = self.runner.ask(op="hash")[1]
        content = hashlib.sha256(SOURCE.encode()).hexdigest()
        self.assertEqual(last["files"], ["utils.py"])
        self.assertEqual(last["sha256"], hashlib.sha256(f"{content}  utils.py\n".encode()).hexdigest())

    def test_what_was_asked_for_in_vain_is_told(self):
        last = self.load(doc_to_text=self.runner.function("doc_to_text"))
        line = next(number for number, text in enumerate(SOURCE.splitlines(), 1) if "import a_package_that_is_not_there" in text)
        self.assertEqual(last["lacked"], [f"the package a_package_that_is_not_there is not installed (utils.py:{line})"])

    def test_files_beside_the_code_can_be_read(self):
        Path(self.runner.folder.name, "words.txt").write_text("words")
        self.load(doc_to_text=self.runner.function("reads"))
        self.assertEqual(self.runner.prepared(), "words")

    def test_what_cannot_be_loaded_is_named(self):
        errors = self.runner.load(doc_to_text="nothing", process_docs="kept_a")["errors"]
        self.assertEqual(errors["doc_to_text"]["kind"], "not_found")
        config = {"doc_to_text": {"$function": "absent.f", "folder": self.runner.folder.name}}
        self.assertIn("no absent.py", self.runner.ask(op="load", config=config)[1]["errors"]["doc_to_text"]["message"])
        Path(self.runner.folder.name, "needs.py").write_text("import a_package_that_is_not_there\n")
        config = {"doc_to_text": {"$function": "needs.f", "folder": self.runner.folder.name}}
        error = self.runner.ask(op="load", config=config)[1]["errors"]["doc_to_text"]
        self.assertEqual((error["kind"], error["package"], error["where"]), ("missing_package", "a_package_that_is_not_there", "needs.py:1"))

    def test_wrong_requests(self):
        for request, kind in (({"op": "nonsense"}, "bad_request"), ({}, "bad_request"), ({"op": "prepare", "task": "other"}, "bad_request"),
                              ({"op": "limits", "limits": {"wall_s": -1}}, "bad_request"), ({"op": "load"}, "bad_request"),
                              ({"op": "load", "config": {"doc_to_text": {"$function": 7}}}, "bad_request"),
                              ({"op": "score", "items": 3}, "bad_request"), ({"op": "prepare", "wall_s": "x"}, "bad_request")):
            with self.subTest(request):
                self.assertEqual(self.runner.ask(**request)[1]["error"]["kind"], kind)
        self.runner.process.stdin.write("no json\n[]\n")
        self.runner.process.stdin.flush()
        self.assertEqual([self.runner.line()["error"]["kind"] for _ in range(2)], ["bad_request"] * 2)

    def test_other_folders_of_a_library(self):
        """Code below lm_eval/tasks imports other tasks' code by the package's name."""
        with tempfile.TemporaryDirectory() as top:
            tasks = Path(top, "lm_eval/tasks")
            for name, source in (("one/utils.py", "WORD = 'shared'"), ("two/utils.py", "from lm_eval.tasks.one.utils import WORD\nfrom .near import END\n"
                                  "def doc_to_text(doc): return WORD + END"), ("two/near.py", "END = '!'")):
                (tasks / name).parent.mkdir(parents=True, exist_ok=True)
                (tasks / name).write_text(source)
            config = {"doc_to_text": {"$function": "utils.doc_to_text", "folder": str(tasks / "two")}}
            last = self.runner.ask(op="load", config=config)[1]
            self.assertEqual(last["errors"], {})
            self.assertEqual(last["code"]["files"], ["one/utils.py", "two/near.py", "two/utils.py"])
            self.assertEqual(self.runner.prepared(), "shared!")

    def test_a_second_folder_keeps_the_first_task(self):
        self.runner.ask(op="load", task="first", config={"doc_to_text": self.runner.function("doc_to_text")})
        with tempfile.TemporaryDirectory() as other:
            Path(other, "utils.py").write_text("def doc_to_text(doc): return 'second'")
            self.runner.ask(op="load", config={"doc_to_text": {"$function": "utils.doc_to_text", "folder": other}})
            self.assertEqual(self.runner.prepared(), "second")
            lines, _ = self.runner.ask(op="prepare", task="first", rows=ROWS)
            self.assertEqual(lines[0]["values"]["doc_to_text"], "ONE?")

    def test_values_keep_their_types(self):
        """What process_results gives comes to an aggregation as it was."""
        source = "def process_results(doc, results):\n    return {'all': (1, 2.5, 'x', None, True, {3: (4,)}, {5}, float('inf'), b'6', 2**70)}\n" \
                 "def check(values):\n    return values == [(1, 2.5, 'x', None, True, {3: (4,)}, {5}, float('inf'), b'6', 2**70)]\n"
        with Runner(source) as runner:
            runner.need_isolation()
            runner.ask(op="load", config={"process_results": runner.function("process_results"),
                                          "metric_list": [{"metric": "all", "aggregation": runner.function("check")}]})
            lines, _ = runner.ask(op="score", items=[{"doc": {}, "results": []}])
            self.assertIs(runner.ask(op="aggregate", values=[lines[0]["values"]["all"]])[1]["value"], True)

    def test_no_files_are_written_beside_the_code(self):
        self.load(doc_to_text=self.runner.function("doc_to_text"))
        self.assertEqual(sorted(os.listdir(self.runner.folder.name)), ["other.py", "utils.py"])


if __name__ == "__main__":
    unittest.main()

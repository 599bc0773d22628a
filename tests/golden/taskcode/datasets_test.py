"""The stand-in for `datasets` against what the package gave (tests/data/taskcode/datasets.json).

By hand: python3 tests/golden/taskcode/datasets_test.py
"""
import json
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "taskcode/standin"), str(ROOT / "taskcode")]

import datasets  # noqa: E402
from values import encode  # noqa: E402

KEPT = json.loads((ROOT / "tests/data/taskcode/datasets.json").read_text(encoding="utf-8"))


class DatasetsTest(unittest.TestCase):
    def test_cases(self):
        for case in KEPT["cases"]:
            with self.subTest(case["name"], code=case["code"]):
                names = {}
                exec(KEPT["before"], names)
                wanted = {key: case[key] for key in ("rows", "columns", "value", "error") if key in case}
                try:
                    made = eval(case["code"], names)
                    given = {"rows": encode(list(made)), "columns": made.column_names} if isinstance(made, datasets.Dataset) else {"value": encode(made)}
                except Exception as error:
                    given = {"error": type(error).__name__}
                self.assertEqual(json.dumps(given), json.dumps(wanted))  # 1 and 1.0 and True differ

    def test_rows_that_are_read_are_new(self):
        rows = datasets.Dataset.from_list([{"a": [1]}])
        rows[0]["a"].append(2)
        next(iter(rows))["a"].append(2)
        rows.map(lambda row: row["a"].append(2))
        self.assertEqual(rows[0], {"a": [1]})

    def test_data_from_elsewhere_is_refused_by_name(self):
        with self.assertRaisesRegex(Exception, "load_dataset\\('user/name'\\)"):
            datasets.load_dataset("user/name")

    def test_order_without_a_seed_is_refused(self):
        with self.assertRaisesRegex(Exception, "without a seed"):
            datasets.Dataset.from_list([{"a": 1}]).shuffle()


if __name__ == "__main__":
    unittest.main()

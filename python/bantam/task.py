"""Accuracy tasks written in Python. Functions run here, ahead of the run and after it: the program sees texts only."""
import json
import math
import re
from pathlib import Path

from bantam.store import answer_of

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


class Task:
    """A task of rows and functions, for `accuracy_tasks` of run().

    name     as it stands in results: letters, digits, `_`, `-` and `.`
    rows     a list of dicts of JSON values, or of pandas records (frame.to_dict("records"))
    text     prompt of a row: a function of the row, or the name of one of its fields
    target   the right answer: a function or a field; with `choices` the position of the right one, or its text
    choices  a function or field that gives the texts to choose from, or a list for all rows; without it an answer is generated
    metrics  name -> function(row, answer) that gives a number or a bool for an answer, a text; its mean over the items and the
             standard error of that stand in Store.frame(). Beside them `acc` where there are choices, else `exact_match`
    until, max_new_tokens      where a generated answer ends
    options  further keys of the task file (docs/tasks.md), such as {"num_fewshot": 2}
    """

    def __init__(self, name, rows, text, target, choices=None, metrics=None, until=("\n",), max_new_tokens=64, options=None):
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a task: use letters, digits, '_', '-' and '.'")
        if not rows:
            raise ValueError(f"the task {name} has no rows")
        self.name = name
        self.rows = list(rows)
        self.metrics = dict(metrics or {})
        self._text, self._target, self._choices = text, target, choices
        self._until, self._max_new_tokens, self._options = list(until), max_new_tokens, dict(options or {})

    def write(self, folder):
        """Writes NAME.yaml and NAME.jsonl into a folder, for `--include-path` of the program."""
        lines = [json.dumps(self._line(at, row), allow_nan=False) for at, row in enumerate(self.rows)]
        Path(folder, self.name + ".jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        config = {"task": self.name, "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": self.name + ".jsonl"}},
                  "test_split": "test", "doc_to_text": "bantam_text", "doc_to_target": "bantam_target"}
        if self._choices is None:
            config |= {"output_type": "generate_until", "metric_list": [{"metric": "exact_match"}],
                       "generation_kwargs": {"until": self._until, "max_gen_toks": self._max_new_tokens}}
        else:
            config |= {"output_type": "multiple_choice", "doc_to_choice": "bantam_choices", "metric_list": [{"metric": "acc"}]}
        Path(folder, self.name + ".yaml").write_text(json.dumps(config | self._options), encoding="utf-8")

    def values(self, items):
        """The own metrics over items of this task: name -> {"value": mean, "stderr", "n"}; `stderr` from two items on."""
        found = {}
        for name, function in self.metrics.items():
            scores = [float(function(self.rows[item["content"]["doc"]["bantam_row"]], answer_of(item["content"]))) for item in items]
            if scores:
                mean = sum(scores) / len(scores)
                found[name] = {"value": mean, "n": len(scores)}
                if len(scores) > 1:
                    variance = sum((score - mean) ** 2 for score in scores) / (len(scores) - 1)
                    found[name]["stderr"] = math.sqrt(variance / len(scores))
        return found

    def _line(self, at, row):
        target = given(self._target, row)
        line = {"bantam_row": at, "bantam_text": str(given(self._text, row))}
        if self._choices is not None:
            choices = [str(one) for one in (self._choices if isinstance(self._choices, (list, tuple)) else given(self._choices, row))]
            if isinstance(target, str):
                if target not in choices:
                    raise ValueError(f"row {at} of {self.name}: its answer {target!r} is none of its choices")
                target = choices.index(target)
            if not 0 <= target < len(choices):
                raise ValueError(f"row {at} of {self.name}: there is no choice {target}")
            return line | {"bantam_choices": choices, "bantam_target": int(target)}
        return line | {"bantam_target": str(target)}


def given(what, row):
    """Of a row: a function's value, or a field."""
    return what(row) if callable(what) else row[what]

"""Stored results as Python objects and pandas frames."""
import json
import os

from bantam._binary import ask


def open(path):  # noqa: A001
    """The store at `path`, which is only read. BantamError where there is none."""
    store = Store(path)
    store.records()
    return store


class Store:
    """Results in a file. Each call reads it anew. Private parts (paths of this machine) are left out, as in exports."""

    def __init__(self, path, tasks=()):
        self.path = os.fspath(path)
        self.tasks = {task.name: task for task in tasks}

    def records(self):
        """The record of each cell, a dict: model, precision, task, status, reasons, metrics, absent, ... (docs/metrics.md)."""
        return [line["record"] for line in self._lines()]

    def frame(self):
        """A row for each record: model, precision, task, status, reasons, and a column per metric; where an interval or a standard
        error is known, also METRIC_low, METRIC_high, METRIC_stderr. What is absent is NaN. Metrics of Task objects are among them."""
        rows = []
        for record in self.records():
            row = {key: record[key] for key in ("model", "precision", "task", "status")}
            row["reasons"] = "; ".join(record.get("reasons", []))
            values = dict(record["metrics"])
            task = self.tasks.get(record["task"])
            if task is not None and record["status"] == "ok":
                values |= task.values(self.items(record["task"], record["model"], record["precision"]))
            for name, value in values.items():
                row[name] = value["value"]
                if "interval" in value:
                    row[name + "_low"], row[name + "_high"] = value["interval"]["low"], value["interval"]["high"]
                if "stderr" in value:
                    row[name + "_stderr"] = value["stderr"]
            rows.append(row)
        return pandas().DataFrame(rows)

    def items(self, task=None, model=None, precision=None):
        """The items of accuracy tasks, dicts: model, precision, task, doc_id, metrics, content (prompt, answer, row of the data)."""
        wanted = {"task": task, "model": model, "precision": precision}
        found = []
        for line in self._lines("items", "item"):
            item = {"model": line["model"], "precision": line["precision"], **line["item"]}
            if all(value is None or item[key] == value for key, value in wanted.items()):
                found.append(item)
        return found

    def items_frame(self, task=None):
        """A row for each item: model, precision, task, doc_id, context, answer, and a column per metric."""
        rows = []
        for item in self.items(task):
            content = item["content"]
            row = {key: item[key] for key in ("model", "precision", "task", "doc_id")}
            rows.append(row | {"context": content.get("context"), "answer": answer_of(content)} | item["metrics"])
        return pandas().DataFrame(rows)

    def trials(self):
        """Each timed repetition, a dict: model, precision, scenario, round, wall_s, streams, counters, ... Times are seconds."""
        return [{"model": line["model"], "precision": line["precision"], **line["trial"], "round": line.get("round")}
                for line in self._lines("trials", "trial")]

    def _lines(self, more=None, kind="record"):
        text = ask("export", "jsonl", f"--store={self.path}", "--output-path=-", *([f"--{more}"] if more else []))
        return [line for line in map(json.loads, text.splitlines()) if line["kind"] == kind]


def answer_of(content):
    """The answer of an item: the text that was generated, or the choice that was taken. None where there is neither."""
    if "filtered_resps" in content:
        return next(iter(content["filtered_resps"].values()), [None])[0]
    if "predicted" in content and "continuations" in content:
        return content["continuations"][content["predicted"]].lstrip()
    return None


def pandas():
    try:
        import pandas as found
    except ImportError as error:
        raise ImportError("frames need pandas: pip install 'bantam[pandas]'") from error
    return found

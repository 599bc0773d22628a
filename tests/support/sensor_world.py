"""Sensors of a known power for golden tests: files that a thread changes while the binary runs, and several runs at one time."""
import math
import os
import threading
import time

from cli_support import CliTest, children

NANO = ["run", "--models", "embedded:nano", "--precisions", "int8", "--tasks", "energy", "--rounds", "1"]
# A block has 4000 requests at most: these are long enough for a window of half a minute.
WORKLOAD = ["--max-new-tokens", "64", "--num-warmup", "1", "--max-disturbance", "1", "--max-drift", "10", "-q"]


class Curve:
    """`mean` and a sine: watts at a time, and joules between two."""

    def __init__(self, mean, swing, period_s):
        self.mean, self.swing, self.turns = mean, swing, 2 * math.pi / period_s

    def watts(self, time_s):
        return self.mean + self.swing * math.sin(self.turns * time_s)

    def joules(self, from_s, to_s):
        return self.mean * (to_s - from_s) + self.swing / self.turns * (math.cos(self.turns * from_s) - math.cos(self.turns * to_s))


class Changes(threading.Thread):
    """Calls `step(time_s, worker_s)` every `every_s`: times since it began, and since the worker that the process has now was
    first seen (None without one). A worker that tests the engine's kernels may come before the one that measures, for a second."""

    def __init__(self, step, every_s=0.01, pid=None):
        super().__init__(daemon=True)
        self.step, self.every_s, self.pid = step, every_s, pid
        self.is_over = threading.Event()

    def run(self):
        begin = time.monotonic()
        worker = None
        while not self.is_over.wait(self.every_s):
            now = time.monotonic()
            is_there = self.pid is not None and bool(children(self.pid))
            worker = (worker or now) if is_there else None
            self.step(now - begin, None if worker is None else now - worker)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.join()


def replace(path, text):
    """A reader sees the old content or the new one."""
    fresh = path.with_name(path.name + ".fresh")
    fresh.write_text(text)
    os.replace(fresh, path)


class SensorTest(CliTest):
    def put(self, path, text=""):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def begin(self, name, *flags, env=None):
        """A run with a store of its own."""
        return self.start(*NANO, "--store", f"{name}.db", "--output-dir", name, *WORKLOAD, *flags, env=env)

    def end_of(self, process):
        out, errors = process.communicate(timeout=300)
        return process.returncode, out, errors

    def record(self, name):
        (record,) = self.records(f"{name}.db")
        return record

    def headline(self, name):
        block = self.record(name)["task_info"]["energy"]
        return block, next(source for source in block["sources"] if source.get("is_headline"))

    def assert_near(self, value, expected, share=0.01):
        self.assertLess(abs(value / expected - 1), share, f"{value} is not {expected} within {100 * share} %")

    def assert_invalid(self, name, reason):
        record = self.record(name)
        self.assertEqual(record["status"], "invalid", record)
        self.assertIn(reason, " ".join(record["reasons"]))
        self.assertNotIn("energy_per_request_j", record["metrics"])

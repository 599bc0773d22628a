#!/usr/bin/env python3
"""Runs an accuracy task, killed (-9) at random moments and resumed each time, and once undisturbed. Items must be the same
bytes in both stores, each item once.

usage: resume_campaign.py [--binary PATH] [--task NAME] [--model REF] [--precision P] [--kills N] [--seed N]
                          [--num-fewshot N] [--datasets DIR] [--long]
  --datasets  serve the data sets of this folder from a hub on loopback, where the task needs one
  --long      all of MMLU on the embedded model, 5 kills (needs ../shared/data)
Exit status: 0 when items and exported samples are equal, else 1.
"""
import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from hub_datasets import add_datasets  # noqa: E402
from hub_server import HubServer  # noqa: E402


class Campaign:
    def __init__(self, arguments, folder: Path, hub):
        self.arguments, self.folder = arguments, folder
        self.env = {"PATH": os.environ["PATH"], "HOME": str(folder), "BANTAM_CACHE": str(folder / "own"), "LC_ALL": "C.UTF-8"}
        if hub:
            self.env["HF_ENDPOINT"] = hub.url

    def start(self, *command) -> subprocess.Popen:
        return subprocess.Popen([self.arguments.binary, *command], cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)

    def start_run(self, store: str) -> subprocess.Popen:
        shots = [] if self.arguments.num_fewshot is None else ["--num-fewshot", str(self.arguments.num_fewshot)]
        return self.start("run", "--models", self.arguments.model, "--precisions", self.arguments.precision, "--accuracy-tasks",
                          self.arguments.task, "--tasks", "accuracy", "--store", store, "--output-dir", f"out-{store}", *shots)

    def finish(self, process: subprocess.Popen) -> None:
        _, err = process.communicate()
        if process.returncode != 0:
            raise RuntimeError(f"exit {process.returncode}: {err[-2000:]}")

    def query(self, store: str, columns: str) -> list:
        path = self.folder / store
        if not path.exists():
            return []
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            try:
                return database.execute(f"select {columns} from items order by task, doc_id").fetchall()
            except sqlite3.OperationalError:  # killed before the tables were there
                return []

    def items(self, store: str) -> list:
        return self.query(store, "task, doc_id, metrics, content")

    def count(self, store: str) -> int:
        return next(iter(self.query(store, "count(*)")), (0,))[0]

    def kill_after(self, store: str, seconds: float) -> int:
        """Kills the run so many seconds after its first new item. How many items were stored then."""
        process, before = self.start_run(store), self.count(store)
        while process.poll() is None and self.count(store) == before:
            time.sleep(0.05)
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        return self.count(store)

    def samples(self, store: str) -> dict:
        target = self.folder / f"samples-{store}"
        self.finish(self.start("export", "lm-eval", "--store", store, "--output-path", str(target)))
        return {path.name.rsplit("_", 1)[0]: path.read_bytes() for path in sorted(target.rglob("samples_*.jsonl"))}

    def run(self) -> bool:
        began = time.monotonic()
        self.finish(self.start_run("whole.db"))
        whole_s = time.monotonic() - began
        whole = self.items("whole.db")
        chance = random.Random(self.arguments.seed)
        stored = [self.kill_after("killed.db", chance.uniform(0.02, 0.9 * whole_s / self.arguments.kills))
                  for _ in range(self.arguments.kills)]
        self.finish(self.start_run("killed.db"))
        killed = self.items("killed.db")
        whole_samples, killed_samples = self.samples("whole.db"), self.samples("killed.db")
        same_items, same_samples = whole == killed, whole_samples == killed_samples and bool(whole_samples)
        print(f"{self.arguments.task}: {len(whole)} items in {whole_s:.1f} s undisturbed; killed with {stored} items stored; "
              f"items {'equal' if same_items else 'DIFFER'}; {len(whole_samples)} files of samples, "
              f"{sum(map(len, whole_samples.values()))} bytes: {'equal' if same_samples else 'DIFFER'}")
        for one, other in zip(whole, killed):
            if one != other:
                print("first difference:", json.dumps([one, other])[:2000])
                break
        return same_items and same_samples and stored[-1] < len(whole)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=str(ROOT / "build" / "release" / "bantam"))
    parser.add_argument("--task", default="nano_knowledge")
    parser.add_argument("--model", default="embedded:nano")
    parser.add_argument("--precision", default="fp16")
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--num-fewshot", type=int)
    parser.add_argument("--datasets", type=Path)
    parser.add_argument("--long", action="store_true")
    arguments = parser.parse_args()
    if arguments.long:
        arguments.task, arguments.kills, arguments.datasets = "mmlu", 5, ROOT.parent / "shared" / "data"
    arguments.binary = str(Path(arguments.binary).resolve())
    hub = HubServer() if arguments.datasets else None
    if hub:
        add_datasets(hub, arguments.datasets)
    try:
        with tempfile.TemporaryDirectory(prefix="bantam-resume-") as folder:
            return 0 if Campaign(arguments, Path(folder), hub).run() else 1
    finally:
        if hub:
            hub.close()


if __name__ == "__main__":
    sys.exit(main())

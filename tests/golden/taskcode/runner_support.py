"""Starts taskcode/run.py and asks it; for the tests of this folder."""
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
RUN = ROOT / "taskcode/run.py"


class Runner:
    """The program with one task, whose code is `source`."""

    def __init__(self, source, *options, environment=None, python=sys.executable, command=()):
        self.folder = tempfile.TemporaryDirectory(prefix="task-")
        Path(self.folder.name, "utils.py").write_text(source, encoding="utf-8")
        Path(self.folder.name, "other.py").write_text("def fine(doc):\n    return 'fine'\n", encoding="utf-8")
        Path(self.folder.name).chmod(0o755)
        self.process = subprocess.Popen([*command, python, str(RUN), *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env=environment)
        self.hello = self.line()

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()
        self.process.stderr.close()
        self.folder.cleanup()

    def line(self):
        return json.loads(self.process.stdout.readline())

    def need_isolation(self):
        """Skips the test where this machine does not limit task code."""
        if not self.hello["ready"]:
            raise unittest.SkipTest(self.hello["error"]["message"])

    def ask(self, **request):
        """(the lines before the last one, the last one)."""
        self.process.stdin.write(json.dumps({"id": 1, "task": "t", **request}) + "\n")
        self.process.stdin.flush()
        lines = []
        while not (line := self.line()).get("done"):
            lines.append(line)
        return lines, line

    def function(self, name):
        return {"$function": f"utils.{name}", "folder": self.folder.name}

    def load(self, **config):
        return self.ask(op="load", config={key: self.function(one) for key, one in config.items()})[1]

    def prepared(self, rows=({"a": 1},), **request):
        """What doc_to_text gave for the first row, or the error that ended it."""
        lines, last = self.ask(op="prepare", rows=list(rows), **request)
        if "error" in last:
            return last["error"]
        return lines[0].get("errors", {}).get("doc_to_text") or lines[0]["values"]["doc_to_text"]

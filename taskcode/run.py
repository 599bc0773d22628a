#!/usr/bin/env python3
"""Runs the Python functions of task files for another program, in a process under limits.

usage: run.py [--no-isolation] [--installed-first] [--without LAYER]... [--read PATH]...
  Reads requests from standard input and writes answers to standard output, a JSON object a line (PROTOCOL.md).
  --no-isolation     go on where the machine gives no isolation, or not enough
  --installed-first  take `datasets` and `lm_eval` as installed, where they are, before the ones that come with this program
  --without          do not use a layer of the isolation: namespaces, mounts, landlock, seccomp (for tests)
  --read             task code may read this file or folder (words of NLTK, for example)
Exit status: 0 at the end of the requests, 2 for wrong use, 3 where isolation is refused.
"""
import argparse
import hashlib
import json
import os
import resource
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import isolation  # noqa: E402

PROTOCOL = 1
LIMITS = {"wall_s": 120, "cpu_s": 600, "memory_bytes": 4 << 30, "file_bytes": 64 << 20, "open_files": 128, "answer_bytes": 1 << 30}
TAIL = 2000


class Worker:
    """One process of task code, with the pipes to it. When it dies its tasks are gone."""

    def __init__(self, settings, limits, first_read):
        self.private = tempfile.mkdtemp(prefix="taskcode-")
        self.nonce, self.printed, self.tail, self.expired = "", 0, b"", False
        self.limits, self.used_before = limits, children_time()
        requests, self.requests = os.pipe()
        answers, written = os.pipe()
        prints, printing = os.pipe()
        command = [sys.executable, "-s", "-P", "-B", "-X", "utf8", os.path.join(HERE, "worker.py"), str(requests), str(written)]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=printing, stderr=printing, cwd="/",
                                        pass_fds=(requests, written), env=self.environment(), start_new_session=True)
        for number in (requests, written, printing):
            os.close(number)
        self.answers, self.buffer = answers, b""
        self.drain = threading.Thread(target=self.read_prints, args=(prints,), daemon=True)
        self.drain.start()
        ready = secrets.token_hex(16)
        self.held = self.first(dict(settings, limits=limits, private=self.private, nonce=ready, read=settings["read"] + first_read), ready)

    def environment(self):
        one = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "HF_HUB_OFFLINE",
                                      "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE")}
        return {**one, "PATH": "/usr/bin:/bin", "HOME": self.private, "TMPDIR": self.private, "LANG": "C.UTF-8", "PYTHONHASHSEED": "0",
                "HF_HOME": self.private, "TOKENIZERS_PARALLELISM": "false"}

    def read_prints(self, prints):
        while data := os.read(prints, 65536):
            self.printed += len(data)
            self.tail = (self.tail + data)[-TAIL:]
        os.close(prints)

    def first(self, settings, ready):
        timer = self.watch(30)
        try:
            self.send(json.dumps(settings).encode() + b"\n")
            line = self.line(1 << 20)
            told = json.loads(line) if line else {}
            return told["held"] if told.get("ready") == ready else None
        except (OSError, ValueError):
            return None
        finally:
            timer.cancel()

    def send(self, data):
        view = memoryview(data)
        while view:
            view = view[os.write(self.requests, view):]

    def line(self, most):
        """The next line without its end, None at the end; TooMuch beyond `most` bytes."""
        parts, size = [self.buffer], len(self.buffer)
        while b"\n" not in parts[-1]:
            data = os.read(self.answers, 1 << 20)
            if not data:
                return None
            parts.append(data)
            size += len(data)
            if size > most:
                raise TooMuch
        whole = b"".join(parts)
        line, _, self.buffer = whole.partition(b"\n")
        return line

    def watch(self, seconds):
        def end():
            self.expired = True
            self.kill()

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        return timer

    def kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def ended(self):
        """Why the process is gone, as an error."""
        self.kill() if self.expired else None
        try:
            status = self.process.wait(5)
        except subprocess.TimeoutExpired:  # it closed its pipe and goes on
            self.kill()
            self.process.wait()
            return {"kind": "died", "message": "task code closed the pipe for answers"}
        if self.expired:
            return {"kind": "timeout", "message": "task code took longer than wall_s allows"}
        if status < 0 and children_time() - self.used_before >= self.limits["cpu_s"]:
            return {"kind": "cpu", "message": f"task code used more than {self.limits['cpu_s']} s of CPU time"}
        if status < 0:
            return {"kind": "died", "signal": -status, "message": f"task code ended its process: signal {-status}"}
        return {"kind": "died", "exit": status, "message": f"task code ended its process: exit status {status}"}

    def close(self):
        self.kill()
        self.process.wait()
        self.drain.join(5)
        for number in (self.requests, self.answers):
            os.close(number)
        shutil.rmtree(self.private, ignore_errors=True)


class TooMuch(Exception):
    pass


def children_time():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Runner:
    def __init__(self, settings, out):
        self.settings, self.out, self.worker, self.limits = settings, out, None, dict(LIMITS)
        self.read, self.loads = [], {}

    def write(self, line):
        self.out.write(json.dumps(line) + "\n")
        self.out.flush()

    def start(self):
        if self.worker is None:
            self.worker = Worker(self.settings, self.limits, self.read)
        return self.worker

    def stop(self):
        if self.worker is not None:
            self.worker.close()
            self.worker = None

    def lacking(self):
        """The guarantees that are needed and do not hold."""
        given = isolation.guarantees(self.worker.held or {})
        return [] if self.settings["no_isolation"] else [name for name in isolation.NEEDED if given[name] is None]

    def hello(self):
        """The first line; False where the isolation is not enough."""
        held = self.start().held
        line = {"protocol": PROTOCOL, "program": "taskcode", "python": sys.version.split()[0], "limits": self.limits, "code": own_hash()}
        if held is None:
            error = self.worker.ended()
            tail = self.worker.tail.decode("utf-8", "replace")
            self.write({**line, "ready": False, "error": {"kind": "isolation", "message": f"no process for task code: {error['message']}", "tail": tail}})
            return False
        lacking = self.lacking()
        line.update(isolation=isolation.guarantees(held), layers=held)
        if lacking:
            reasons = "; ".join(f"{name}: {held[name]}" for name in held if held[name] is not True)
            self.write({**line, "ready": False, "error": {"kind": "isolation", "message": f"this machine does not limit {', '.join(lacking)} "
                                                          f"of task code ({reasons or 'left out'}); --no-isolation goes on without"}})
            return False
        self.write({**line, "ready": True})
        return True

    def request(self, text):
        try:
            request = json.loads(text)
            if not isinstance(request, dict):
                raise ValueError("no object")
        except (ValueError, RecursionError) as error:
            self.write({"id": None, "done": True, "error": {"kind": "bad_request", "message": f"not a JSON object: {error}"[:300]}})
            return
        number, lines = request.get("id"), None
        try:
            if request.get("op") == "limits":
                self.set_limits(request)
                self.write({"id": number, "done": True, "limits": self.limits})
                return
            if request.get("op") == "load":
                self.allow(request)
            if not isinstance(request.get("wall_s", 1), (int, float)) or request.get("wall_s", 1) <= 0:
                raise ValueError("wall_s is no positive number")
            if request.get("path") is not None:
                with open(request.pop("path"), "rb") as file:
                    lines = [line.rstrip(b"\r\n") for line in file if line.strip()]
        except (OSError, ValueError, TypeError, KeyError) as error:
            self.write({"id": number, "done": True, "error": {"kind": "bad_request", "message": f"{type(error).__name__}: {error}"[:300]}})
            return
        self.ask(number, request, lines)

    def set_limits(self, request):
        for name, value in request["limits"].items():
            if name not in LIMITS or type(value) is not int or value <= 0:
                raise ValueError(f"no limit {name!r} of {value!r}; limits are {', '.join(LIMITS)}, positive integers")
        self.limits.update(request["limits"])
        self.stop()

    def allow(self, request):
        """The folders of a task are readable; a process that may not read them yet is replaced, and its tasks loaded again."""
        folders = set(folders_of(request["config"])) | ({request["tasks_root"]} if request.get("tasks_root") else set())
        folders = {root_of(one) for one in folders}
        new = sorted(one for one in folders if not any(one == old or one.startswith(old.rstrip("/") + "/") for old in self.read))
        if new:
            self.read += new
            self.stop()
            for text in list(self.loads.values()):
                self.start()
                if self.worker.held is not None and not self.lacking():
                    self.exchange(self.worker, dict(text), None, lambda line: None)
        self.loads[request["task"]] = {key: value for key, value in request.items() if key != "id"}

    def ask(self, number, request, lines):
        worker = self.start()
        request.pop("id", None)
        if worker.held is None:
            error = worker.ended()
        elif self.lacking():
            error = {"kind": "isolation", "message": f"a new process is without limits of {', '.join(self.lacking())}"}
        else:
            error = self.exchange(worker, request, lines, lambda line: self.write({"id": number, **line}))
        if error:
            self.stop()
            self.loads.clear()
            tail = worker.tail.decode("utf-8", "replace")
            self.write({"id": number, "done": True, "error": error, **printed(worker.printed, tail), "tasks_lost": True})

    def exchange(self, worker, request, lines, write):
        """Passes on the answer's lines; an error where there is no whole answer."""
        nonce, before, started = secrets.token_hex(8), worker.printed, time.monotonic()
        wall = min(request.pop("wall_s", self.limits["wall_s"]), self.limits["wall_s"])
        head = dict(request, nonce=nonce, wall_s=wall, **({"lines": len(lines)} if lines is not None else {}))
        timer = worker.watch(wall)
        left = self.limits["answer_bytes"]
        try:
            worker.send(json.dumps(head).encode() + b"\n" + b"".join(line + b"\n" for line in lines or []))
            while True:
                text = worker.line(left)
                if text is None:
                    return worker.ended()
                left -= len(text)
                line = json.loads(text)
                if not isinstance(line, dict) or line.pop("nonce", None) != nonce:
                    return {"kind": "bad_answer", "message": "something else than the runner wrote to the pipe for answers"}
                if line.get("done"):
                    line.update(printed(worker.printed - before, worker.tail.decode("utf-8", "replace")))
                    line["seconds"] = round(time.monotonic() - started, 3)
                write(line)
                if line.get("done"):
                    return None
        except TooMuch:
            return {"kind": "too_much", "message": f"the answer is longer than {self.limits['answer_bytes']} bytes"}
        except (ValueError, RecursionError):
            return {"kind": "bad_answer", "message": "something else than the runner wrote to the pipe for answers"}
        except OSError:
            return worker.ended()
        finally:
            timer.cancel()


def printed(count, tail):
    """What task code printed, which is no answer: how much, and the end of it."""
    return {"printed": {"bytes": count, "tail": tail[-min(count, TAIL):]}} if count else {}


def folders_of(config):
    if isinstance(config, dict):
        if "$function" in config:
            yield os.path.realpath(config["folder"])
        for one in config.values():
            yield from folders_of(one)
    elif isinstance(config, list):
        for one in config:
            yield from folders_of(one)


def root_of(folder):
    """lm_eval/tasks above the folder, whose modules import each other, else the folder."""
    head, mark, _ = f"{os.path.realpath(folder)}/".partition("/lm_eval/tasks/")
    return head + mark.rstrip("/") if mark else os.path.realpath(folder)


def own_hash():
    """Of this program's files and stand-ins: results are made by these as well."""
    digest = hashlib.sha256()
    paths = [os.path.join(folder, name) for folder, _, names in os.walk(HERE) for name in names if name.endswith(".py")]
    for path in sorted(paths):
        with open(path, "rb") as file:
            digest.update(f"{hashlib.sha256(file.read()).hexdigest()}  {os.path.relpath(path, HERE)}\n".encode())
    return digest.hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-isolation", action="store_true")
    parser.add_argument("--installed-first", action="store_true")
    parser.add_argument("--without", action="append", choices=isolation.LAYERS, default=[])
    parser.add_argument("--read", action="append", default=[])
    arguments = parser.parse_args()
    isolation.die_with_parent()
    settings = {"no_isolation": arguments.no_isolation, "installed_first": arguments.installed_first, "without": arguments.without,
                "read": arguments.read}
    runner = Runner(settings, os.fdopen(os.dup(1), "w", encoding="ascii"))
    try:
        if not runner.hello():
            return 3
        for line in sys.stdin.buffer:
            if line.strip():
                runner.request(line)
        return 0
    except BrokenPipeError:
        return 1
    finally:
        runner.stop()


if __name__ == "__main__":
    sys.exit(main())

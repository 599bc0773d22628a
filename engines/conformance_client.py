"""The asking side of the protocol for conformance.py: starts an engine program, sends requests, and names what breaks the protocol."""
import json
import math
import os
import queue
import subprocess
import threading

LONGEST_LINE = 64 << 20
EVENTS = ("prefilled", "token")
MOST_EVENTS = 5000


class Broken(Exception):
    """The program broke the protocol, ended or did not answer; nothing more can be asked of it."""


class Wrong(Exception):
    """An answer in good form says what cannot be."""


class Answer:
    def __init__(self, line, events):
        self.ok, self.error, self.events = line.get("ok"), line.get("error"), events

    def good(self):
        """The object of `ok`; Wrong where it is an error."""
        if self.error is not None:
            raise Wrong(f"an error: {shown(self.error)}")
        return self.ok

    def refused(self):
        """Wrong where it is no error, or one that does not say that the request is at fault."""
        if self.error is None:
            raise Wrong(f"no error, but {shown(self.ok)}")
        if self.error.get("kind") != "bad_input":
            raise Wrong(f"an error without \"kind\": \"bad_input\": {shown(self.error)}")


def shown(value):
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 300 else text[:300] + "…"


class Client:
    """A running engine program."""

    def __init__(self, command, timeout):
        self.timeout, self.number, self.lines, self.last_words = timeout, 0, queue.Queue(), b""
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.threads = [threading.Thread(target=one, daemon=True) for one in (self.read_lines, self.read_errors)]
        for one in self.threads:
            one.start()

    def read_lines(self):
        while True:
            line = self.process.stdout.readline(LONGEST_LINE + 1)
            self.lines.put(line)
            if not line or not line.endswith(b"\n"):
                return

    def read_errors(self):
        for piece in iter(lambda: self.process.stderr.read1(65536), b""):
            self.last_words = (self.last_words + piece)[-2000:]

    def line(self, patient=False):
        """The next line's object. `patient`: wait on while the program uses the CPU."""
        used, waited = self.cpu_time(), 0
        while True:
            try:
                data = self.lines.get(timeout=self.timeout)
                break
            except queue.Empty:
                now, waited = self.cpu_time(), waited + 1
                if not patient or now == used or (now is None and waited == 10):
                    raise Broken(f"no line came within {self.timeout:g} s") from None
                used = now
        if not data:
            raise Broken(f"the program ended{self.ending()}")
        if not data.endswith(b"\n"):
            raise Broken("a line is longer than 64 MiB" if len(data) > LONGEST_LINE else f"the program ended within a line{self.ending()}")
        return parsed(data)

    def cpu_time(self):
        """Ticks that the program has used, None where this machine does not tell."""
        try:
            with open(f"/proc/{self.process.pid}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
            return int(fields[11]) + int(fields[12])
        except (OSError, IndexError, ValueError):
            return None

    def ending(self):
        try:
            status = self.process.wait(5)
        except subprocess.TimeoutExpired:
            return ": it closed its output and goes on"
        self.threads[1].join(1)
        words = self.last_words.decode(errors="replace").strip()
        how = f", status {status}" if status >= 0 else f", signal {-status}"
        return how + (f"; its last words: {words[-300:]}" if words else "")

    def send_line(self, data):
        try:
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except OSError:
            raise Broken(f"the program does not read{self.ending()}") from None

    def ask(self, do, **members):
        """Sends a request and waits for its answer; Broken where a line is no event or answer of it."""
        self.number += 1
        self.send_line(json.dumps({"id": self.number, "do": do, **members}).encode() + b"\n")
        return self.answer(do)

    def answer(self, do, anonymous=False):
        """The answer to the request `number`; with `anonymous`, errors without an id may come before."""
        events = []
        while True:
            line = self.line(patient=do == "load")
            if anonymous and line.get("id") is None and "error" in line:
                continue
            if line.get("id") != self.number or isinstance(line.get("id"), bool):
                raise Broken(f"a line with the id {shown(line.get('id'))} came, {self.number} was asked: {shown(line)}")
            if "event" not in line:
                check_form(line)
                return Answer(line, events)
            if do != "generate" or line["event"] not in EVENTS:
                raise Broken(f"an event that the protocol does not have here: {shown(line)}")
            if len(events) == MOST_EVENTS:
                raise Broken(f"more than {MOST_EVENTS} events came for one request, and no answer")
            events.append(line)

    def end(self):
        """Closes the program's input; what is wrong with how it ends, or None."""
        try:
            self.process.stdin.close()
        except OSError:
            pass
        try:
            self.process.wait(self.timeout)
        except subprocess.TimeoutExpired:
            return f"it went on {self.timeout:g} s after its input had ended"
        self.threads[0].join(5)
        left = self.lines.get() if not self.lines.empty() else b""
        return f"a line that nobody asked for: {shown(left.decode(errors='replace'))}" if left else None

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for one in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                one.close()
            except OSError:
                pass


def no_constant(text):
    raise ValueError(f"{text} is no JSON")


def parsed(data):
    try:
        line = json.loads(data.decode("utf-8"), parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        raise Broken(f"a line is no JSON in UTF-8: {error}: {shown(data[:200].decode(errors='replace').rstrip())}") from None
    if not isinstance(line, dict):
        raise Broken(f"a line is no JSON object: {shown(line)}")
    return line


def check_form(line):
    if ("ok" in line) == ("error" in line):
        raise Broken(f"an answer needs either `ok` or `error`: {shown(line)}")
    value = line.get("ok", line.get("error"))
    if not isinstance(value, dict):
        raise Broken(f"`ok` and `error` are objects: {shown(line)}")
    if "error" in line and not (isinstance(value.get("message"), str) and value["message"]):
        raise Broken(f"an error has a `message`: {shown(line)}")


# What values must be.

def is_int(value):
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def expect(condition, what, value):
    if not condition:
        raise Wrong(f"{what}: {shown(value)}")


def numbers(value, count, what):
    expect(isinstance(value, list) and len(value) == count and all(is_number(one) for one in value), f"{what} should be {count} numbers", value)


def rows(answer, name, count):
    """The list of an answer, with so many entries."""
    value = answer.good().get(name)
    expect(isinstance(value, list) and len(value) == count, f"`{name}` should be a list of {count}", value if value is not None else answer.ok)
    return value


def program_path(command):
    """The command with the program's path resolved where it is a file, so that messages name it."""
    return [os.path.abspath(command[0]) if os.path.isfile(command[0]) else command[0], *command[1:]]

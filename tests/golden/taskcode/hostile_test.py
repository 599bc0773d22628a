"""Task code that wants to do harm: each attempt ends with a named error, and nothing else is touched.

By hand: python3 tests/golden/taskcode/hostile_test.py; every test is run with each isolation that this machine has.
"""
import json
import os
import socket
import tempfile
import threading
import time
import unittest
from pathlib import Path

from runner_support import Runner

LIMITS = {"wall_s": 8, "cpu_s": 60, "memory_bytes": 1 << 30}
SETTINGS = {
    "all": (),
    "no namespaces": ("--without", "namespaces"),
    "no landlock": ("--without", "landlock"),
    "namespaces and seccomp without mounts": ("--without", "landlock", "--without", "mounts"),
    "seccomp only": ("--without", "namespaces", "--without", "landlock"),
}


def attempt(body, options=(), limits=LIMITS, **more):
    """What doc_to_text with this body gives in a runner of its own: its value or the error; and the runner's next answer."""
    source = "import os, sys, time\n" + more.pop("before", "") + "\ndef doc_to_text(doc):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    with Runner(source, *options, **more) as runner:
        runner.need_isolation()
        runner.ask(op="limits", limits={key: value for key, value in limits.items() if key != "wall_s"})
        wall = limits["wall_s"]  # of the attempt only: this machine may be busy
        loaded = runner.ask(op="load", config={"doc_to_text": runner.function("doc_to_text")}, wall_s=wall)[1]
        made = loaded.get("error") or loaded["errors"].get("doc_to_text") or runner.prepared(wall_s=wall)
        runner.ask(op="load", config={"doc_to_text": {"$function": "other.fine", "folder": runner.folder.name}})
        return made, runner.prepared()


class HostileTest(unittest.TestCase):
    def each(self, body, check, settings=SETTINGS, **more):
        for name, options in settings.items():
            with self.subTest(name):
                made, after = attempt(body, options, **more)
                check(made)
                self.assertEqual(after, "fine")

    def has_kind(self, *kinds):
        return lambda made: self.assertIn(made["kind"], kinds, made)

    def test_endless_loop(self):
        self.each("while True: pass", self.has_kind("timeout"), {"all": (), "seccomp only": SETTINGS["seccomp only"]})

    def test_endless_loop_while_loading(self):
        self.each("return ''", self.has_kind("timeout"), {"all": ()}, before="while True: pass")

    def test_cpu_time(self):
        self.each("while True: pass", self.has_kind("cpu"), {"all": ()}, limits={**LIMITS, "wall_s": 60, "cpu_s": 1})

    def test_ten_gigabytes(self):
        self.each("return len(bytearray(10 << 30))", self.has_kind("memory"))

    def test_memory_bit_by_bit(self):
        self.each("kept = []\nwhile True: kept.append(bytearray(16 << 20))", self.has_kind("memory"), {"all": ()},
                  limits={**LIMITS, "wall_s": 60})

    def test_fork_bomb(self):
        self.each("while True: os.fork()", lambda made: self.assertEqual(made["type"], "PermissionError", made))

    def test_other_program(self):
        self.each("import subprocess\nreturn subprocess.run(['/bin/echo', 'x'], capture_output=True).stdout.decode()",
                  lambda made: self.assertEqual(made["type"], "PermissionError", made))

    def test_network(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(0.2)
            port = server.getsockname()[1]
            self.each(f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 2).send(b'x')\nreturn 'sent'",
                      lambda made: self.assertEqual(made["kind"], "task_code", made))
            with self.assertRaises(TimeoutError):
                server.accept()

    def test_datagrams_and_local_sockets(self):
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
            path = os.path.join(folder, "socket")
            server.bind(path)
            server.listen()
            server.settimeout(0.2)
            self.each(f"import socket\none = socket.socket(socket.AF_UNIX)\none.connect({path!r})\nreturn 'sent'",
                      lambda made: self.assertEqual(made["type"], "PermissionError", made))
            self.each("import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))\nreturn 'sent'",
                      lambda made: self.assertEqual(made["kind"], "task_code", made))

    def test_write_outside(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o777)
            kept = Path(folder, "kept")
            kept.write_text("as it was")
            os.chmod(kept, 0o666)
            for body in (f"open({str(kept)!r}, 'w').write('changed')", f"os.truncate({str(kept)!r}, 0)", f"os.unlink({str(kept)!r})",
                         f"os.rename({str(kept)!r}, {folder!r} + '/other')", f"open({folder!r} + '/new', 'w')", f"os.mkdir({folder!r} + '/new')",
                         f"os.symlink('/', {folder!r} + '/new')", f"os.chmod({str(kept)!r}, 0o400)",
                         f"os.setxattr({str(kept)!r}, 'user.x', b'y')", f"os.utime({str(kept)!r}, (0, 0))"):
                changed = body.startswith(("os.chmod", "os.setxattr", "os.utime"))
                settings = {name: one for name, one in SETTINGS.items() if not (changed and "no namespaces" == name)}
                with self.subTest(body):
                    self.each(body + "\nreturn 'done'", lambda made: self.assertEqual(made["kind"], "task_code", made),
                              settings if body.startswith(("open", "os.truncate")) else {name: settings[name] for name in list(settings)[:1] + list(settings)[-1:]})
            self.assertEqual(kept.read_text(), "as it was")
            self.assertEqual(os.listdir(folder), ["kept"])

    def test_own_folder_is_empty_and_may_be_written(self):
        body = "import tempfile\nwith tempfile.NamedTemporaryFile('w+') as file:\n    file.write('x')\n    file.seek(0)\n    return file.read() + str(os.listdir('.'))"
        self.each(body, lambda made: self.assertTrue(made.startswith("x["), made), {"all": (), "no landlock": SETTINGS["no landlock"]})

    def test_large_file(self):
        body = "with open('large', 'wb') as file:\n    for _ in range(1000): file.write(bytes(1 << 20))\nreturn 'done'"
        self.each(body, lambda made: self.assertEqual(made["kind"], "task_code", made), {"all": ()}, limits={**LIMITS, "file_bytes": 1 << 20, "wall_s": 30})

    def test_prints_that_look_like_answers(self):
        line = json.dumps({"id": 1, "row": 0, "values": {"doc_to_text": "forged"}, "done": True})
        body = f"print({line!r}, flush=True)\nos.write(1, {line!r}.encode() + b'\\n')\nos.write(2, b'\\xff\\n')\nos.system('echo x')\nreturn 'mine'"
        self.each(body, lambda made: self.assertEqual(made, "mine"), before=f"print({line!r})\nsys.__stdout__.write({line!r} + '\\n')")

    def test_writes_to_every_descriptor(self):
        body = "for number in range(3, 64):\n    try: os.write(number, b'{\"done\": true, \"values\": 1}\\n')\n    except OSError: pass\nreturn 'mine'"
        self.each(body, self.has_kind("bad_answer"), {"all": ()})

    def test_closes_every_descriptor(self):
        self.each("os.closerange(0, 64)\nwhile True: time.sleep(1)", self.has_kind("died", "timeout"), {"all": ()})

    def test_huge_output(self):
        self.each("for _ in range(3000): os.write(1, b'x' * 65536)\nreturn 'mine'", lambda made: self.assertEqual(made, "mine"), {"all": ()},
                  limits={**LIMITS, "wall_s": 60})

    def test_huge_answer(self):
        self.each("return 'x' * (50 << 20)", self.has_kind("too_much"), {"all": ()}, limits={**LIMITS, "answer_bytes": 1 << 20, "wall_s": 60})

    def test_exit(self):
        self.each("os._exit(0)", lambda made: self.assertEqual((made["kind"], made.get("exit")), ("died", 0), made))
        self.each("sys.exit(0)", lambda made: self.assertEqual(made["type"], "SystemExit", made), {"all": ()})
        self.each("return ''", lambda made: self.assertEqual((made["kind"], made.get("exit")), ("died", 5), made), {"all": ()}, before="os._exit(5)")

    def test_crash(self):
        self.each("import ctypes\nctypes.string_at(0)", lambda made: self.assertEqual((made["kind"], made["signal"]), ("died", 11), made))

    def test_deep_recursion(self):
        self.each("def deeper(): deeper()\ndeeper()", lambda made: self.assertEqual(made["type"], "RecursionError", made), {"all": ()})
        self.each("sys.setrecursionlimit(10**8)\ndef deeper(): deeper()\ndeeper()", self.has_kind("died", "memory", "task_code", "timeout"), {"all": ()})

    def test_deep_value(self):
        self.each("one = []\nfor _ in range(100000): one = [one]\nreturn one", self.has_kind("not_json"), {"all": ()})

    def test_value_that_is_no_json(self):
        self.each("return object()", self.has_kind("not_json"), {"all": ()})

    def test_secrets_in_the_environment(self):
        environment = {**os.environ, "HF_TOKEN": "hf_secret", "AWS_SECRET_ACCESS_KEY": "secret"}
        body = "import pathlib\nfound = str(dict(os.environ))\nfor one in ['self'] + [str(n) for n in range(1, 40000)]:\n" \
               "    try: found += pathlib.Path('/proc', one, 'environ').read_bytes().decode('utf-8', 'replace')\n    except OSError: pass\nreturn found"
        self.each(body, lambda made: self.assertNotIn("secret", made if isinstance(made, str) else json.dumps(made)),
                  {name: SETTINGS[name] for name in ("all", "no namespaces", "no landlock")}, environment=environment, limits={**LIMITS, "wall_s": 60})

    def test_files_of_the_user(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "token").write_text("secret")
            self.each(f"return open({folder!r} + '/token').read()", lambda made: self.assertEqual(made["type"], "PermissionError", made),
                      {name: SETTINGS[name] for name in ("all", "no namespaces")})

    def test_kills_its_parent(self):
        body = "import signal\nfor one in (os.getppid(), -1, 0):\n    try: os.kill(one, signal.SIGKILL)\n    except OSError: pass\nreturn 'alive'"
        self.each(body, lambda made: self.assertEqual(made, "alive"))

    def test_kills_the_test(self):
        body = f"import signal\ntry: os.kill({os.getpid()}, signal.SIGKILL)\nexcept OSError: pass\nreturn 'alive'"
        self.each(body, lambda made: self.assertEqual(made, "alive"))

    def test_stops_itself(self):
        self.each("import signal\nos.kill(os.getpid(), signal.SIGSTOP)", self.has_kind("timeout", "died"), {"all": ()})

    def test_ignores_signals_and_threads(self):
        body = "import signal, threading\nfor one in range(1, 32):\n    try: signal.signal(one, signal.SIG_IGN)\n    except OSError: pass\n" \
               "def loop():\n    while True: pass\nthreading.Thread(target=loop, daemon=True).start()\nwhile True: pass"
        self.each(body, self.has_kind("timeout", "task_code"), {"all": ()})

    def test_waits_in_a_c_function(self):
        self.each("import re\nre.match('(a+)+$', 'a' * 40 + 'b')\nreturn ''", self.has_kind("timeout"), {"all": ()})

    def test_raises_limits(self):
        body = "import resource\nresource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))\nreturn len(bytearray(6 << 30))"
        self.each(body, lambda made: self.assertIn(made["kind"], ("task_code", "memory"), made),
                  {"all": ()} if os.getuid() else {"all": (), "no landlock": SETTINGS["no landlock"]})

    def test_changes_the_runner(self):
        body = "import loading, values, json\nloading.described = None\nvalues.encode = lambda one: 'forged'\njson.dumps = lambda *a, **k: '{}'\nreturn 'mine'"
        self.each(body, lambda made: self.assertTrue(made == "mine" or made.get("kind") == "bad_answer", made), {"all": ()})

    def test_nothing_is_left_behind(self):
        with tempfile.TemporaryDirectory() as folder:  # other tests use the usual one meanwhile
            place = {**os.environ, "TMPDIR": folder}
            attempt("open('left', 'w').write('x')\nos.makedirs('deep/er')\nos._exit(1)", environment=place)
            attempt("os.mkdir('a', 0)\nwhile True: pass", environment=place)
            self.assertEqual(os.listdir(folder), [])

    def test_ends_with_its_parent(self):
        with Runner("import time\ndef doc_to_text(doc):\n    time.sleep(60)\n") as runner:
            runner.need_isolation()
            runner.load(doc_to_text="doc_to_text")
            threading.Timer(1, runner.process.kill).start()
            with self.assertRaises(ValueError):  # no line came
                runner.prepared()
            end, mark = time.monotonic() + 5, runner.folder.name
            while time.monotonic() < end and workers_of(runner.process.pid):
                time.sleep(0.1)
            self.assertEqual(workers_of(runner.process.pid), [], mark)


def workers_of(parent):
    """Processes of the runner that are still there, by its session's first process."""
    found = []
    for one in os.listdir("/proc"):
        try:
            text = Path("/proc", one, "stat").read_text().rpartition(")")[2].split() if one.isdigit() else None
        except OSError:
            continue
        if text and int(text[1]) == parent:
            found.append(one)
    return found


class RefusesTest(unittest.TestCase):
    def test_without_isolation_it_does_not_run(self):
        without = [one for layer in ("namespaces", "landlock", "seccomp") for one in ("--without", layer)]
        with Runner("", *without) as runner:
            self.assertFalse(runner.hello["ready"])
            self.assertEqual(runner.hello["error"]["kind"], "isolation")
            self.assertIn("--no-isolation", runner.hello["error"]["message"])
            self.assertEqual(runner.process.wait(10), 3)

    def test_unless_told_to(self):
        without = [one for layer in ("namespaces", "landlock", "seccomp") for one in ("--without", layer)]
        with Runner("def doc_to_text(doc): return 'ran'", *without, "--no-isolation") as runner:
            self.assertTrue(runner.hello["ready"])
            self.assertIsNone(runner.hello["isolation"]["network"])
            runner.load(doc_to_text="doc_to_text")
            self.assertEqual(runner.prepared(), "ran")


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""The page over HTTP: what is answered, to whom, and what a run that goes on changes in it."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import sys
import unittest
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import UNDISTURBED, CliTest, environment, wait_until  # noqa: E402

DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.S)


class ServeTest(CliTest):
    def serve(self, *arguments, env=None):
        """Its process, with the parts of the address that it printed."""
        process = self.start("serve", "--port", "0", *arguments, env=env)
        line = process.stdout.readline()
        if not line:
            self.fail(process.communicate()[1])
        process.address = urllib.parse.urlsplit(line.strip())
        return process

    @staticmethod
    def ask(process, path, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", process.address.port, timeout=300)  # it has a low priority, and others may have the CPUs
        try:
            connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            answer.content = answer.read()
            return answer
        finally:
            connection.close()

    def progress(self, process):
        return json.loads(self.ask(process, "/progress.json").content)

    def configurations(self, process):
        datasets = json.loads(self.ask(process, "/data.json").content)["datasets"]
        return [one["name"] for data in datasets for one in data["configurations"]]

    def bring(self, name="m", rate=80.0, store="bantam.db"):
        """Results of another tool, within no time."""
        test = {"cpu_info": "Board", "model_filename": f"{name}.gguf", "model_type": "llama 1B Q8_0", "model_size": 1100000000,
                "model_n_params": 1000000000, "n_threads": 2, "n_prompt": 256, "n_gen": 0, "n_depth": 0,
                "test_time": "2026-01-31T12:00:00Z", "avg_ts": rate, "samples_ts": [rate]}
        (self.folder / "bench.json").write_text(json.dumps([test]))
        self.assert_ok(self.bantam("import", "llama-bench", "bench.json", "--store", store))

    def end_with(self, process, number):
        process.send_signal(number)
        _, told = process.communicate(timeout=300)
        return process.returncode, told

    def assert_nothing_beside(self, names):
        """Such as SQLite's -wal and -shm beside the store, which readers can leave, too."""
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), names)

    def test_the_page_and_its_parts(self):
        self.bring()
        process = self.serve("--title", "A <board>")
        self.assertEqual(process.address.hostname, "127.0.0.1")
        page = self.ask(process, "/")
        self.assertEqual(page.status, 200)
        self.assertEqual(page.headers["Cache-Control"], "no-store")
        self.assertEqual(page.headers["X-Content-Type-Options"], "nosniff")
        self.assertIsNone(page.headers["Access-Control-Allow-Origin"])
        text = page.content.decode()
        self.assertIn("connect-src 'self'", text)
        data = json.loads(DATA.search(text).group(1))
        answer = self.ask(process, "/data.json")
        self.assertEqual(json.loads(answer.content)["datasets"], data["datasets"])
        self.assertEqual(data["live"]["tag"], answer.headers["ETag"])
        self.assertEqual(data["datasets"][0]["title"], "A <board>")

        again = self.ask(process, "/data.json", If_None_Match=answer.headers["ETag"])
        self.assertEqual((again.status, again.content), (304, b""))

        progress = self.progress(process)
        self.assertEqual(progress["data"], answer.headers["ETag"])
        self.assertEqual((progress["is_running"], progress["finished"], progress["open"]), (False, 1, []))
        self.assertGreater(progress["age_s"], 0)

        self.assert_ok(self.bantam("report", "--title", "A <board>", "--charts", "charts", "--only", "throughput", "--format", "svg"))
        copy = self.ask(process, "/report.html")
        self.assertEqual(copy.content, (self.folder / "report.html").read_bytes())
        self.assertIn("attachment", copy.headers["Content-Disposition"])
        chart = self.ask(process, "/charts/throughput.svg")
        self.assertEqual(chart.headers["Content-Type"], "image/svg+xml; charset=utf-8")
        self.assertTrue((self.folder / "charts" / "throughput.svg").read_bytes().startswith(chart.content))
        self.assertNotEqual(self.ask(process, "/charts/throughput.svg?theme=dark").content, chart.content)
        self.assertEqual(self.ask(process, "/charts/pie.svg").status, 404)
        self.assertEqual(self.ask(process, "/charts/%2e%2e%2f%2e%2e%2fetc%2fpasswd.svg").status, 404)
        self.assertEqual(self.ask(process, "/bantam.db").status, 404)

    def test_only_for_reading_and_for_its_own_names(self):
        self.bring()
        process = self.serve()
        for method in ("POST", "PUT", "DELETE", "OPTIONS"):
            self.assertEqual(self.ask(process, "/", method).status, 405, method)
        head = self.ask(process, "/data.json", "HEAD")
        self.assertEqual((head.status, head.content), (200, b""))
        self.assertEqual(self.ask(process, "/", Host="localhost:9999").status, 200)
        for host in ("evil.example", f"evil.example:{process.address.port}", "127.0.0.1.evil.example", "192.168.1.5"):
            self.assertEqual(self.ask(process, "/data.json", Host=host).status, 403, host)
        self.assertEqual(self.ask(process, "/", X="x" * 20000).status // 100, 4)

    def test_other_addresses_need_the_token(self):
        self.bring()
        process = self.serve("--host", "0.0.0.0")
        shown = process.stderr.readline()
        token = re.fullmatch(r"bantam: open http://\S+:\d+/\?token=([0-9a-f]{48})\n", shown).group(1)
        for path in ("/", "/data.json", "/progress.json", "/report.html", "/?token=", f"/?token={token[:-1]}"):
            self.assertEqual(self.ask(process, path).status, 401, path)
        self.assertEqual(self.ask(process, "/data.json", Authorization="Bearer " + token).status, 200)
        first = self.ask(process, "/?token=" + token)
        cookie = first.headers["Set-Cookie"]
        self.assertRegex(cookie, r"^bantam_\d+=[0-9a-f]{64}; Path=/; HttpOnly; SameSite=Strict$")
        self.assertEqual(self.ask(process, "/", Cookie=cookie.split(";")[0]).status, 200)
        code, told = self.end_with(process, signal.SIGTERM)
        self.assertEqual(code, 143)
        self.assertNotIn(token, told)
        self.assertNotIn(token, process.address.geturl())

    def test_a_token_of_ones_own_is_never_shown(self):
        self.bring()
        token = "a-token-that-nobody-guesses"
        process = self.serve("--token-env", "BOARD_TOKEN", env=environment(BOARD_TOKEN=token))
        self.assertEqual(self.ask(process, "/data.json").status, 401)
        self.assertEqual(self.ask(process, "/data.json", Authorization="Bearer " + token).status, 200)
        self.assertNotIn(token.encode(), Path(f"/proc/{process.pid}/cmdline").read_bytes())
        self.assertNotIn(token.encode(), Path(f"/proc/{process.pid}/environ").read_bytes())
        code, told = self.end_with(process, signal.SIGINT)
        self.assertEqual(code, 130)
        self.assertNotIn(token, told)

    def test_results_come_replaced_and_go(self):
        process = self.serve()
        self.assertIn("there is no store bantam.db yet", process.stderr.readline())
        self.assertEqual(self.configurations(process), [])
        self.assertEqual(self.progress(process)["is_there"], False)
        self.assertEqual(self.ask(process, "/").status, 200)
        self.assertEqual(self.ask(process, "/report.html").status, 404)

        (self.folder / "bantam.db").touch()  # as a run leaves it while it begins
        self.bring("first")
        wait_until(lambda: len(self.configurations(process)) == 1, seconds=240)
        tag = self.ask(process, "/data.json").headers["ETag"]
        self.bring("second")
        wait_until(lambda: len(self.configurations(process)) == 2, seconds=240)
        self.assertNotEqual(self.ask(process, "/data.json").headers["ETag"], tag)

        self.bring("third", store="other.db")
        os.replace(self.folder / "other.db", self.folder / "bantam.db")
        wait_until(lambda: len(self.configurations(process)) == 1, seconds=240)
        before = self.configurations(process)
        (self.folder / "bantam.db").write_text("something else")
        wait_until(lambda: "bantam.db is not a bantam store" in self.progress(process).get("problem", ""), seconds=240)
        self.assertEqual(self.configurations(process), before)
        (self.folder / "bantam.db").unlink()
        wait_until(lambda: self.configurations(process) == [], seconds=240)
        self.assertNotIn("problem", self.progress(process))

    def test_a_run_goes_on_beside_it(self):
        process = self.serve()
        run = self.start("run", "embedded:nano", "--precisions", "fp16", "int4", "--tasks", "performance", "--rounds", "4",
                         "--max-new-tokens", "8", "--batch-size", "2", "--max-seconds", "2", *UNDISTURBED, "-q")
        seen = []

        def is_over():
            seen.append(self.progress(process))
            return run.poll() is not None

        wait_until(is_over, seconds=240, step=0.2)
        self.assertEqual(run.returncode, 0, run.communicate()[1])
        during = [one for one in seen if one["is_running"] and one["open"]]
        self.assertTrue(during, "the run was seen")
        self.assertEqual(during[0]["open"][0]["task"], "performance")
        wait_until(lambda: len(self.configurations(process)) == 2, seconds=240)
        wait_until(lambda: not self.progress(process)["is_running"], seconds=240)  # it may have looked while the run ended
        after = self.progress(process)
        self.assertEqual((after["is_running"], after["finished"], after["open"]), (False, 2, []))
        self.assert_nothing_beside(["bantam.db", "outputs"])  # the store and the folder of JSON files, both of the run
        self.end_with(process, signal.SIGTERM)
        self.assert_nothing_beside(["bantam.db", "outputs"])

    def test_it_leaves_no_files(self):
        self.bring()
        (self.folder / "bench.json").unlink()
        process = self.serve()
        self.assertEqual(len(self.configurations(process)), 1)
        for path in ("/", "/report.html", "/progress.json", "/charts/throughput.svg"):
            self.assertEqual(self.ask(process, path).status, 200, path)
        self.assert_nothing_beside(["bantam.db"])
        self.end_with(process, signal.SIGTERM)
        self.assert_nothing_beside(["bantam.db"])

    def test_it_gives_way_to_others(self):
        self.bring()
        process = self.serve()
        self.assertEqual(self.ask(process, "/").status, 200)
        for task in Path(f"/proc/{process.pid}/task").iterdir():
            self.assertEqual(os.getpriority(os.PRIO_PROCESS, int(task.name)), min(19, os.getpriority(os.PRIO_PROCESS, 0) + 10), task)

    def test_a_port_in_use_is_named(self):
        self.bring()
        process = self.serve()
        second = self.bantam("serve", "--port", process.address.port)
        self.assertEqual(second.returncode, 4)
        self.assertIn(f"port {process.address.port} of 127.0.0.1 is in use", second.stderr)
        self.assertIn("--port", second.stderr)

    def test_signals_end_it_although_readers_say_nothing(self):
        self.bring()
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            process = self.serve()
            with socket.create_connection(("127.0.0.1", process.address.port)):
                self.assertEqual(self.end_with(process, number)[0], code)

    def test_a_store_that_may_only_be_read(self):
        self.bring()
        place = self.folder / "fixed"
        place.mkdir()
        shutil.move(self.folder / "bantam.db", place / "bantam.db")
        place.chmod(0o555)
        (place / "bantam.db").chmod(0o444)
        self.addCleanup(place.chmod, 0o755)
        process = self.serve(place / "bantam.db")
        self.assertEqual(len(self.configurations(process)), 1)


if __name__ == "__main__":
    unittest.main()

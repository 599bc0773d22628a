"""`bantam models pull` against names, links and answers that are made to deceive, to get out of the cache or to hold up."""
import json
import os
import random
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[2] / "support")]
from cli_support import BINARY, QUICK, children, wait_until  # noqa: E402
from pull_test import CONTENT, NAME, NANO, REFERENCE, RESOLVE, SIZE, TOKEN, PullCase  # noqa: E402

MARKS = ("\u202e", "\u2066", "\u200f", "\x85", "\u200b", "\u2028", "\U000e0041")


class DeceivingNamesTest(PullCase):
    def test_file_names_with_hidden_marks_are_refused_and_shown(self):
        for mark in MARKS:
            with self.subTest(mark=f"{ord(mark):x}"):
                self.hub.add("someone/evil", {f"tiny{mark}-Q4_K_M.gguf": CONTENT})
                done = self.pull("hf:someone/evil")
                self.assert_failed(done, 8, f"\\u{{{ord(mark):x}}}")
                self.assertNotIn(mark, done.stderr)
                self.assertEqual(self.hub.seen(RESOLVE), [])


class PlacesTest(PullCase):
    def test_nothing_is_written_through_a_link_out_of_the_cache(self):
        repository = "models--someone--tiny"
        for there in (True, False):
            for link in (repository, f"{repository}/blobs", f"{repository}/snapshots", ".locks", f".locks/{repository}"):
                with self.subTest(link=link, there=there):
                    outside = self.folder / f"outside-{random.random()}"
                    self.cache = self.folder / f"hub-{random.random()}"
                    if there:
                        outside.mkdir()
                    (self.cache / link).parent.mkdir(parents=True)
                    (self.cache / link).symlink_to(outside)
                    done = self.pull()
                    self.assertEqual(done.returncode, 8, done.stderr)
                    self.assertIn("leads out of the cache", done.stderr)
                    self.assertEqual(list(outside.iterdir()) if outside.exists() else [], [])

    def test_a_cache_on_another_disk_is_the_users_choice(self):
        (self.folder / "disk").mkdir()
        self.cache.symlink_to(self.folder / "disk")
        self.assert_pulled(self.pull())


class SlowHubTest(PullCase):
    def test_a_byte_a_second_is_given_up_and_can_be_resumed(self):
        self.hub.fault(RESOLVE, times=None, bytes_per_s=1)
        start = time.monotonic()
        done = self.pull(env=self.variables(BANTAM_LEAST_SPEED_TIME="2"))
        self.assert_failed(done, 4, "slower than 1000 bytes per second for 2 s", "BANTAM_LEAST_SPEED")
        self.assertLess(time.monotonic() - start, 20)
        [part] = self.cache.glob("*/blobs/*.incomplete")
        self.assertGreater(part.stat().st_size, 0)
        self.hub.faults.clear()
        self.assert_pulled(self.pull())
        self.assertIn("range", self.hub.seen(RESOLVE)[-1].headers)

    def test_a_list_of_files_that_drips_is_given_up(self):
        self.hub.bytes_per_s = 1
        self.assert_failed(self.pull(env=self.variables(BANTAM_LEAST_SPEED_TIME="2"), timeout=20), 4, "slower")

    def test_any_speed_is_taken_on_request(self):
        self.hub.add("someone/small", {NAME: b"GGUF" + bytes(60)})
        self.hub.fault(RESOLVE, times=None, bytes_per_s=16)
        env = self.variables(BANTAM_LEAST_SPEED="0", BANTAM_LEAST_SPEED_TIME="2")
        self.assert_pulled(self.pull("hf:someone/small", env=env), b"GGUF" + bytes(60))

    def test_a_speed_that_is_none_is_told(self):
        self.assert_failed(self.pull(env=self.variables(BANTAM_LEAST_SPEED="fast")), 4, "BANTAM_LEAST_SPEED", "bytes per second")


class SecretsTest(PullCase):
    def assert_nowhere(self, done, secret=TOKEN):
        self.assertNotIn(secret.lower(), (done.stdout + done.stderr).lower())
        for path in self.folder.rglob("*"):
            self.assertNotIn(secret, path.name)
            if path.is_file():
                self.assertNotIn(secret.encode(), path.read_bytes(), str(path))

    def test_a_server_that_echoes_the_token(self):
        env = self.variables(HF_TOKEN=TOKEN, BANTAM_CACHE=str(self.folder / "own"))
        echoes = [("/api/", {"redirect": f"http://169.254.1.1/{TOKEN}"}), ("/api/", {"redirect": f"ftp://{TOKEN}/x"}),
                  ("/api/", {"redirect": f"/{TOKEN}", "times": None}), ("/api/", {"redirect": f"//{TOKEN}@h/"}),
                  ("/api/", {"headers": {"Content-Encoding": TOKEN}}), ("/api/", {"body": TOKEN.encode()}),
                  ("/api/", {"status": 403, "body": TOKEN.encode()}),
                  ("/api/", {"body": json.dumps({"sha": self.commit, "siblings": [{"rfilename": TOKEN + ".gguf"}]}).encode()}),
                  (RESOLVE, {"headers": {"Content-Length": TOKEN}}), (RESOLVE, {"etag": f'"{TOKEN}"', "cut_at": SIZE // 2})]
        for path, fault in echoes:
            with self.subTest(**fault):
                self.hub.faults.clear()
                self.hub.fault(path, **fault)
                self.assert_nowhere(self.pull(env=env))

    def test_an_unknown_token_is_known_by_its_form(self):
        other = "hf_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZ01234567"
        self.hub.fault("/api/", times=None, redirect=f"http://169.254.1.1/{other}")
        self.assert_nowhere(self.pull(), other)

    def test_arguments_are_not_repeated(self):
        for arguments in (["--token", TOKEN], [f"--token={TOKEN}"], ["--tokn", TOKEN], ["--api-key", "k-1234567"],
                          ["--password=swordfish"], [f"hf:{TOKEN}"], ["--include", TOKEN, "hf:someone/tiny"],
                          [f"https://me:{TOKEN}@host/x.gguf"]):
            with self.subTest(arguments=arguments):
                done = self.pull(*arguments)
                self.assertNotEqual(done.returncode, 0)
                self.assert_nowhere(done)
                self.assertNotIn("swordfish", done.stderr)

    def test_neither_the_worker_nor_this_process_has_the_token_in_its_environment(self):
        env = self.variables(HF_TOKEN=TOKEN, OPENAI_API_KEY="sk-" + TOKEN, https_proxy=f"http://me:{TOKEN}@proxy:1")
        process = self.start("run", "--models", str(NANO), "--precisions", "fp16", "--tasks", "performance", *QUICK, "--num-runs",
                             "500", env=env)
        [worker] = wait_until(lambda: [pid for pid in children(process.pid)
                                       if b"worker" in Path(f"/proc/{pid}/cmdline").read_bytes()][:1])
        held = Path(f"/proc/{worker}/environ").read_bytes()
        self.assertIn(b"BANTAM_CACHE=", held)
        self.assertNotIn(TOKEN.encode(), held)
        self.assertNotIn(b"HF_TOKEN=" + TOKEN.encode(), Path(f"/proc/{process.pid}/environ").read_bytes())
        self.assertRegex(Path(f"/proc/{process.pid}/limits").read_text(), r"Max core file size +0 ")
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


class TrustTest(PullCase):
    def spoil(self, keep_time):
        [blob] = [path for path in self.blobs() if path.stat().st_size == SIZE]
        times = blob.stat()
        blob.chmod(0o644)
        with blob.open("r+b") as file:
            file.write(b"spoilt")
        if keep_time:
            os.utime(blob, ns=(times.st_atime_ns, times.st_mtime_ns))

    def test_content_changed_with_size_and_time_kept_is_seen(self):
        self.assert_pulled(self.pull())
        self.spoil(keep_time=True)
        self.assertEqual(self.pull("--offline", REFERENCE).returncode, 8)

    def test_verify_believes_no_note(self):
        env = self.variables(BANTAM_CACHE=str(self.folder / "own"))
        self.assert_pulled(self.pull(env=env))
        self.spoil(keep_time=False)
        [blob] = [path for path in self.blobs() if path.stat().st_size == SIZE]
        facts = blob.stat()
        # As if the disk had changed the bytes by itself: the note says what the file system says.
        for note in (self.folder / "own" / "hashes").glob("*.json"):
            known = json.loads(note.read_text())
            if known["path"] == str(blob):
                note.write_text(json.dumps({**known, "modified_ns": facts.st_mtime_ns, "changed_ns": facts.st_ctime_ns}))
        self.assertEqual(self.pull("--offline", REFERENCE, env=env).returncode, 0)
        done = self.pull("--offline", REFERENCE, env={**env, "BANTAM_VERIFY": "1"})
        self.assertEqual(done.returncode, 8, done.stderr)

    def test_hashing_a_big_file_is_shown_and_can_be_ended(self):
        big = self.folder / "big.gguf"
        with NANO.open("rb") as source, big.open("wb") as file:
            file.write(source.read())
            file.truncate(20_000_000_000)  # sparse: costs no disk
        for command in (["run", "--models", str(big), "--tasks", "performance"], ["models", "quantize", str(big)]):
            with self.subTest(command=command[0]):
                process = self.start(*command, env=self.variables(BANTAM_CACHE=str(self.folder / "own")))
                line = process.stderr.readline()
                self.assertRegex(line, r"^checking big.gguf  \d+ %$")
                start = time.monotonic()
                process.send_signal(signal.SIGINT)
                self.assertEqual(process.wait(timeout=30), 130)
                self.assertLess(time.monotonic() - start, 5)


if __name__ == "__main__":
    unittest.main()

"""`bantam models pull` against a hub on loopback that misbehaves: what arrives, what never does, and the exit codes."""
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import BINARY, QUICK, ROOT, CliTest, environment, wait_until  # noqa: E402
from hub_server import HubServer, make_certificate  # noqa: E402

TOKEN = "hf_" + "SecretSecretSecretSecret42"
SIZE = 3_000_000
CONTENT = random.Random(1).randbytes(SIZE)
OTHER = random.Random(2).randbytes(SIZE)
NANO = ROOT / "models" / "nano" / "nano-f16.gguf"
NAME = "tiny-Q4_K_M.gguf"
REFERENCE = "hf:someone/tiny"
RESOLVE = "/resolve/"


class PullCase(CliTest):
    def setUp(self):
        super().setUp()
        self.hub = self.serve()
        self.commit = self.hub.add("someone/tiny", {NAME: CONTENT, "config.json": b"{}"})
        self.cache = self.folder / "hub"

    def serve(self, **options):
        hub = HubServer(**options)
        self.addCleanup(hub.close)
        return hub

    def variables(self, **changes):
        values = {"HF_ENDPOINT": self.hub.url, "HF_HUB_CACHE": str(self.cache), "HOME": str(self.folder), **changes}
        return environment(**values)

    def pull(self, *arguments, env=None, timeout=60):
        return self.bantam("models", "pull", *(arguments or [REFERENCE]), env=env or self.variables(), timeout=timeout)

    def start_pull(self, *arguments, env=None):
        return self.start("models", "pull", *(arguments or [REFERENCE]), env=env or self.variables())

    def assert_pulled(self, done, content=CONTENT):
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(Path(done.stdout.strip()).read_bytes(), content)
        self.assertEqual(self.leftovers(), [])

    def assert_failed(self, done, code, *words):
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout, "")
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertEqual(self.whole_files(), [])

    def blobs(self):
        return sorted(path for path in self.cache.glob("*/blobs/*"))

    def leftovers(self):
        return [path.name for path in self.blobs() if ".incomplete" in path.name or ".corrupt" in path.name]

    def whole_files(self):
        """What any tool would take for a fetched file."""
        return [path.name for path in self.blobs() if "." not in path.name] + [
            path.name for path in self.cache.glob("*/snapshots/*/*")]


class PullTest(PullCase):
    def test_the_models_of_a_list_and_of_a_plan(self):
        (self.folder / "models.txt").write_text(f"# candidates\nembedded:nano\nsmall={REFERENCE}\n")
        (self.folder / "plan.yaml").write_text(f"models: ['embedded:nano', {{name: t, path: '{REFERENCE}', precisions: [int4]}}]\n")
        for arguments in (["models.txt"], ["--plan", "plan.yaml"], ["plan.yaml"]):
            done = self.pull(*arguments)
            self.assert_pulled(done)
            self.assertIn("embedded:nano is not on a hub", done.stderr)

    def test_a_file_arrives_in_the_layout_that_other_tools_share(self):
        done = self.pull()
        self.assert_pulled(done)
        folder = self.cache / "models--someone--tiny"
        sha256 = hashlib.sha256(CONTENT).hexdigest()
        self.assertEqual(Path(done.stdout.strip()), folder / "snapshots" / self.commit / NAME)
        self.assertEqual(os.readlink(folder / "snapshots" / self.commit / NAME), f"../../blobs/{sha256}")
        self.assertEqual((folder / "refs" / "main").read_text(), self.commit)
        self.assertEqual(self.hub.body_bytes(RESOLVE), SIZE)

    def test_what_is_there_is_not_fetched_again(self):
        self.pull()
        again = self.pull()
        self.assert_pulled(again)
        self.assertEqual(self.hub.body_bytes(RESOLVE), SIZE)

    def test_what_another_tool_fetched_is_found(self):
        folder = self.cache / "models--someone--tiny"
        snapshot = folder / "snapshots" / self.commit
        snapshot.mkdir(parents=True)
        (folder / "blobs").mkdir()
        sha256 = hashlib.sha256(CONTENT).hexdigest()
        (folder / "blobs" / sha256).write_bytes(CONTENT)
        (snapshot / NAME).symlink_to(f"../../blobs/{sha256}")
        self.assert_pulled(self.pull())
        self.assertEqual(self.hub.body_bytes(RESOLVE), 0)

    def test_json_and_dry_run(self):
        dry = self.pull("--dry-run", "-o", "json", REFERENCE)
        self.assert_ok(dry)
        [planned] = json.loads(dry.stdout)
        self.assertEqual(planned["bytes"], SIZE)
        self.assertEqual(planned["files"], [{"name": NAME, "bytes": SIZE, "sha256": hashlib.sha256(CONTENT).hexdigest()}])
        self.assertEqual(self.hub.body_bytes(RESOLVE), 0)
        [made] = json.loads(self.pull("-o", "json", REFERENCE).stdout)
        self.assertEqual(made["commit"], self.commit)
        self.assertEqual(made["received_bytes"], SIZE)
        self.assertEqual(Path(made["path"]).read_bytes(), CONTENT)

    def test_quantization_revision_and_parts(self):
        commit = self.hub.add("someone/many", {
            "m-Q4_K_M.gguf": CONTENT, "m-Q8_0.gguf": OTHER, "mmproj-Q8_0.gguf": b"p" * 2000,
            "f16/m-f16-00001-of-00002.gguf": b"a" * 3000, "f16/m-f16-00002-of-00002.gguf": b"b" * 3000}, revision="v1")
        self.assert_pulled(self.pull("hf:someone/many:q8_0@v1"), OTHER)
        self.assert_pulled(self.pull(f"hf:someone/many@{commit}"), CONTENT)
        done = self.pull("hf:someone/many:F16@v1")
        self.assert_pulled(done, b"a" * 3000)
        self.assertEqual((Path(done.stdout.strip()).parent / "m-f16-00002-of-00002.gguf").read_bytes(), b"b" * 3000)
        self.assertEqual(self.hub.seen("mmproj"), [])
        missing = self.pull("hf:someone/many:Q2_K@v1")
        self.assertEqual(missing.returncode, 3)
        self.assertIn("m-Q8_0.gguf", missing.stderr)

    def test_safetensors_only_names_the_remedy_and_all_fetches_them(self):
        self.hub.add("someone/floats", {"model.safetensors": CONTENT, "config.json": b"{}", "tokenizer.json": b"{ }",
                                        "README.md": b"# hello", "pytorch_model.bin": b"x"})
        self.assert_failed(self.pull("hf:someone/floats"), 3, "bantam models pull --all hf:someone/floats", "convert")
        done = self.pull("--all", "hf:someone/floats")
        self.assert_ok(done)
        folder = Path(done.stdout.strip())
        self.assertEqual(sorted(path.name for path in folder.iterdir()), ["config.json", "model.safetensors", "tokenizer.json"])
        self.assertEqual((folder / "model.safetensors").read_bytes(), CONTENT)

    def test_a_content_server_elsewhere_is_followed(self):
        self.hub.cdn = self.serve()
        self.hub.cdn.repositories = self.hub.repositories
        self.assert_pulled(self.pull())
        self.assertEqual(self.hub.cdn.body_bytes("/content/"), SIZE)


class PullFaultsTest(PullCase):
    # Names and addresses
    def test_hostile_repository_names_reach_no_network(self):
        for name in ("../../x", "a//b", "C:\\x", "\\\\host\\s", "%2e%2e/x", "a/b/c", "a/..", "a/.hidden", "-a/b", "a/nul", ""):
            with self.subTest(name=name):
                self.assert_failed(self.pull("hf:" + name), 2)
        self.assertEqual(self.hub.requests, [])

    def test_file_names_that_leave_the_folder_are_refused(self):
        for name in ("../../../evil.gguf", "/tmp/evil.gguf", "a\\..\\evil.gguf", "C:evil.gguf", "nul.gguf", "x/../evil.gguf"):
            with self.subTest(name=name):
                self.hub.add("someone/evil", {name: CONTENT})
                self.assert_failed(self.pull("hf:someone/evil"), 8)
        self.assertEqual(list(self.folder.rglob("*evil*")), [])

    def test_links_that_leave_the_cache_are_refused(self):
        outside = self.folder / "outside.gguf"
        outside.write_bytes(CONTENT)
        snapshot = self.cache / "models--someone--tiny" / "snapshots" / self.commit
        snapshot.mkdir(parents=True)
        (snapshot / NAME).symlink_to(outside)
        done = self.pull()
        self.assertEqual(done.returncode, 8, done.stderr)
        self.assertEqual(outside.read_bytes(), CONTENT)

    def test_a_snapshot_folder_that_leads_elsewhere_is_refused(self):
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        snapshots = self.cache / "models--someone--tiny" / "snapshots"
        snapshots.mkdir(parents=True)
        (snapshots / self.commit).symlink_to(elsewhere)
        self.assertEqual(self.pull().returncode, 8)
        self.assertEqual(list(elsewhere.iterdir()), [])

    # Answers
    def test_refusals_are_not_tried_again(self):
        for status in (401, 403, 404):
            with self.subTest(status=status):
                before = len(self.hub.requests)
                self.hub.fault("/api/", status=status)
                self.assert_failed(self.pull(), 4, str(status))
                self.assertEqual(len(self.hub.requests), before + 1)

    def test_a_busy_hub_is_asked_again(self):
        self.hub.fault("/api/", status=429, headers={"Retry-After": "2"})
        self.hub.fault(RESOLVE, status=503)
        start = time.monotonic()
        self.assert_pulled(self.pull())
        self.assertGreaterEqual(time.monotonic() - start, 2.0)

    def test_a_hub_that_stays_down_is_given_up(self):
        self.hub.fault("/api/", times=None, status=500)
        self.assert_failed(self.pull(), 4, "500")
        self.assertGreaterEqual(len(self.hub.requests), 3)

    def test_no_server_at_all(self):
        self.assert_failed(self.pull(env=self.variables(HF_ENDPOINT="http://127.0.0.1:1")), 4)

    # Interrupted transfers
    def test_resets_are_resumed(self):
        for part in (SIZE // 100, SIZE // 2, SIZE - 1):
            with self.subTest(bytes=part):
                self.hub.add("someone/tiny", {NAME: random.Random(part).randbytes(SIZE)})
                before = self.hub.body_bytes(RESOLVE)
                self.hub.fault(RESOLVE, cut_at=part)
                self.assert_pulled(self.pull(), random.Random(part).randbytes(SIZE))
                again = self.hub.seen(RESOLVE)[-1]
                self.assertIn("range", again.headers)
                self.assertIn("if-range", again.headers)
                self.assertLess(self.hub.body_bytes(RESOLVE) - before, 1.5 * SIZE)

    def cut_once(self):
        """Leaves a part of the file behind."""
        self.hub.bytes_per_s = 2e6
        process = self.start_pull()
        wait_until(lambda: any(path.stat().st_size > SIZE // 4 for path in self.cache.glob("*/blobs/*.incomplete")))
        process.kill()
        process.wait()
        self.hub.bytes_per_s = None
        self.assertEqual(self.whole_files(), [])

    def test_a_server_that_ignores_ranges_gives_a_clean_file(self):
        self.cut_once()
        self.hub.fault(RESOLVE, times=None, ignore_range=True)
        self.assert_pulled(self.pull())

    def test_a_range_that_cannot_be_satisfied_starts_anew(self):
        self.cut_once()
        self.hub.fault(RESOLVE, status=416, headers={"Content-Range": f"bytes */{SIZE}"})
        self.assert_pulled(self.pull())

    def test_a_part_of_another_version_is_not_mixed_in(self):
        self.cut_once()
        self.hub.add("someone/tiny", {NAME: OTHER})
        done = self.pull()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(Path(done.stdout.strip()).read_bytes(), OTHER)

    def test_an_etag_that_changes_in_between_starts_anew(self):
        self.hub.fault(RESOLVE, cut_at=SIZE // 2)
        self.hub.fault(RESOLVE, times=1, etag='"another"')
        done = self.pull()
        # Whether the server's new version is the declared one decides; a mixture never passes.
        self.assert_pulled(done)

    def test_killed_at_random_moments(self):
        command = [sys.executable, str(ROOT / "scripts" / "pull_campaign.py"), "--binary", BINARY, "--size", "20000000",
                   "--kills", "5", "--seconds", "3"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_interrupt_keeps_what_came(self):
        self.hub.bytes_per_s = 1e6
        process = self.start_pull()
        wait_until(lambda: list(self.cache.glob("*/blobs/*.incomplete")))
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=10), 130)
        self.hub.bytes_per_s = None
        before = self.hub.body_bytes(RESOLVE)
        self.assert_pulled(self.pull())
        self.assertLess(self.hub.body_bytes(RESOLVE) - before, SIZE)

    # Content that is not what was declared
    def test_wrong_content_is_removed(self):
        self.hub.fault(RESOLVE, times=None, body=OTHER)
        self.assert_failed(self.pull(), 8, NAME)
        self.assertEqual(self.leftovers(), [])
        self.hub.faults.clear()
        self.assert_pulled(self.pull())

    def test_a_spoiled_part_does_not_spoil_the_file(self):
        self.cut_once()
        [part] = self.cache.glob("*/blobs/*.incomplete")
        with part.open("r+b") as file:
            file.write(b"spoiled")
        self.assert_pulled(self.pull())

    def test_lengths_that_lie(self):
        self.hub.fault(RESOLVE, times=None, length=SIZE - 1000)
        self.assertIn(self.pull().returncode, (4, 8))
        self.assertEqual(self.whole_files(), [])
        self.hub.faults.clear()
        self.hub.fault(RESOLVE, times=None, length=SIZE + 1000)
        self.assertIn(self.pull().returncode, (4, 8))
        self.assertEqual(self.whole_files(), [])

    def test_chunked_bodies_work_and_endless_ones_are_cut(self):
        self.hub.fault(RESOLVE, chunked=True)
        self.assert_pulled(self.pull())
        endless = bytes(20 * SIZE)
        self.hub.add("someone/endless", {NAME: OTHER})
        self.hub.fault(RESOLVE, times=None, chunked=True, body=endless)
        done = self.pull("hf:someone/endless")
        self.assertIn(done.returncode, (4, 8), done.stderr)
        self.assertLess(max(path.stat().st_size for path in self.blobs()), 2 * SIZE)

    def test_compressed_answers_are_refused(self):
        self.hub.fault("/api/", gzip=True)
        self.assert_failed(self.pull(), 8, "gzip")
        self.hub.add("someone/bomb", {NAME: bytes(SIZE)})
        self.hub.fault(RESOLVE, times=None, gzip=True)
        self.assert_failed(self.pull("hf:someone/bomb"), 8, "gzip")

    def test_a_list_that_is_no_list(self):
        for body in (b"", b"<html>log in</html>", b'{"siblings": []}', b"[" * 100_000, b'{"sha": 5, "siblings": 3}'):
            with self.subTest(body=body[:20]):
                self.hub.fault("/api/", body=body)
                self.assert_failed(self.pull(), 8)

    # Redirects and certificates
    def test_redirects_to_strange_places_are_refused(self):
        for target in ("file:///etc/passwd", "ftp://127.0.0.1/x", "http://169.254.169.254/latest", "http://example.invalid/x",
                       "http://2852039166/x", "//169.254.169.254/x", "gopher://127.0.0.1/"):
            with self.subTest(target=target):
                self.hub.fault(RESOLVE, times=None, redirect=target)
                self.assert_failed(self.pull(), 4)
                self.hub.faults.clear()

    def test_endless_redirects_end(self):
        self.hub.fault(RESOLVE, times=None, redirect="/again/resolve/")
        self.assert_failed(self.pull(), 4)

    def test_the_token_stays_with_the_hub(self):
        self.hub.cdn = self.serve()
        self.hub.cdn.repositories = self.hub.repositories
        self.assert_pulled(self.pull(env=self.variables(HF_TOKEN=TOKEN)))
        self.assertTrue(all(r.headers["authorization"] == f"Bearer {TOKEN}" for r in self.hub.requests))
        self.assertTrue(self.hub.cdn.requests)
        self.assertTrue(all("authorization" not in r.headers for r in self.hub.cdn.requests))

    def test_certificates_that_cannot_be_trusted(self):
        for expired in (True, False):
            with self.subTest(expired=expired):
                certificate = make_certificate(self.folder, expired)
                hub = self.serve(tls=certificate)
                hub.repositories = self.hub.repositories
                self.assert_failed(self.pull(env=self.variables(HF_ENDPOINT=hub.url)), 4, "certificate")
                trusted = self.variables(HF_ENDPOINT=hub.url, SSL_CERT_FILE=str(certificate[0]))
                if expired:
                    self.assert_failed(self.pull(env=trusted), 4, "expired")
                else:
                    self.assert_pulled(self.pull(env=trusted))
                    self.hub.add("someone/plain", {NAME: OTHER})
                    hub.fault(RESOLVE, times=None, redirect=self.hub.url + "/x")
                    done = self.pull("hf:someone/plain", env=trusted)
                    self.assertEqual(done.returncode, 4, done.stderr)
                    self.assertIn("not encrypted", done.stderr)

    def test_http_is_for_this_machine_only(self):
        self.assert_failed(self.pull(env=self.variables(HF_ENDPOINT="http://example.invalid")), 4)

    # Company
    def test_two_at_once_fetch_once(self):
        self.hub.bytes_per_s = 3e6
        both = [self.start_pull() for _ in range(2)]
        for process in both:
            out, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, err)
            self.assertEqual(Path(out.strip()).read_bytes(), CONTENT)
        self.assertEqual(self.hub.body_bytes(RESOLVE), SIZE)

    # Secrets
    def test_the_token_appears_nowhere(self):
        self.hub.add("someone/tiny", {NAME: OTHER})
        self.hub.fault("/api/", status=401)
        self.hub.fault(RESOLVE, status=403)
        env = self.variables(HF_TOKEN=TOKEN, BANTAM_CACHE=str(self.folder / "own"))
        texts = []
        for _ in range(2):
            done = self.pull(env=env)
            self.assertEqual(done.returncode, 4, done.stderr)
            texts += [done.stdout, done.stderr]
        self.hub.bytes_per_s = 3e6
        process = self.start_pull(env=env)
        wait_until(lambda: list(self.cache.glob("*/blobs/*.incomplete")))
        texts.append(Path(f"/proc/{process.pid}/cmdline").read_text())
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        self.assertRegex(limits, r"Max core file size +0 ")
        process.send_signal(signal.SIGABRT)
        texts += process.communicate(timeout=30)
        self.hub.bytes_per_s = None
        done = self.pull(env=env)
        self.assertEqual(done.returncode, 0, done.stderr)
        texts += [done.stdout, done.stderr]
        self.assertNotIn(TOKEN, "".join(texts))
        self.assert_no_file_holds_the_token()

    def assert_no_file_holds_the_token(self):
        for path in self.folder.rglob("*"):
            if path.is_file():
                self.assertNotIn(TOKEN.encode(), path.read_bytes(), str(path))

    def test_a_run_keeps_the_token_to_itself(self):
        self.hub.add("someone/nano", {"nano-F16.gguf": NANO})
        env = self.variables(HF_TOKEN=TOKEN, BANTAM_CACHE=str(self.folder / "own"))
        run = ["run", "--models", "hf:someone/nano", "--precisions", "fp16", "int8", "--tasks", "performance", *QUICK]
        done = self.bantam(*run, env=env)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.hub.requests[0].headers["authorization"], f"Bearer {TOKEN}")
        report = self.bantam("analyze", "-o", "json", "--output-dir", "tables", env=env)
        self.assertEqual(report.returncode, 0, report.stderr)
        self.assertNotIn(TOKEN, done.stdout + done.stderr + report.stdout + report.stderr)
        self.assert_no_file_holds_the_token()

    def test_a_token_file_is_used(self):
        (self.folder / ".cache" / "huggingface").mkdir(parents=True)
        (self.folder / ".cache" / "huggingface" / "token").write_text(TOKEN + "\n")
        self.assert_pulled(self.pull())
        self.assertEqual(self.hub.requests[0].headers["authorization"], f"Bearer {TOKEN}")

    def test_a_token_that_is_none_is_not_quoted(self):
        done = self.pull(env=self.variables(HF_TOKEN=TOKEN + "\r\nX-Evil: 1"))
        self.assert_failed(done, 4, "HF_TOKEN")
        self.assertNotIn(TOKEN, done.stderr)

    # Without a network
    def test_offline_uses_what_is_known_and_nothing_else(self):
        start = time.monotonic()
        self.assert_failed(self.pull("--offline", REFERENCE), 4, "offline")
        self.assertLess(time.monotonic() - start, 5.0)
        self.assert_pulled(self.pull())
        asked = len(self.hub.requests)
        self.assert_pulled(self.pull("--offline", REFERENCE))
        self.assert_pulled(self.pull(env=self.variables(HF_HUB_OFFLINE="1")))
        self.assertEqual(len(self.hub.requests), asked)

    def test_a_run_offline_takes_what_was_pulled(self):
        self.hub.add("someone/nano", {"nano-F16.gguf": NANO})
        env = self.variables(HF_HUB_OFFLINE="1")
        run = ["run", "--models", "hf:someone/nano", "--precisions", "fp16", "--tasks", "performance", *QUICK]
        start = time.monotonic()
        self.assertEqual(self.bantam(*run, env=env).returncode, 4)
        self.assertLess(time.monotonic() - start, 5.0)
        self.assert_ok(self.pull("hf:someone/nano"))
        asked = len(self.hub.requests)
        self.assert_ok(self.bantam(*run, env=env))
        self.assertEqual(len(self.hub.requests), asked)

    def test_offline_does_not_take_spoiled_files(self):
        self.assert_pulled(self.pull())
        [blob] = [path for path in self.blobs() if path.stat().st_size == SIZE]
        blob.chmod(0o644)
        blob.write_bytes(OTHER)
        done = self.pull("--offline", REFERENCE)
        self.assertEqual(done.returncode, 8, done.stderr)
        self.assertEqual(done.stdout, "")

    def test_a_disk_that_fills_up_keeps_what_came(self):
        limited = f'trap "" XFSZ; ulimit -f {SIZE // 2048}; exec "$0" "$@"'  # no file longer than half of the model
        done = subprocess.run(["bash", "-c", limited, BINARY, "models", "pull", REFERENCE], cwd=self.folder, timeout=60,
                              env=self.variables(), capture_output=True, text=True, stdin=subprocess.DEVNULL)
        self.assert_failed(done, 5, "cannot write")
        before = self.hub.body_bytes(RESOLVE)
        self.assert_pulled(self.pull())
        self.assertLess(self.hub.body_bytes(RESOLVE) - before, 0.6 * SIZE)

    def test_no_space_is_said_before_the_first_byte(self):
        if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0:
            self.skipTest("needs to mount a small file system")
        self.cache.mkdir()
        command = (f"mount -t tmpfs -o size=1m tmpfs '{self.cache}' && "
                   f"exec '{BINARY}' models pull {REFERENCE}")
        done = subprocess.run(["unshare", "-m", "sh", "-c", command], env=self.variables(), capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertEqual(self.hub.body_bytes(RESOLVE), 0)


if __name__ == "__main__":
    unittest.main()

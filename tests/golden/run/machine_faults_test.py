"""What the machine does to a run: programs that are stopped and continued or frozen, CPUs that are taken away, memory that ends, a system
without /proc, and too few open files."""
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import BINARY, ROOT, SANITIZED, UNDISTURBED, CliTest, children, environment, send, wait_until  # noqa: E402

SPEED = ["run", "--models", "embedded:nano", "--precisions", "fp16", "--tasks", "performance", "--batch-size", "1",
         "--num-warmup", "1", "--prompt", "Once upon a time", "--threads", "1", "--rounds", "1", *UNDISTURBED]
GROUPS = Path("/sys/fs/cgroup")


class PausesTest(CliTest):
    def trials(self):
        try:
            return self.count("trials")
        except Exception:  # the store is being made
            return 0

    def worker(self, process, least):
        wait_until(lambda: self.trials() >= least)
        return children(process.pid)[0]

    def speed_record(self):
        return next(r for r in self.records() if r["task"] == "performance")

    def test_a_run_in_which_the_worker_was_stopped_is_repeated(self):
        process = self.start(*SPEED, "--num-runs", "12", "--max-new-tokens", "250")
        worker = self.worker(process, 6)
        for _ in range(3):
            send(worker, signal.SIGSTOP)
            time.sleep(0.4)
            send(worker, signal.SIGCONT)
            time.sleep(0.05)
        _, errors = process.communicate(timeout=300)
        self.assertEqual(process.returncode, 0, errors)
        record = self.speed_record()
        self.assertEqual(record["metrics"]["ttft_s"]["n"], 12)
        self.assertIn("disturbed and repeated: the program was stopped by a signal", " ".join(record["warnings"]))
        file = next(Path(self.folder, "outputs").rglob("*performance*.json"), None) or next(
            Path(self.folder, "outputs").rglob("*.json"))
        trials = json.loads(file.read_text())["trials"]
        single = [t for t in trials if t["scenario"] == "single_stream" and not t["warmup"]]
        counted = [t["wall_s"] for t in single if not t["counters"]["stops"]]
        self.assertEqual(len(counted), 12)
        self.assertGreater(len(single), 12, "what does not count is kept")

    def test_a_run_in_which_the_container_was_paused_is_repeated(self):
        group = freezer(f"bantam-test-frozen-{os.getpid()}")
        if group is None:
            self.skipTest("needs a control group that can be frozen")
        folder, file, freeze, thaw = group
        self.addCleanup(folder.rmdir)
        process = self.start(*SPEED, "--num-runs", "12", "--max-new-tokens", "250")
        worker = self.worker(process, 6)
        for pid in (process.pid, worker):
            (folder / "cgroup.procs").write_text(str(pid))
        for _ in range(2):
            file.write_text(freeze)
            time.sleep(0.5)
            file.write_text(thaw)
            time.sleep(0.05)
        _, errors = process.communicate(timeout=300)
        self.assertEqual(process.returncode, 0, errors)
        record = self.speed_record()
        self.assertEqual(record["metrics"]["ttft_s"]["n"], 12)
        self.assertIn("disturbed and repeated: the program was frozen for", " ".join(record["warnings"]))

    def test_a_changed_affinity_makes_the_measurement_invalid(self):
        own = os.sched_getaffinity(0)
        other = set(range(os.cpu_count())) - own
        if not other:
            self.skipTest("needs a second CPU")
        process = self.start(*SPEED, "--num-runs", "40", "--max-new-tokens", "100")
        worker = self.worker(process, 7)
        try:
            os.sched_setaffinity(worker, {min(other)})
        except OSError as error:
            self.skipTest(f"another CPU cannot be used: {error}")
        _, errors = process.communicate(timeout=300)
        self.assertEqual(process.returncode, 6, errors)
        record = self.speed_record()
        self.assertEqual(record["status"], "invalid")
        self.assertIn("the CPUs that the program may use changed", " ".join(record["reasons"]))


def freezer(name):
    """A control group of version 2 or 1: its folder, the file that freezes it, and what to write there to freeze and to thaw
    it; None where it cannot be made."""
    for folder, file, freeze, thaw in ((GROUPS / name, "cgroup.freeze", "1", "0"),
                                       (GROUPS / "freezer" / name, "freezer.state", "FROZEN", "THAWED"),
                                       (GROUPS / "unified" / name, "cgroup.freeze", "1", "0")):
        try:
            folder.mkdir()
            with open(folder / file, "r+") as state:  # not made where it is no control group
                state.write(thaw)
        except OSError:
            if folder.is_dir():
                folder.rmdir()
            continue
        return folder, folder / file, freeze, thaw
    return None


def group_with_limit(name, limit):
    """A control group of version 2 or 1 with so much memory; None where it cannot be made."""
    for folder, file in ((GROUPS / name, "memory.max"), (GROUPS / "memory" / name, "memory.limit_in_bytes")):
        try:
            folder.mkdir()
            with open(folder / file, "r+") as limits:
                limits.write(str(limit))
        except OSError:
            if folder.is_dir():
                folder.rmdir()
            continue
        return folder
    return None


class OutOfMemoryTest(CliTest):
    @unittest.skipIf(SANITIZED, "the sanitizers' own memory does not fit")
    def test_a_worker_that_the_out_of_memory_killer_ends_does_not_fit(self):
        group = group_with_limit(f"bantam-test-{os.getpid()}", 128 << 20)
        if group is None:
            self.skipTest("needs a control group of its own")
        self.addCleanup(group.rmdir)
        quick = ["--num-runs", "1", "--num-warmup", "0", "--max-new-tokens"]
        self.assert_ok(self.bantam(*SPEED[:7], *quick, "2", "--store", "first.db"))  # fills the cache
        # 120 requests of some 500 tokens take 117 MiB of KV cache, less than the limit and more than is left.
        words = [*SPEED[:7], "--batch-size", "120", *quick, "490", "--prompt", "Once", "--threads", "1"]
        done = subprocess.run(["/bin/sh", "-c", f"echo $$ > {group}/cgroup.procs && exec {BINARY} {' '.join(words)}"],
                              cwd=self.folder, env=environment(), capture_output=True, text=True, timeout=300,
                              stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 7, done.stderr)
        self.assertIn("does not fit in memory: the system's out-of-memory killer ended the worker", done.stderr)
        failure = self.records()[0]["failure"]
        self.assertEqual(failure["kind"], "does_not_fit")
        self.assertEqual(failure["signal"], "SIGKILL")


@unittest.skipIf(SANITIZED, "the leak sanitizer does not run under strace")
@unittest.skipUnless(shutil.which("strace"), "needs strace")
class FailingDiskTest(CliTest):
    """A model file that the disk does not give any more."""

    def test_a_read_error_is_the_disks(self):
        (self.folder / "m.gguf").write_bytes((ROOT / "models" / "nano" / "nano-f16.gguf").read_bytes())
        self.assert_ok(self.bantam("models", "inspect", "m.gguf"))
        # The first reads that fail, of two system calls: of the head, while the file is hashed, and by the engine.
        for first, positioned in ((1, 1), (3, 99), (20, 3)):
            with self.subTest(first=first):
                trace = ["strace", "-f", "-qq", "-o", "trace", "-P", str(self.folder / "m.gguf"), "-e", "trace=read,pread64",
                         "-e", f"inject=read:error=EIO:when={first}+", "-e", f"inject=pread64:error=EIO:when={positioned}+"]
                words = ["run", "--models", str(self.folder / "m.gguf"), *SPEED[3:7], "--num-runs", "1", "--max-new-tokens", "2",
                         "--threads", "1", "--store", f"{first}.db"]
                done = subprocess.run([*trace, BINARY, *words], cwd=self.folder, env=environment(), capture_output=True,
                                      text=True, timeout=300, stdin=subprocess.DEVNULL)
                if "ptrace" in done.stderr:
                    self.skipTest("needs the right to trace")
                self.assertEqual(done.returncode, 5, done.stderr)
                self.assertIn("m.gguf cannot be read: Input/output error", done.stderr)


class BareSystemTest(CliTest):
    def in_namespace(self, before, *arguments):
        command = f"{before} && exec {BINARY} " + " ".join(arguments)
        try:
            done = subprocess.run(["unshare", "-m", "/bin/sh", "-c", command], cwd=self.folder, env=environment(),
                                  capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)
        except FileNotFoundError:
            self.skipTest("needs unshare")
        if "unshare" in done.stderr or "mount:" in done.stderr:
            self.skipTest("needs the right to mount")
        return done

    @unittest.skipIf(SANITIZED, "the sanitizers need /proc")
    def test_without_proc_figures_are_absent_and_the_run_is_ok(self):
        speed = ["--num-runs", "2", "--max-new-tokens", "4"]
        self.assert_ok(self.bantam(*SPEED, *speed, "--store", "first.db"))
        done = self.in_namespace("mount -t tmpfs none /proc", *[f"'{word}'" for word in [*SPEED, *speed]])
        self.assert_ok(done)
        record = self.records()[0]
        self.assertEqual(record["status"], "ok")
        self.assertIn("ttft_s", record["metrics"])
        for metric in ("private_peak_bytes", "pss_peak_bytes"):
            self.assertNotIn(metric, record["metrics"])
            self.assertTrue(record["absent"][metric])

    def test_too_few_open_files_are_told_before_work(self):
        before = sorted(self.folder.rglob("*"))
        for limit in (12, 16, 63):
            done = subprocess.run(["/bin/sh", "-c", f"ulimit -n {limit} && exec {BINARY} " + " ".join(SPEED[:7])],
                                  cwd=self.folder, env=environment(), capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 4, done.stderr)
            self.assertIn(f"may open {limit} files", done.stderr)
            self.assertIn("ulimit -n 64", done.stderr)
            self.assertEqual(sorted(self.folder.rglob("*")), before)

    def test_without_a_home_the_remedy_is_told(self):
        before = sorted(self.folder.rglob("*"))
        env = {name: value for name, value in environment().items() if name not in ("HOME", "BANTAM_CACHE")}
        done = self.bantam(*SPEED, env=env)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("set BANTAM_CACHE", done.stderr)
        self.assertEqual(sorted(self.folder.rglob("*")), before)
        for more in ({"BANTAM_CACHE": str(self.folder / "own")}, {"HOME": str(self.folder / "home")}):
            self.assert_ok(self.bantam(*SPEED, "--num-runs", "1", "--max-new-tokens", "2", "--store", f"{next(iter(more))}.db",
                                       env={**env, **more}))

    def test_a_soft_limit_of_open_files_is_raised(self):
        command = f"ulimit -S -n 12 && exec {BINARY} run --models embedded:nano --precisions fp16 --tasks performance " \
                  "--num-runs 1 --num-warmup 0 --max-new-tokens 2 --batch-size 1 --prompt Once --threads 1"
        done = subprocess.run(["/bin/sh", "-c", command], cwd=self.folder, env=environment(), capture_output=True, text=True,
                              timeout=300)
        self.assert_ok(done)


if __name__ == "__main__":
    unittest.main()

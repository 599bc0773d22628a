"""The main job through the real binary: what it leaves behind, that it resumes, and that disturbances cost one cell."""
import json
import os
import random
import signal
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import QUICK, CliTest, children, environment, is_alive, mortal_environment, send, send_to_group, wait_until  # noqa: E402

NANO = ["run", "--models", "embedded:nano"]
TASKS = ["--accuracy-tasks", "nano_topic", "--accuracy-limit", "24", "--accuracy-batch-size", "4"]
LONG = "--long" in sys.argv


class RunTest(CliTest):
    def test_three_precisions_then_nothing_left_to_do(self):
        command = [*NANO, "--precisions", "fp16,int8", "Q4_0", *QUICK, *TASKS]
        self.assert_ok(self.bantam(*command))
        records = self.records()
        self.assertEqual(sorted((r["precision"], r["task"]) for r in records),
                         sorted((p, t) for p in ("fp16", "int8", "Q4_0") for t in ("performance", "nano_topic")))
        self.assertTrue(all(r["status"] == "ok" for r in records))
        for precision in ("fp16", "int8", "Q4_0"):
            for task in ("performance", "nano_topic"):
                path = self.folder / "outputs" / "nano" / f"nano_{precision}" / f"{task}.json"
                self.assertEqual(json.loads(path.read_text())["task"], task)
        rows = {table: self.count(table) for table in ("attempts", "trials", "items")}
        started = time.monotonic()
        again = self.bantam(*command)
        self.assert_ok(again)
        self.assertLess(time.monotonic() - started, 10.0)  # generous; bench/ has the figure
        self.assertIn("nothing to do", again.stderr)
        self.assertEqual(rows, {table: self.count(table) for table in rows})

    def test_a_plan_file_is_the_same_as_flags(self):
        (self.folder / "plan.yaml").write_text(
            "models: [{name: nano, path: 'embedded:nano'}]\nprecisions: [fp16]\ntasks: accuracy\n"
            "accuracy_tasks: [nano_topic]\naccuracy_limit: 8\n")
        self.assert_ok(self.bantam("run", "--plan", "plan.yaml"))
        again = self.bantam(*NANO, "--precisions", "fp16", "--tasks", "accuracy", "--accuracy-tasks", "nano_topic",
                            "--accuracy_limit=8")
        self.assert_ok(again)
        self.assertIn("nothing to do", again.stderr)

    def test_dry_run_makes_nothing(self):
        done = self.bantam(*NANO, "--dry-run")
        self.assert_ok(done)
        self.assertIn("nano_knowledge", done.stdout)
        self.assertIn("int4", done.stdout)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_precisions_that_cannot_be_made_are_skipped_with_the_reason(self):
        self.assert_ok(self.bantam(*NANO, "--precisions", "int4", "--tasks", "performance", *QUICK))
        made = json.loads((self.folder / "outputs/nano/nano_int4/performance.json").read_text())
        self.assertIn("Q4_K", json.dumps(made["model_info"]))
        self.assert_ok(self.bantam(*NANO, "--precisions", "MXFP4_MOE", "--tasks", "performance", *QUICK))
        record = next(r for r in self.records() if r["precision"] == "MXFP4_MOE")
        self.assertEqual(record["status"], "skipped")
        self.assertIn("experts", " ".join(record["reasons"]))

    def test_energy_is_absent_with_a_reason_and_never_zero(self):
        self.assert_ok(self.bantam(*NANO, "--precisions", "fp16", "--tasks", "energy"))
        (record,) = self.records()
        self.assertEqual(record["status"], "skipped")
        self.assertTrue(record["reasons"])
        self.assertEqual(record.get("metrics", {}), {})


class ColdCacheTest(CliTest):
    def test_runs_that_start_at_once_on_an_empty_cache(self):
        for round_ in range(10 if LONG else 2):
            env = environment(BANTAM_CACHE=str(self.folder / f"cache{round_}"))
            processes = [self.start(*NANO, "--precisions", "int4", "--tasks", "performance", *QUICK, "--store", f"{round_}-{i}.db",
                                    "--output-dir", f"{round_}-{i}", env=env) for i in range(3)]
            for process in processes:
                _, errors = process.communicate(timeout=300)
                self.assertEqual(process.returncode, 0, errors)


class KernelFallbackTest(CliTest):
    """A CPU on which the fast kernels of a type kill the process, played by a drill."""

    def run_with(self, drill):
        cache = self.folder / "cache"
        return self.bantam(*NANO, "--precisions", "fp16", "int8", "--tasks", "performance", *QUICK,
                           env=environment(BANTAM_DRILL=drill, BANTAM_CACHE=str(cache)))

    def test_dying_fast_kernels_are_left_out_on_record(self):
        self.assert_ok(self.run_with("self_test/q8_0/fast=SIGILL"))
        records = {r["precision"]: r for r in self.records()}
        self.assertEqual(records["int8"]["engine"]["kernel_fallback"], ["q8_0: SIGILL"])
        self.assertIn("self-test", " ".join(records["int8"]["warnings"]))
        self.assertNotIn("kernel_fallback", records["fp16"]["engine"])


class DisturbanceTest(CliTest):
    """Signals to worker and parent at inconvenient moments."""

    ACCURACY = [*NANO, "--precisions", "fp16", "int8", "--tasks", "accuracy", "--accuracy-tasks", "nano_topic",
                "--accuracy-batch-size", "2"]

    def items(self, name):
        done = self.bantam("analyze", "--store", name, "-o", "json", "--items")
        return json.loads(done.stdout)["items"]

    def worker_with_items(self, process, store, least):
        def ready():
            try:
                return self.count("items", store) >= least and children(process.pid)
            except Exception:  # the store is being made
                return None
        return wait_until(ready)[0]

    def test_a_worker_that_dies_is_one_failed_record(self):
        for number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGILL):
            with self.subTest(number.name):
                store = f"{number.name}.db"
                process = self.start(*self.ACCURACY, "--store", store, env=mortal_environment())
                send(self.worker_with_items(process, store, 2), number)
                _, errors = process.communicate(timeout=300)
                self.assertEqual(process.returncode, 1, errors)
                records = {r["precision"]: r for r in self.records(store)}
                self.assertEqual(records["fp16"]["status"], "failed")
                self.assertEqual(records["fp16"]["failure"]["kind"], "worker")
                self.assertEqual(records["fp16"]["failure"]["signal"], number.name)
                self.assertEqual(records["int8"]["status"], "ok")
                self.assertEqual(self.bantam(*self.ACCURACY, "--store", store).returncode, 1, "failed is kept")
                self.assert_ok(self.bantam(*self.ACCURACY, "--store", store, "--retry"))
                self.assertTrue(all(r["status"] == "ok" for r in self.records(store)))

    def test_a_worker_that_hangs_is_killed(self):
        process = self.start(*self.ACCURACY, "--hang-timeout", "3")
        send(self.worker_with_items(process, "bantam.db", 2), signal.SIGSTOP)
        _, errors = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 1, errors)
        record = next(r for r in self.records() if r["precision"] == "fp16")
        self.assertIn("hung", record["failure"]["message"])

    def test_interrupt_finishes_the_batch_and_says_how_to_go_on(self):
        # A terminal and a service manager send the signal to all processes, `kill` to one.
        for number, code, deliver in ((signal.SIGINT, 130, send_to_group), (signal.SIGTERM, 143, send),
                                   (signal.SIGTERM, 143, send_to_group)):
            with self.subTest(number.name, by=deliver.__name__):
                store = f"{number.name}-{deliver.__name__}.db"
                process = self.start(*self.ACCURACY, "--store", store)
                self.worker_with_items(process, store, 2)
                deliver(process.pid, number)
                _, errors = process.communicate(timeout=60)
                self.assertEqual(process.returncode, code, errors)
                self.assertIn("Resume with the same command", errors)
                self.assertEqual(sorted(p.name for p in self.folder.glob(store + "*")), [store])
                self.assertLess(self.count("items", store), 800)
                self.assert_ok(self.bantam(*self.ACCURACY, "--store", store))

    def test_killed_parents_lose_nothing_and_leave_no_orphan(self):
        self.assert_ok(self.bantam(*self.ACCURACY, "--store", "whole.db"))
        whole = self.items("whole.db")
        chance = random.Random(7)
        for _ in range(20 if LONG else 3):
            process = self.start(*self.ACCURACY, "--store", "broken.db")
            try:
                worker = wait_until(lambda: children(process.pid) or process.poll() is not None)
                time.sleep(chance.uniform(0.0, 0.6))
            finally:
                send(process.pid, signal.SIGKILL)
                self.end(process)
            if worker is not True:
                wait_until(lambda: not any(is_alive(pid) for pid in worker), 10)
        self.assert_ok(self.bantam(*self.ACCURACY, "--store", "broken.db"))
        self.assertEqual(self.items("broken.db"), whole)

    def test_two_runs_on_one_store(self):
        process = self.start(*self.ACCURACY)
        self.worker_with_items(process, "bantam.db", 2)
        os.link(self.folder / "bantam.db", self.folder / "hard.db")
        (self.folder / "soft.db").symlink_to("bantam.db")
        for name in ("bantam.db", "hard.db", "soft.db"):
            second = self.bantam(*self.ACCURACY, "--store", name)
            self.assertEqual(second.returncode, 4, second.stderr)
            self.assertIn(f"process {process.pid}", second.stderr)
        send(process.pid, signal.SIGINT)
        process.communicate(timeout=60)

    def test_locale_does_not_change_the_output(self):
        self.assert_ok(self.bantam(*NANO, "--precisions", "fp16", "--tasks", "accuracy", *TASKS))
        plain = self.bantam("analyze", "-o", "json").stdout
        for name in ("de_DE.UTF-8", "tr_TR.UTF-8", "C", "no_such_place"):  # as far as they are installed here
            env = environment(LC_ALL=name, LANG=name)
            self.assertEqual(self.bantam("analyze", "-o", "json", env=env).stdout, plain, name)
            csv = self.bantam("analyze", "-o", "csv", env=env).stdout
            self.assertEqual(csv, self.bantam("analyze", "-o", "csv").stdout, name)


if __name__ == "__main__":
    unittest.main(argv=[argument for argument in sys.argv if argument != "--long"])

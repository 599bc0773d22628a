"""Signals that no other test sends: twice, of a terminal that closes, and while a report is written."""
import os
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import BINARY, CliTest, QUICK, UNDISTURBED, children, environment, is_alive, send, wait_until  # noqa: E402

SPEED = ["run", "--models", "embedded:nano", "--precisions", "fp16", "--tasks", "performance", "--num-warmup", "0",
         "--batch-size", "1", "--prompt", "Once", "--threads", "1"]
LONG = [*SPEED, "--num-runs", "100", "--max-new-tokens", "4000"]  # each run takes a second and more


class SignalsTest(CliTest):
    def started(self, *arguments, **options):
        """A run whose worker has begun, and the worker."""
        process = subprocess.Popen([BINARY, *arguments], cwd=self.folder, env=environment(), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, **options)
        self.addCleanup(self.end, process)

        def worker():
            return [pid for pid in children(process.pid) if b"worker" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        return process, wait_until(worker)[0]

    def test_a_second_interrupt_ends_at_once(self):
        # Before the first request a run ends at the first signal already.
        for wait_s in (0.5, 1.0, 2.0, 4.0):
            process, worker = self.started(*LONG)
            time.sleep(wait_s)
            send(process.pid, signal.SIGINT)
            if "Ctrl-C again stops at once" in self.answer(process):
                break
        else:
            self.fail("never at work")
        send(process.pid, signal.SIGINT)
        process.communicate(timeout=10)
        self.assertIn(process.returncode, (130, -signal.SIGINT))
        wait_until(lambda: not is_alive(worker), 10)
        self.assert_ok(self.bantam(*SPEED, "--num-runs", "1", "--max-new-tokens", "2"))  # the store is whole and free

    @staticmethod
    def answer(process):
        """The first line behind the one that the cell has begun."""
        for line in iter(process.stderr.readline, ""):
            if "started" not in line:
                return line
        return ""

    def test_a_terminal_that_closes_is_a_clean_end(self):
        process, worker = self.started(*LONG)
        send(process.pid, signal.SIGHUP)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 128 + signal.SIGHUP, errors)
        self.assertIn("Resume with the same command", errors)
        self.assertEqual([path.name for path in self.folder.glob("bantam.db*")], ["bantam.db"])
        wait_until(lambda: not is_alive(worker), 10)

    def test_nohup_goes_on(self):
        process, _ = self.started(*SPEED, "--num-runs", "3", "--max-new-tokens", "500", *UNDISTURBED,
                                  preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        send(process.pid, signal.SIGHUP)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, errors)

    def test_errors_that_nobody_reads_end_nothing(self):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([BINARY, *SPEED, *QUICK], cwd=self.folder, env=environment(), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=writer, timeout=60)
        os.close(writer)
        self.assertEqual(done.returncode, 0)

    def test_killed_reports_are_whole_or_not_there(self):
        self.assert_ok(self.bantam(*SPEED, "--num-runs", "1", "--max-new-tokens", "2"))
        report = ["analyze", "--output-dir"]
        self.assert_ok(self.bantam(*report, "whole"))
        whole = {path.name: path.read_bytes() for path in (self.folder / "whole").iterdir()}
        self.assertTrue(whole)
        for step in range(8):
            process = self.start(*report, f"killed{step}")
            time.sleep(0.004 * step)
            send(process.pid, signal.SIGINT if step % 2 else signal.SIGKILL)
            process.communicate(timeout=60)
            for path in (self.folder / f"killed{step}").glob("*"):
                if not path.name.endswith(".tmp"):
                    self.assertEqual(len(path.read_bytes()), len(whole[path.name]), path.name)


if __name__ == "__main__":
    unittest.main()

"""What a terminal of 80 columns shows while a run is at work, and what a run ends with."""
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import BINARY, QUICK, CliTest, environment  # noqa: E402

LONG = "a-model-with-a-rather-long-name-Instruct-v0.3-abliterated"


class TerminalTest(CliTest):
    def shown(self, *arguments, columns=80, interrupt_at=None):
        """Exit code, stdout, and stderr as a terminal gets it. Interrupted once when `interrupt_at` stands there."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        with open(self.folder / "stdout", "wb") as stdout:
            process = subprocess.Popen([BINARY, *map(str, arguments)], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=stdout,
                                       stderr=theirs, env=environment(TERM="xterm"), start_new_session=True)
        os.close(theirs)
        raw = b""
        while True:
            try:
                block = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            if not block:
                break
            raw += block
            if interrupt_at and interrupt_at in raw:
                process.send_signal(signal.SIGINT)
                interrupt_at = None
        os.close(ours)
        code = process.wait(timeout=300)
        return code, (self.folder / "stdout").read_text(), raw.decode()

    def frames(self, raw):
        return [frame for frame in re.split(r"\r\x1b\[K|\r?\n", raw) if frame]

    def test_the_line_fits_and_keeps_its_times(self):
        code, stdout, raw = self.shown("run", "--models", f"{LONG}=embedded:nano", "--precisions", "fp16", "int8", "--tasks",
                                       "performance", "accuracy", "--accuracy-tasks", "nano_topic", "--accuracy-limit", "64",
                                       "-t", "1", *QUICK)
        self.assertEqual(code, 0, raw)
        frames = self.frames(raw)
        for frame in frames:
            self.assertLess(len(frame), 80, frame)
        timed = [frame for frame in frames if re.match(r"\[\d/4\] .*  \d+:\d\d", frame)]
        self.assertTrue(any("ETA" in frame and ", all" in frame for frame in timed), timed)
        self.assertTrue(any("making Q8_0" in frame for frame in frames), frames)
        self.assertTrue(all(frame.count("nano_topic") <= 1 for frame in frames), "the task's name once")
        self.assertIn("Memory and speed\n", stdout)
        self.assertIn("In short\n", stdout)

    def test_ctrl_c_says_what_is_waited_for(self):
        code, stdout, raw = self.shown("run", "--models", "embedded:nano", "--precisions", "fp16", "--tasks", "performance",
                                       "-t", "1", "--num-runs", "400", "--max-new-tokens", "64", interrupt_at=b"warm-up")
        self.assertEqual(code, 130, raw)
        self.assertIn("stopping after the current run", raw.replace("\r\n    ", " "))
        self.assertIn("Ctrl-C again stops at once", raw.replace("\r\n    ", " "))
        self.assertEqual(stdout, "")


class EndTableTest(CliTest):
    def test_quiet_runs_show_no_table_and_others_end_with_it(self):
        command = ["run", "--models", "embedded:nano", "--precisions", "fp16", "--tasks", "performance", "-t", "1", *QUICK]
        quiet = self.bantam(*command, "-q")
        self.assert_ok(quiet)
        self.assertEqual(quiet.stdout + quiet.stderr, "")
        again = self.bantam(*command)
        self.assert_ok(again)
        self.assertTrue(again.stdout.startswith("Memory and speed\nModel  Precision  Memory need"), again.stdout)
        self.assertIn("nothing to do", again.stderr)

    def test_a_pipe_takes_the_width_that_is_asked_for(self):
        self.assert_ok(self.bantam("run", "--models", "embedded:nano", "--precisions", "fp16", "--tasks", "performance", "-t",
                                   "1", *QUICK))
        widths = {}
        for columns in ("60", "300", "0", "wide"):
            page = self.bantam("analyze", env=environment(COLUMNS=columns)).stdout
            widths[columns] = max(map(len, page.splitlines()))
        self.assertLessEqual(widths["60"], 60)
        self.assertGreater(widths["300"], 100)
        for odd in ("0", "wide"):
            self.assertLessEqual(widths[odd], 100)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""`bantam run --rpc` with `bantam rpc-server` on the same machine: layers lie in another process, and answers stay the same."""
import json
import signal
import socket
import sqlite3
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import QUICK, CliTest, wait_until  # noqa: E402

NANO = ["run", "--models", "embedded:nano", "--precisions", "fp16", "-t", "1"]
# The server is another program on the same CPUs.
SPEED = ["--tasks", "performance", "--max-disturbance", "1", "--max-drift", "10", "--batch-size", "1", *QUICK]
SCORES = ["--tasks", "accuracy", "--accuracy-tasks", "nano_topic", "--accuracy-limit", "40", "-q"]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def answers(port: int) -> bool:
    with socket.socket() as one:
        one.settimeout(1)
        return one.connect_ex(("127.0.0.1", port)) == 0


class RpcTest(CliTest):
    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.server = self.start("rpc-server", "--port", str(self.port), "-t", "1")
        wait_until(lambda: answers(self.port))

    def tearDown(self):
        self.server.kill()
        self.server.communicate()
        super().tearDown()

    def trials(self):
        try:
            return self.count("trials")
        except sqlite3.OperationalError:  # the store is only being made
            return 0

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def test_layers_lie_on_the_server_and_answers_are_the_same(self):
        self.assert_ok(self.bantam(*NANO, *SCORES, "--store", "here.db"))
        self.assert_ok(self.bantam(*NANO, *SCORES, "--store", "there.db", "--rpc", self.address))
        (here,), (there,) = self.records("here.db"), self.records("there.db")
        self.assertEqual(here["metrics"]["acc"], there["metrics"]["acc"])
        self.assertNotEqual(here["cell_key"], there["cell_key"], "another system is another cell")
        self.assertEqual(there["settings"]["engine"]["rpc"], self.address)
        remote = [buffer for buffer in there["engine"]["buffers"] if not buffer["host"]]
        self.assertGreater(sum(buffer["weights_bytes"] for buffer in remote), 0)
        self.assertTrue(all(buffer["host"] for buffer in here["engine"]["buffers"]))
        self.assertIn("of this machine alone", " ".join(there["warnings"]))
        self.assertNotIn("encrypted", " ".join(there["warnings"]), "a tunnel ends on loopback")

    def test_speed_and_memory_of_both_machines(self):
        self.assert_ok(self.bantam(*NANO, *SPEED, "--rpc", self.address))
        (record,) = self.records()
        self.assertGreater(record["metrics"]["decode_tokens_per_s"]["value"], 0)
        self.assertGreater(record["metrics"]["device_memory_bytes"]["value"], 1_000_000, "nano's weights lie there")

    def test_no_layers_on_the_server(self):
        self.assert_ok(self.bantam(*NANO, *SCORES, "--rpc", self.address, "--n-gpu-layers", "0"))
        (record,) = self.records()
        self.assertEqual(sum(buffer["weights_bytes"] for buffer in record["engine"]["buffers"] if not buffer["host"]), 0)

    def test_a_server_that_dies_fails_the_cell(self):
        process = self.start(*NANO, "--tasks", "performance", "--max-new-tokens", "64", "--num-runs", "100000", "--max-seconds", "600",
                             "--max-disturbance", "1", "--max-drift", "10", "--batch-size", "1", "--rpc", self.address)
        wait_until(lambda: self.trials() > 3)
        self.server.send_signal(signal.SIGKILL)
        _, errors = process.communicate(timeout=120)
        self.assertNotEqual(process.returncode, 0)
        (record,) = self.records()
        self.assertEqual(record["status"], "failed")
        self.assertIn("Remote RPC server crashed", json.dumps(record["failure"]), errors)

    def test_nobody_answers(self):
        self.server.kill()
        self.server.communicate()
        begin = time.monotonic()
        done = self.bantam(*NANO, *SCORES, "--rpc", self.address)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn(f"--rpc {self.address}: Connection refused", done.stderr)
        self.assertIn("bantam rpc-server", done.stderr)
        self.assertLess(time.monotonic() - begin, 10)
        self.assertFalse((self.folder / "bantam.db").exists(), "nothing was begun")

    def test_a_port_that_is_taken(self):
        done = self.bantam("rpc-server", "--port", str(self.port))
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("cannot be listened on", done.stderr)

    def test_what_is_no_rpc_server(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            process = self.start(*NANO, *SCORES, "--rpc", f"127.0.0.1:{port}", "--hang-timeout", "3")
            other.settimeout(60)
            other.accept()[0].close()  # the look before the run
            with other.accept()[0] as talk:
                talk.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 10)
            _, errors = process.communicate(timeout=120)
        self.assertNotEqual(process.returncode, 0, errors)
        (record,) = self.records()
        self.assertEqual(record["status"], "failed")


if __name__ == "__main__":
    unittest.main(verbosity=2)

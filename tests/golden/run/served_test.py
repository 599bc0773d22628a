"""Models behind a server: figures against the server's own schedule, and servers that misbehave."""
import json
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
from support.cli_support import UNDISTURBED, CliTest, environment  # noqa: E402
from support.openai_server import OpenAiServer  # noqa: E402

TOKENS = 12
KEY = "sk-test-0123456789abcdef"
ONCE = ["--tasks", "performance", "--num-warmup", "1", "--num-runs", "6", "--rounds", "2", "--max-new-tokens", TOKENS,
        "--batch-size", "2", *UNDISTURBED]


class ServedTest(CliTest):
    def serve(self, **settings):
        server = OpenAiServer(**settings)
        self.addCleanup(server.close)
        return server

    def run_on(self, server, *more, models="tiny", env=None):
        return self.bantam("run", "--engine", "openai", "--base-url", server.url, "--models", models, *ONCE, *more, env=env)

    def failure_of(self, misbehave, *more, **settings):
        """What a run says of a server that misbehaves: a failed cell, its request in the store, no figure."""
        server = self.serve(misbehave=misbehave, **settings)
        done = self.run_on(server, *more)
        self.assertNotEqual(done.returncode, 0)
        record = self.record()
        self.assertEqual(record["status"], "failed")
        self.assertEqual(record.get("metrics", {}), {})
        return record["failure"]["message"]

    def test_figures_are_those_of_the_servers_schedule(self):
        server = self.serve(kind="llama-server", ttft_s=0.08, gap_s=0.02)
        self.assert_ok(self.run_on(server))
        record = self.record()
        self.assertEqual((record["model"], record["precision"], record["status"]), ("tiny", "served", "ok"))
        values = self.values(record)
        # A stamp is never early; how late it is is up to a busy machine.
        self.assertGreater(values["ttft_s"], 0.08)
        self.assertLess(values["ttft_s"], 0.16)
        self.assertAlmostEqual(values["tpot_s"], 0.02, delta=0.004)
        self.assertAlmostEqual(values["decode_tokens_per_s"], 1 / values["tpot_s"], delta=5)
        self.assertAlmostEqual(values["itl_p50_s"], 0.02, delta=0.004)
        self.assertAlmostEqual(values["e2e_latency_s"], values["ttft_s"] + (TOKENS - 1) * values["tpot_s"], delta=0.02)
        self.assertAlmostEqual(values["output_tokens_per_s"], TOKENS / values["e2e_latency_s"], delta=2)
        self.assertAlmostEqual(values["batch_output_tokens_per_s"], 2 * TOKENS / values["batch_e2e_latency_s"], delta=5)
        self.assertEqual((values["output_tokens"], values["prompt_tokens"], values["cached_tokens"]), (TOKENS, 7, 0))
        self.assertEqual(record["task_info"]["server"],
                         {"kind": "llama-server", "build": "b1234", "context": 2048, "slots": 4, "model": "tiny"})
        self.assertEqual(record["engine"], {"name": "openai", "server": "llama-server", "version": "b1234"})
        self.assertEqual(record["settings"]["engine"], {"server": server.url})
        for body in server.requests:
            self.assertEqual((body["path"], body["model"], body["max_tokens"], body["temperature"]), ("/v1/completions", "tiny", TOKENS, 0))
            self.assertIs(body["cache_prompt"], False)
            self.assertIs(body["ignore_eos"], True)
        self.assertEqual(len({body["prompt"] for body in server.requests}), 1)

    def test_what_is_not_known_is_absent_with_the_reason(self):
        server = self.serve(kind="llama-server")
        self.assert_ok(self.run_on(server))
        absent = self.record()["absent"]
        for metric in ("private_peak_bytes", "pss_peak_bytes", "min_memory_bytes", "engine_kv_bytes", "weights_resident_bytes"):
            self.assertEqual(absent[metric], "the model runs behind a server")
        self.assertEqual(absent["load_cold_s"], "the server has loaded the model itself")
        self.assertEqual(absent["prefill_tokens_per_s"], "a server does not tell when a prompt was computed")
        self.assertEqual(absent["file_bytes"], "the file behind a server is not known")

    def test_without_stamps_of_tokens_there_is_a_mean_and_no_gap(self):
        server = self.serve(ttft_s=0.05, gap_s=0.02)
        self.assert_ok(self.run_on(server))
        record = self.record()
        values = self.values(record)
        self.assertAlmostEqual(values["tpot_s"], 0.02, delta=0.004)
        self.assertEqual(values["output_tokens"], TOKENS)
        self.assertEqual(record["absent"]["itl_p50_s"], "the server does not tell how many tokens each of its events has")
        self.assertEqual(record["absent"]["cached_tokens"], "the server does not tell what it used again")
        # It cannot be told to compute a prompt anew, so no two prompts begin alike.
        prompts = [body["prompt"] for body in server.requests]
        self.assertEqual(len(set(prompts)), len(prompts))
        self.assertTrue(any("a text of its own" in warning for warning in record["warnings"]))

    def test_without_a_count_of_tokens_there_are_only_times(self):
        server = self.serve(usage=lambda tokens: None)
        self.assert_ok(self.run_on(server))
        record = self.record()
        self.assertIn("ttft_s", record["metrics"])
        self.assertIn("e2e_latency_s", record["metrics"])
        for metric in ("tpot_s", "output_tokens", "output_tokens_per_s", "batch_output_tokens_per_s", "decode_tokens_per_s"):
            self.assertEqual(record["absent"][metric], "the server told no number of tokens")

    def test_a_server_that_lies_about_tokens_gives_no_rate(self):
        server = self.serve(usage=lambda tokens: {"prompt_tokens": 7, "completion_tokens": 100 * tokens})
        self.assert_ok(self.run_on(server))
        record = self.record()
        self.assertNotIn("tpot_s", record["metrics"])
        self.assertNotIn("output_tokens_per_s", record["metrics"])
        self.assertIn(f"it counts {100 * TOKENS} tokens, and at most {TOKENS} were asked for", record["absent"]["tpot_s"])
        self.assertTrue(any("contradicts itself" in warning for warning in record["warnings"]))

    def test_a_prompt_from_the_cache_makes_the_measurement_invalid(self):
        server = self.serve(usage=lambda tokens: {"prompt_tokens": 7, "completion_tokens": tokens,
                                                  "prompt_tokens_details": {"cached_tokens": 5}})
        done = self.run_on(server)
        self.assertNotEqual(done.returncode, 0)
        record = self.record()
        self.assertEqual(record["status"], "invalid")
        self.assertTrue(any("5 prompt tokens of a request came from a cache" in reason for reason in record["reasons"]))

    def test_a_failed_request_fails_the_cell_and_is_kept(self):
        def third(handler, _):
            if len(handler.server.openai.requests) != 3:
                return False
            handler.page({"error": {"message": "too many requests"}}, 429)
            return True

        message = self.failure_of(third)
        self.assertIn("single_stream: 1 of 1 request failed", message)
        self.assertIn("429", message)
        self.assertIn("too many requests", message)
        trials = self.count("trials")
        self.assertEqual(trials, 3)

    def test_servers_that_answer_with_something_else(self):
        def page(body, status, kind):
            def misbehave(handler, _):
                handler.page(body, status, kind)
                return True
            return misbehave

        cases = {"500": page({"error": {"message": "out of slots"}}, 500, "application/json"),
                 "text/html": page(b"<html>login</html>", 200, "text/html")}
        for name, misbehave in cases.items():
            with self.subTest(name):
                (self.folder / "bantam.db").unlink(missing_ok=True)
                self.assertIn(name, self.failure_of(misbehave))

    def test_a_stream_that_breaks_off_is_no_answer(self):
        def drop(handler, body):
            handler.begin_stream()
            handler.event(handler.server.openai.chunk(body, " half"))
            return True

        self.assertIn("before it was complete", self.failure_of(drop))

    def test_a_server_that_stalls_is_not_waited_for(self):
        def stall(handler, body):
            handler.begin_stream()
            handler.event(handler.server.openai.chunk(body, " half"))
            time.sleep(120)
            return True

        begin = time.monotonic()
        message = self.failure_of(stall, "--hang-timeout", "3")
        self.assertLess(time.monotonic() - begin, 60)
        self.assertIn("nothing more came within 3", message)

    def test_another_server_in_the_middle_fails_the_cell(self):
        server = self.serve(kind="llama-server")
        looks = []
        server.build = lambda: looks.append(1) or ("b1234" if len(looks) < 3 else "b9999")
        self.run_on(server)
        record = self.record()
        self.assertEqual(record["status"], "failed")
        self.assertIn("the server changed while it was measured", record["failure"]["message"])
        self.assertIn("b9999", record["failure"]["message"])

    def test_a_server_that_does_not_stream_has_no_time_per_token(self):
        server = self.serve(gap_s=0.0)

        def at_once(handler, body):
            handler.begin_stream()
            events = [server.chunk(body, f" w{i}") for i in range(TOKENS)] + [server.chunk(body, "", "length")]
            events.append({"choices": [], "usage": server.usage(TOKENS)})
            text = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
            handler.wfile.write(text.encode())
            return True

        server.misbehave = at_once
        self.assert_ok(self.run_on(server, "--batch-size", "1"))
        self.assertIn("does not stream", self.record()["absent"]["tpot_s"])

    def test_the_key_goes_to_the_server_and_nowhere_else(self):
        server = self.serve(kind="llama-server")
        done = self.run_on(server, "--api-key-env", "MY_SERVER", env=environment(MY_SERVER=KEY))
        self.assert_ok(done)
        self.assertEqual(set(server.keys), {f"Bearer {KEY}"})
        self.assertNotIn(KEY, done.stdout + done.stderr)
        for file in self.folder.rglob("*"):
            if file.is_file():
                self.assertNotIn(KEY.encode(), file.read_bytes(), file)
        server.keys.clear()
        (self.folder / "bantam.db").unlink()
        self.assert_ok(self.run_on(server, "--api-key-env", "off", env=environment(OPENAI_API_KEY=KEY)))
        self.assertEqual(set(server.keys), {None})

    def test_a_chat_gets_a_message(self):
        server = self.serve(kind="llama-server")
        self.assert_ok(self.run_on(server, "--api", "chat", "--prompt", "Hello"))
        for body in server.requests:
            self.assertEqual((body["path"], body["messages"]), ("/v1/chat/completions", [{"role": "user", "content": "Hello"}]))
        self.assertEqual(self.record()["settings"]["engine"]["server_api"], "chat")

    def test_requests_that_arrive_on_their_own(self):
        server = self.serve(kind="llama-server", ttft_s=0.05, gap_s=0.01)
        self.assert_ok(self.run_on(server, "--scenarios", "poisson", "--request-rate", "20", "--num-runs", "20"))
        record = self.record()
        values = self.values(record)
        self.assertGreater(values["poisson_ttft_s"], 0.05)
        self.assertLess(values["poisson_ttft_s"], 0.15)
        self.assertAlmostEqual(values["poisson_tpot_s"], 0.01, delta=0.003)
        self.assertEqual(record["absent"]["poisson_queue_s"], "a server does not tell how long a request waits")

    def test_requests_without_a_pause(self):
        server = self.serve(kind="llama-server", ttft_s=0.01, gap_s=0.01)
        self.assert_ok(self.run_on(server, "--scenarios", "sustained", "--sustained", "3s", "--max-new-tokens", "50"))
        record = self.record()
        for metric in ("burst_tokens_per_s", "steady_tokens_per_s"):
            self.assertGreater(self.values(record)[metric], 70)
            self.assertLess(self.values(record)[metric], 120)

    def test_what_a_server_cannot_do_is_skipped(self):
        server = self.serve(kind="llama-server")
        done = self.run_on(server, "--tasks", "performance", "fidelity", "similarity", "resources", "accuracy",
                           "--accuracy-tasks", "nano_topic")
        self.assert_ok(done)
        outcomes = {record["task"]: (record["status"], record.get("reasons", [])) for record in self.records()}
        self.assertEqual(outcomes.pop("performance")[0], "ok")
        self.assertEqual(set(outcomes), {"fidelity", "similarity", "resources", "nano_topic"})
        for outcome, reasons in outcomes.values():
            self.assertEqual(outcome, "skipped")
            self.assertIn("server", reasons[0])

    def test_the_same_command_again_measures_nothing_and_another_build_does(self):
        server = self.serve(kind="llama-server")
        self.assert_ok(self.run_on(server))
        asked = len(server.requests)
        self.assert_ok(self.run_on(server))
        self.assertEqual(len(server.requests), asked)
        server.build = "b9999"
        self.assert_ok(self.run_on(server))
        self.assertGreater(len(server.requests), asked)

    def test_a_dry_run_shows_the_request_and_sends_none(self):
        server = self.serve(kind="llama-server")
        done = self.run_on(server, "--dry-run")
        self.assert_ok(done)
        self.assertEqual(server.requests, [])
        self.assertIn(f"POST {server.url}/v1/completions {{", done.stdout)
        self.assertIn('"max_tokens":12', done.stdout)

    def test_it_stands_in_one_table_with_a_local_model(self):
        server = self.serve(kind="llama-server")
        self.assert_ok(self.run_on(server))
        self.assert_ok(self.bantam("run", "--models", "embedded:nano", "--precisions", "int8", *ONCE))
        done = self.bantam("analyze")
        self.assert_ok(done)
        lines = [line.split() for line in done.stdout.splitlines()]
        self.assertTrue(any(line[:2] == ["nano", "int8"] for line in lines), done.stdout)
        self.assertTrue(any(line[:2] == ["tiny", "served"] for line in lines), done.stdout)
        self.assert_ok(self.bantam("verify"))

    def test_wrong_requests_are_refused_before_any_work(self):
        server = self.serve(kind="llama-server")
        cases = {
            ("--engine", "openai", "--models", "tiny"): "needs the address of a server",
            ("--base-url", server.url, "--models", "tiny.gguf"): "add --engine openai",
            ("--engine", "openai", "--base-url", server.url, "--models", "other"): "has no model 'other'",
            ("--engine", "openai", "--base-url", server.url, "--models", "tiny", "--precisions", "int8"): "leave --precisions",
            ("--engine", "openai", "--base-url", server.url, "--models", "tiny", "--n-prompt", "64"): "--n-prompt",
            ("--engine", "openai", "--base-url", server.url, "--models", "tiny", "--min-memory"): "--min-memory",
            ("--engine", "openai", "--base-url", "http://user:pw@127.0.0.1", "--models", "tiny"): "no address of a server",
            ("--engine", "openai", "--base-url", "http://127.0.0.1:9", "--models", "tiny"): "is the server running",
            ("--engine", "openai", "--base-url", server.url, "--models", "tiny", "--api-key-env", KEY): "not the key",
        }
        for arguments, expected in cases.items():
            with self.subTest(expected):
                done = self.bantam("run", *arguments, "--tasks", "performance")
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(expected, done.stderr)
                self.assertNotIn("pw@", done.stderr)
                self.assertNotIn(KEY, done.stderr)
                self.assertFalse((self.folder / "bantam.db").exists())
        self.assertEqual(server.requests, [])

    def test_options_of_the_engine_are_said_to_have_no_effect(self):
        server = self.serve(kind="llama-server")
        done = self.run_on(server, "--threads", "2", "--cache-type-k", "q8_0")
        self.assert_ok(done)
        self.assertIn("--threads, --cache-type-k have no effect: the server has an engine and settings of its own", done.stderr)


if __name__ == "__main__":
    unittest.main()

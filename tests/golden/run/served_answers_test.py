"""Accuracy of a model behind a server: answers and log-likelihoods against the server's own rule, and servers that misbehave."""
import hashlib
import json
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
from support.cli_support import CliTest, environment  # noqa: E402
from support.openai_server import OpenAiServer  # noqa: E402

CHOICES = ["red", "green", "a blue one"]
COLOURS = ('output_type: multiple_choice\ndoc_to_text: "{{text}}"\ndoc_to_choice: [red, green, a blue one]\ndoc_to_target: label\n'
           "metric_list:\n  - metric: acc\n  - metric: acc_norm\n")
SUMS = ('output_type: generate_until\ndoc_to_text: "Q: {{text}}\\nA:"\ndoc_to_target: "{{answer}}"\n'
        'generation_kwargs:\n  until: ["\\n", "Q:"]\n  max_gen_toks: 6\nmetric_list:\n  - metric: exact_match\n')


def words(text):
    return re.findall(r"\s*\S+|\s+$", text)


def value(before, token):
    """The rule of the server: what a token has after the text before it, and the greatest value there."""
    number = hashlib.sha256(f"{before}|{token}".encode()).digest()[0]
    return -0.1 - number / 64, -0.1 - (number if number % 2 else 0) / 64


def score(text, start="<s>", shown=lambda token: token):
    tokens, before = ([(start, None, None)] if start else []), ""
    for i, word in enumerate(words(text)):
        tokens.append((shown(word), *((None, None) if i == 0 and not start else value(before, word))))
        before += word
    return tokens


def log_likelihood(context, continuation):
    total, before = 0.0, context
    for word in words(continuation):
        total += value(before, word)[0]
        before += word
    return total


class ServedAnswersTest(CliTest):
    def serve(self, **settings):
        server = OpenAiServer(**{"ttft_s": 0.0, "gap_s": 0.0, **settings})
        self.addCleanup(server.close)
        return server

    def ask(self, server, task, *more, env=None):
        return self.bantam("run", "--engine", "openai", "--base-url", server.url, "--models", "tiny",
                           "--accuracy-tasks", task, "--include-path", ".", *(more if "--tasks" in more else ("--tasks", "accuracy", *more)), env=env)

    def items(self, task):
        done = self.bantam("export", "jsonl", "--output-path", "-", "--items")
        self.assert_ok(done)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        found = [line["item"] for line in lines if line["kind"] == "item" and line["item"]["task"] == task]
        return sorted(found, key=lambda item: item["doc_id"])

    def assert_colours(self, server):
        rows = [{"text": f"word {i}:", "label": i % 3} for i in range(12)]
        self.write_task("colours", COLOURS, rows)
        self.assert_ok(self.ask(server, "colours"))
        right = {"acc": 0, "acc_norm": 0}
        for row in rows:
            scores = [log_likelihood(row["text"], " " + choice) for choice in CHOICES]
            right["acc"] += scores.index(max(scores)) == row["label"]
            normed = [score / len(choice) for score, choice in zip(scores, CHOICES)]
            right["acc_norm"] += normed.index(max(normed)) == row["label"]
        record = self.record()
        for metric, count in right.items():
            self.assertAlmostEqual(self.values(record)[metric], count / len(rows), places=12)
        return record, rows

    def test_choices_are_scored_by_echoed_prompts(self):
        server = self.serve(score=score)
        record, rows = self.assert_colours(server)
        self.assertEqual((record["precision"], record["status"]), ("served", "ok"))
        self.assertEqual(len(server.requests), len(rows) * len(CHOICES))
        self.assertEqual({request["path"] for request in server.requests}, {"/v1/completions"})
        self.assertTrue(all(request["echo"] and not request["stream"] for request in server.requests))
        for item, row in zip(self.items("colours"), rows):
            for told, choice in zip(item["content"]["log_likelihoods"], CHOICES):
                self.assertAlmostEqual(told, log_likelihood(row["text"], " " + choice), places=9)
            self.assertNotIn("context_tokens", item["content"])

    def test_tokens_without_their_text_are_counted(self):
        server = self.serve(score=lambda text: score(text, shown=lambda token: token.replace(" ", "\u2581")))
        _, rows = self.assert_colours(server)
        self.assertEqual(len(server.requests), len(rows) * (len(CHOICES) + 1))  # each context alone as well

    def test_an_empty_context_needs_a_token_before_the_text(self):
        rows = [{"text": "", "answer": " so it was"}]
        self.write_task("begun", 'output_type: loglikelihood\ndoc_to_text: "{{text}}"\ndoc_to_target: "{{answer}}"\nmetric_list:\n'
                                 "  - metric: perplexity\n  - metric: acc\n", rows)
        self.assert_ok(self.ask(self.serve(score=score), "begun"))
        self.assertEqual(self.values(self.record())["acc"], 0)
        told = self.items("begun")[0]["content"]["log_likelihoods"][0]
        self.assertAlmostEqual(told, log_likelihood("", " so it was"), places=9)
        (self.folder / "bantam.db").unlink()
        done = self.ask(self.serve(score=lambda text: score(text, start="")), "begun")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("the server puts no token before a text", self.record()["failure"]["message"])

    def test_whether_an_answer_is_the_most_probable_one(self):
        rows = [{"text": f"word {i}:", "answer": "so"} for i in range(16)]
        self.write_task("next", 'output_type: loglikelihood\ndoc_to_text: "{{text}}"\ndoc_to_target: " {{answer}}"\nmetric_list:\n'
                                "  - metric: acc\n", rows)
        self.assert_ok(self.ask(self.serve(score=score), "next"))
        greedy = [value(row["text"], " so") for row in rows]
        expected = sum(own == greatest for own, greatest in greedy) / len(rows)
        self.assertTrue(0 < expected < 1)
        self.assertAlmostEqual(self.values(self.record())["acc"], expected, places=12)

    def test_a_server_that_echoes_nothing_has_no_score(self):
        self.write_task("colours", COLOURS, [{"text": "word:", "label": 0}])
        done = self.ask(self.serve(), "colours")
        self.assertNotEqual(done.returncode, 0)
        record = self.record()
        self.assertEqual((record["status"], record.get("metrics", {})), ("failed", {}))
        self.assertIn("echo is not supported", record["failure"]["message"])

    def test_log_probabilities_that_cannot_be_have_no_score(self):
        self.write_task("colours", COLOURS, [{"text": "word:", "label": 0}])

        def above_zero(text):
            tokens = score(text)
            return [*tokens[:-1], (tokens[-1][0], 0.5, 0.5)]

        for rule, reason in ((above_zero, "has the log-probability 0.5"),
                             (lambda text: score(text)[:2], "merge with those of its context")):
            done = self.ask(self.serve(score=rule), "colours")
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(reason, self.record()["failure"]["message"])
            (self.folder / "bantam.db").unlink()

    def write_sums(self, count=6):
        rows = [{"text": f"{i} + {i}", "answer": str(2 * i)} for i in range(count)]
        self.write_task("sums", SUMS, rows)
        return rows

    @staticmethod
    def add(body):
        prompt = body["messages"][-1]["content"] if "messages" in body else body["prompt"]
        first, second = re.findall(r"Q: (\d+) \+ (\d+)", prompt)[-1]
        total = int(first) + int(second)
        return f" {total if total != 6 else 7}\nQ: what next?"

    def test_written_answers_are_cut_and_compared(self):
        rows = self.write_sums()
        server = self.serve(reply=self.add)
        self.assert_ok(self.ask(server, "sums", "--accuracy-batch-size", "4"))
        record = self.record()
        self.assertAlmostEqual(self.values(record)["exact_match"], 0)  # " 4" is not "4", as in lm-eval
        contents = [item["content"] for item in self.items("sums")]
        self.assertEqual([content["resps"][0] for content in contents], [f" {7 if row['answer'] == '6' else row['answer']}" for row in rows])
        self.assertEqual({content["context_tokens"] for content in contents}, {7})  # as the server tells
        for request in server.requests:
            self.assertEqual((request["stop"], request["max_tokens"], request["temperature"]), (["\n", "Q:"], 6, 0.0))
        self.assertEqual(record["task_info"]["server"]["model"], "tiny")

    def test_conversations_are_sent_as_messages(self):
        self.write_sums()
        server = self.serve(reply=lambda body: self.add(body).strip())
        self.assert_ok(self.ask(server, "sums", "--api", "chat", "--apply-chat-template", "--system-instruction", "Add."))
        self.assertAlmostEqual(self.values(self.record())["exact_match"], 5 / 6)
        sent = sorted(json.dumps(request["messages"]) for request in server.requests)
        self.assertEqual(sent, sorted(json.dumps([{"role": "system", "content": "Add."},
                                                  {"role": "user", "content": f"Q: {i} + {i}\nA:"}]) for i in range(6)))

    def test_a_thought_that_never_ends_is_no_wrong_answer(self):
        self.write_sums(2)

        def think(handler, body):
            if "0 + 0" not in body["messages"][-1]["content"]:
                return False
            handler.begin_stream()
            handler.event({"choices": [{"index": 0, "delta": {"reasoning_content": "hm, hm"}}]})
            handler.event({"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}]})
            handler.event("[DONE]")
            return True
        server = self.serve(reply=lambda body: self.add(body).strip(), misbehave=think)
        self.assert_ok(self.ask(server, "sums", "--api", "chat", "--apply-chat-template"))
        items = self.items("sums")
        self.assertEqual([item["metrics"].get("exact_match") for item in items], [None, 1.0])

    def test_a_passing_failure_is_asked_again(self):
        self.write_sums()
        failed = []

        def busy(handler, body):
            if len(failed) >= 2:
                return False
            failed.append(body)
            handler.page({"error": {"message": "slow down"}}, 429 if len(failed) == 1 else 503)
            return True
        server = self.serve(reply=lambda body: self.add(body).strip(), misbehave=busy)
        self.assert_ok(self.ask(server, "sums", "--api", "chat", "--apply-chat-template"))
        record = self.record()
        self.assertAlmostEqual(self.values(record)["exact_match"], 5 / 6)
        self.assertIn("of 6 requests failed and were sent again", json.dumps(record["warnings"]))
        self.assertEqual(len(server.requests), 6 + 2)

    def test_a_failure_that_lasts_fails_the_cell_and_keeps_what_was_answered(self):
        rows = self.write_sums(40)
        broken = [True]

        def refuse(handler, body):
            if not broken or "39 + 39" not in body["prompt"]:
                return False
            handler.page({"error": {"message": "the prompt is too long"}}, 400)
            return True
        server = self.serve(reply=self.add, misbehave=refuse)
        self.assertNotEqual(self.ask(server, "sums", "--accuracy-batch-size", "2").returncode, 0)
        record = self.record()
        self.assertEqual((record["status"], record.get("metrics", {})), ("failed", {}))
        self.assertIn("the one that begins 'Q: 39 + 39", record["failure"]["message"])
        self.assertIn("the prompt is too long", record["failure"]["message"])
        asked = len(server.requests)
        broken.clear()
        self.assert_ok(self.ask(server, "sums", "--accuracy-batch-size", "2", "--retry"))
        self.assertEqual(len(self.items("sums")), len(rows))
        self.assertLess(len(server.requests) - asked, 20)  # those that were answered are not asked again

    def test_what_breaks_off_is_no_answer(self):
        self.write_sums(1)

        def break_off(handler, body):
            handler.begin_stream()
            handler.event(OpenAiServer.chunk(server, body, " 0"))
            return True
        server = self.serve(misbehave=break_off)
        self.assertNotEqual(self.ask(server, "sums").returncode, 0)
        record = self.record()
        self.assertEqual((record["status"], record.get("metrics", {})), ("failed", {}))
        self.assertIn("1 of 1 requests failed 4 times", record["failure"]["message"])

    def test_another_server_in_the_middle_fails_the_cell(self):
        self.write_sums()
        server = self.serve(kind="llama-server", reply=self.add)

        def swap(handler, body):
            server.build = "b9999"
            return False
        server.misbehave = swap
        self.assertNotEqual(self.ask(server, "sums").returncode, 0)
        self.assertIn("the server changed while it was measured", self.record()["failure"]["message"])

    def test_what_cannot_be_asked_is_skipped_with_the_way_out(self):
        self.write_task("colours", COLOURS, [{"text": "word:", "label": 0}])
        self.write_sums(1)
        for server, task, flags, reason in (
                (self.serve(kind="llama-server"), "colours", [], "llama-server gives no log-likelihoods of prompts"),
                (self.serve(), "colours", ["--api", "chat", "--apply-chat-template"], "leave --api chat out"),
                (self.serve(), "sums", ["--api", "chat"], "add --apply-chat-template"),
                (self.serve(), "sums", ["--apply-chat-template"], "add --api chat")):
            self.assert_ok(self.ask(server, task, *flags))
            record = self.record()
            self.assertEqual(record["status"], "skipped")
            self.assertIn(reason, json.dumps(record))
            self.assertEqual(server.requests, [])
            (self.folder / "bantam.db").unlink()

    def test_a_dry_run_does_not_guess_how_long_a_server_takes(self):
        self.write_sums()
        server = self.serve(reply=self.add)
        done = self.ask(server, "sums", "--dry-run")
        self.assert_ok(done)
        self.assertRegex(done.stdout, r"sums +6 +unknown +behind a server")
        self.assertEqual(server.requests, [])

    def test_energy_of_this_machine_is_not_the_servers(self):
        self.write_sums()
        self.assert_ok(self.ask(self.serve(reply=self.add), "sums", "--tasks", "energy", "accuracy", "--tdp", "10"))
        states = {record["task"]: record for record in self.records()}
        self.assertEqual((states["energy"]["status"], states["sums"]["status"]), ("skipped", "ok"))
        self.assertNotIn("energy_per_item_j", states["sums"]["metrics"])

    def test_the_key_goes_to_the_server_and_nowhere_else(self):
        key = "sk-test-0123456789abcdef"
        self.write_sums()
        server = self.serve(reply=self.add)
        done = self.ask(server, "sums", env=environment(OPENAI_API_KEY=key))
        self.assert_ok(done)
        self.assertEqual(set(server.keys), {f"Bearer {key}"})
        self.assertNotIn(key, done.stdout + done.stderr)
        for path in self.folder.rglob("*"):
            if path.is_file():
                self.assertNotIn(key.encode(), path.read_bytes(), path)


if __name__ == "__main__":
    unittest.main()

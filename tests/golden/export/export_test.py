"""`bantam export lm-eval`: what lm-eval itself wrote for the same weights is what our files say."""
import hashlib
import json
import math
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import SHARED, CliTest  # noqa: E402

ORACLE = SHARED / "oracle" / "lm_eval"
MODEL = SHARED / "models" / "probe" / "probe-f32.gguf"


def oracle(task):
    items, aggregate = {}, None
    with open(ORACLE / "expected.jsonl", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row["task"] != task:
                continue
            if row["kind"] == "item":
                items[row["doc_id"]] = row
            else:
                aggregate = row
    return items, aggregate


@unittest.skipUnless(MODEL.exists() and ORACLE.exists(), "the oracle is not here")
class ExportTest(CliTest):
    def export(self, task, *flags, samples_of=None):
        self.assert_ok(self.bantam("run", "--models", f"probe={MODEL}", "--precisions", "fp32", "--tasks", "accuracy",
                                   "--accuracy-tasks", task, "--include-path", ORACLE / "tasks", "--threads", "1",
                                   "--cache-type-k", "f32", "--cache-type-v", "f32", "--flash-attn", "off", "-q", *flags))
        done = self.bantam("export", "lm-eval", "--output-path", "out")
        self.assert_ok(done)
        folder = self.folder / "out" / "probe__fp32"
        self.assertEqual({self.folder / line for line in done.stdout.split()}, set(folder.iterdir()))
        results, = folder.glob("results_*.json")
        samples, = folder.glob(f"samples_{samples_of or task}_*.jsonl")
        lines = [json.loads(line) for line in samples.read_text(encoding="utf-8").splitlines()]
        return json.loads(results.read_text(encoding="utf-8")), lines

    def assert_results(self, results, task, aggregate):
        found = results["results"][task]
        self.assertEqual(found["sample_len"], aggregate["n"])
        self.assertEqual(results["n-samples"][task], {"original": aggregate["n"], "effective": aggregate["n"]})
        self.assertEqual(results["n-shot"][task], aggregate["num_fewshot"])
        for key, value in aggregate["metrics"].items():
            self.assertAlmostEqual(found[key], value, places=6, msg=key)

    def test_multiple_choice(self):
        items, aggregate = oracle("probe_hellaswag")
        results, samples = self.export("probe_hellaswag")
        self.assert_results(results, "probe_hellaswag", aggregate)
        self.assertEqual(len(samples), len(items))
        rows = [json.loads(line) for line in (ORACLE / "data" / "hellaswag.jsonl").read_text().splitlines()]
        for sample in samples:
            item = items[sample["doc_id"]]
            self.assertEqual(sample["doc"], rows[sample["doc_id"]])
            self.assertEqual((sample["filter"], sample["metrics"]), ("none", ["acc", "acc_norm"]))
            self.assertEqual(sample["target"], str(item["target"]))
            self.assertEqual({key: sample[key] for key in sample["metrics"]}, item["metrics"])
            self.assertEqual(sample["prompt_hash"], hashlib.sha256(item["context"].encode()).hexdigest())
            self.assertEqual(sample["target_hash"], hashlib.sha256(str(item["target"]).encode()).hexdigest())
            for i, request in enumerate(item["requests"]):
                self.assertEqual(sample["arguments"][f"gen_args_{i}"],
                                 {"arg_0": item["context"], "arg_1": request["continuation"]})
                (answer,) = sample["resps"][i]
                self.assertEqual(answer, sample["filtered_resps"][i])
                self.assertTrue(math.isclose(float(answer[0]), request["loglikelihood"], abs_tol=1e-3))
                self.assertEqual(answer[1], str(request["is_greedy"]))

    def test_generation_has_a_line_for_each_filter(self):
        items, aggregate = oracle("probe_gsm8k")
        results, samples = self.export("probe_gsm8k")
        self.assert_results(results, "probe_gsm8k", aggregate)
        self.assertEqual([s["filter"] for s in samples],
                         ["strict-match"] * len(items) + ["flexible-extract"] * len(items))
        for sample in samples:
            item = items[sample["doc_id"]]
            self.assertEqual(sample["arguments"]["gen_args_0"]["arg_0"], item["context"])
            asked = sample["arguments"]["gen_args_0"]["arg_1"]
            self.assertEqual(asked, {"until": ["Question:", "</s>", "<|im_end|>"], "do_sample": False, "temperature": 0.0,
                                     "max_gen_toks": 24})
            if item["smallest_top2_gap"] < 0.02:
                continue  # another arithmetic may rightly take the other token
            self.assertEqual(sample["resps"], [[item["response"]]])
            expected = item["filters"][sample["filter"]]
            self.assertEqual(sample["exact_match"], expected["metrics"]["exact_match"])

    def test_a_group_and_what_is_known_of_the_model(self):
        _, aggregate = oracle("probe_mmlu")
        results, _ = self.export("probe_mmlu", "--accuracy-limit", "4", samples_of="probe_mmlu_marketing")
        leaves = ["probe_mmlu_astronomy", "probe_mmlu_us_foreign_policy", "probe_mmlu_marketing"]
        self.assertEqual(results["group_subtasks"], {"probe_mmlu": leaves})
        self.assertEqual(results["groups"]["probe_mmlu"], results["results"]["probe_mmlu"])
        self.assertEqual(set(aggregate["metrics"]), {key for key in results["groups"]["probe_mmlu"] if "," in key})
        self.assertEqual(results["groups"]["probe_mmlu"]["sample_count"], {"acc,none": results["groups"]["probe_mmlu"]["sample_len"]})
        self.assertEqual((results["versions"]["probe_mmlu"], results["versions"][leaves[0]]), ("1.0", 1.0))
        self.assertEqual(results["results"][leaves[0]]["alias"], "astronomy")
        self.assertEqual(results["n-shot"]["probe_mmlu"], 5)
        self.assertEqual(results["n-samples"]["probe_mmlu_marketing"]["original"], 50)
        # of the model's tokenizer, as Transformers says them
        self.assertEqual((results["tokenizer_bos_token"], results["tokenizer_eos_token"]), (["<|bos|>", "0"], ["<|eos|>", "1"]))
        self.assertEqual((results["eot_token_id"], results["max_length"]), (1, 2048))
        self.assertIsInstance(results["date"], float)

    def test_answers_without_a_context_are_there(self):
        items, _ = oracle("probe_sst2_extra")
        _, samples = self.export("probe_sst2_extra", "--accuracy-limit", "10")
        for sample in samples:
            requests = items[sample["doc_id"]]["requests"]
            self.assertEqual((len(requests), len(sample["arguments"]), len(sample["resps"])), (4, 4, 4))
            for request, (answer,) in zip(requests, sample["resps"]):
                self.assertTrue(math.isclose(float(answer[0]), request["loglikelihood"], abs_tol=1e-3))
                self.assertEqual(answer[1], str(request["is_greedy"]))

    def test_other_content_is_not_replaced(self):
        self.export("probe_winogrande", "--accuracy-limit", "4")
        self.assert_ok(self.bantam("export", "lm-eval", "--output-path", "out"))  # the same again
        results, = (self.folder / "out" / "probe__fp32").glob("results_*.json")
        results.write_text("mine")
        refused = self.bantam("export", "lm-eval", "--output-path", "out")
        self.assertEqual((refused.returncode, results.read_text()), (2, "mine"))
        self.assertIn("--overwrite", refused.stderr)
        self.assert_ok(self.bantam("export", "lm-eval", "--output-path", "out", "--overwrite"))
        self.assertIn("probe_winogrande", json.loads(results.read_text())["results"])

    def test_a_kill_leaves_no_half_file(self):
        self.export("probe_winogrande")
        whole = {path.name: path.read_bytes() for path in (self.folder / "out" / "probe__fp32").iterdir()}
        for step in range(15):
            target = self.folder / f"killed{step}"
            process = self.start("export", "lm-eval", "--output-path", target)
            time.sleep(0.004 * step)
            process.kill()
            process.communicate()
            for path in target.glob("*/*.json*"):
                if not path.name.endswith(".tmp"):
                    self.assertEqual(path.read_bytes(), whole[path.name])
            self.assert_ok(self.bantam("export", "lm-eval", "--output-path", target))

    def test_result_files_are_analyzed_without_the_store(self):
        self.export("probe_winogrande", "--accuracy-limit", "4")
        (self.folder / "outputs" / "probe" / "probe_fp32" / "foreign.json").write_text('{"accuracy": 0.5}')
        stored = json.loads(self.bantam("analyze", "-o", "json").stdout)
        done = self.bantam("analyze", "--input-dir", "outputs", "--accuracy-tasks", "probe_winogrande", "-o", "json")
        self.assert_ok(done)
        self.assertEqual(json.loads(done.stdout)["records"], stored["records"])
        self.assertIn("foreign.json", done.stderr)
        self.assertEqual(self.bantam("analyze", "--input-dir", "outputs", "--accuracy-tasks", "none").returncode, 2)
        self.assertEqual(self.bantam("analyze", "--input-dir", "nowhere").returncode, 2)

    def test_the_store_must_hold_results(self):
        done = self.bantam("export", "lm-eval", "--store", "none.db", "--output-path", "out")
        self.assertNotEqual(done.returncode, 0)
        self.assertFalse((self.folder / "out").exists())


if __name__ == "__main__":
    unittest.main()

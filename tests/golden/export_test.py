"""`bantam export lm-eval`: what lm-eval itself wrote for the same weights is what our files say."""
import hashlib
import json
import math
import unittest

from cli_support import SHARED, CliTest

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
    def export(self, task, *flags):
        self.assert_ok(self.bantam("run", "--models", f"probe={MODEL}", "--precisions", "fp32", "--tasks", "accuracy",
                                   "--accuracy-tasks", task, "--include-path", ORACLE / "tasks", "--threads", "1",
                                   "--cache-type-k", "f32", "--cache-type-v", "f32", "--flash-attn", "off", "-q", *flags))
        done = self.bantam("export", "lm-eval", "--output-path", "out")
        self.assert_ok(done)
        folder = self.folder / "out" / "probe__fp32"
        self.assertEqual({self.folder / line for line in done.stdout.split()}, set(folder.iterdir()))
        results, = folder.glob("results_*.json")
        samples, = folder.glob(f"samples_{task}_*.jsonl")
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

    def test_the_store_must_hold_results(self):
        done = self.bantam("export", "lm-eval", "--store", "none.db", "--output-path", "out")
        self.assertNotEqual(done.returncode, 0)
        self.assertFalse((self.folder / "out").exists())


if __name__ == "__main__":
    unittest.main()

"""Predictions through the real binary: what they say, that they need no weights, and how they refuse."""
import csv
import io
import json
import resource
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import BINARY, CACHE, QUICK, ROOT, SANITIZED, UNDISTURBED, CliTest, environment, share_rates  # noqa: E402
from hub_server import HubServer  # noqa: E402

NANO = ROOT / "models" / "nano" / "nano-f16.gguf"
# One thread and no batch: few rates have to be measured.
SMALL = ["--threads", "1", "--batch-size", "1"]


share_rates(Path(CACHE.name))


# The rates are taken for those of a quiet machine, whatever else runs on it, and the kernel keeps single bytes of a file.
QUIET = {"BANTAM_DRILL": "others=0,file_piece=1"}
PIECE = 2 << 20  # the largest piece in which a kernel keeps a file


def cache_bytes() -> int:
    return sum(path.stat().st_blocks * 512 for path in Path(CACHE.name).rglob("*") if path.is_file())


class PredictTest(CliTest):
    def predict(self, *arguments, env=None):
        done = self.bantam("predict", *arguments, env=env or environment(**QUIET))
        self.assert_ok(done)
        return done

    def test_every_form_tells_the_same(self):
        options = ["embedded:nano", "--precisions", "fp16", "int4", *SMALL]
        page = json.loads(self.predict(*options, "-o", "json").stdout)
        fp16, int4 = page["predictions"]
        self.assertEqual((fp16["precision"], int4["precision"]), ("fp16", "int4"))
        self.assertEqual(fp16["file_bytes"], NANO.stat().st_size)
        self.assertLess(int4["file_bytes"], fp16["file_bytes"])
        self.assertTrue(fp16["fits"])
        for prediction in (fp16, int4):
            parts = prediction["memory"]
            self.assertEqual(parts["total_bytes"], sum(parts[f"{part}_bytes"] for part in (
                "file", "rearranged", "kv", "compute", "outputs", "program")))
            self.assertEqual(prediction["kv_cache_bytes"]["f16"], parts["kv_bytes"])
            self.assertGreater(prediction["single_stream"]["decode_tokens_per_s"], 0)
            self.assertGreater(prediction["single_stream"]["ttft_s"], 0)
            self.assertNotIn("batch", prediction)

        table = self.predict(*options)
        self.assertNotIn("\x1b", table.stdout + table.stderr)
        self.assertNotIn("DOES NOT FIT", table.stdout)
        for line in table.stdout.splitlines():
            self.assertLessEqual(len(line), 160)
        rows = list(csv.DictReader(io.StringIO(self.predict(*options, "-o", "csv").stdout)))
        self.assertEqual([row["precision"] for row in rows], ["fp16", "int4"])
        self.assertEqual(int(rows[0]["file_bytes"]), fp16["file_bytes"])
        self.assertEqual(rows[0]["fits"], "true")
        self.assertEqual(rows[0]["skipped"], "")
        self.assertIn("| fp16 |", self.predict(*options, "-o", "md").stdout)

    def test_a_run_takes_what_was_predicted(self):
        requests = ["--precisions", "fp16", "int4", *QUICK]
        predicted = json.loads(self.predict("embedded:nano", *requests[:3], *QUICK[4:10], "-o", "json").stdout)
        self.assert_ok(self.bantam("run", "--models", "embedded:nano", *requests, "--tasks", "performance"))
        for record in self.records():
            prediction = next(p for p in predicted["predictions"] if p["precision"] == record["precision"])
            metrics, memory = record["metrics"], prediction["memory"]
            self.assertEqual(prediction["prompt_tokens"], metrics["prompt_tokens"]["value"])
            self.assertEqual(memory["file_bytes"] + memory["file_evictable_bytes"], metrics["file_bytes"]["value"])
            self.assertEqual(prediction["weight_bytes"], metrics["weight_bytes"]["value"])
            self.assertEqual(memory["kv_bytes"], metrics["engine_kv_bytes"]["value"])
            self.assertEqual(memory["reserved_compute_bytes"], metrics["engine_compute_bytes"]["value"])
            # The program itself is most of so small a model; 5 % is for real ones.
            if not SANITIZED:
                both = memory["total_bytes"] + memory["file_evictable_bytes"]
                self.assertAlmostEqual(both / metrics["pss_peak_bytes"]["value"], 1.0, delta=0.35)

    def test_a_draft_model_is_counted_as_a_run_counts_it(self):
        requests = ["--precisions", "int8", *QUICK]
        draft = ["--draft", "embedded:nano"]
        options = ["embedded:nano", *requests[:2], *QUICK[4:10], "-o", "json"]
        alone, beside = (json.loads(self.predict(*options, *more).stdout)["predictions"][0] for more in ([], draft))
        self.assertNotIn("draft", alone)
        self.assertNotIn("draft_bytes", alone["memory"])
        own = beside["draft"]["memory"]
        self.assertEqual(beside["draft"]["reference"], "embedded:nano")
        self.assertEqual(beside["draft"]["file_bytes"], NANO.stat().st_size)  # it is run as its file is
        self.assertEqual(beside["memory"]["draft_bytes"],
                         sum(own[f"{part}_bytes"] for part in ("file", "rearranged", "kv", "compute", "outputs", "program")))
        self.assertEqual(beside["memory"]["kv_bytes"], alone["memory"]["kv_bytes"])
        self.assertEqual(own["kv_bytes"] * 2, alone["memory"]["kv_bytes"])  # of one request; the model's is of a batch of two
        self.assertLess(own["program_bytes"], beside["memory"]["program_bytes"])
        # Programs differ a little from one start to the next.
        self.assertAlmostEqual((alone["memory"]["total_bytes"] + beside["memory"]["draft_bytes"]) / beside["memory"]["total_bytes"], 1.0,
                               delta=0.05)
        self.assert_ok(self.bantam("run", "embedded:nano", *requests, *draft, "--tasks", "performance"))
        (record,) = self.records()
        metrics = record["metrics"]
        self.assertEqual(beside["memory"]["kv_bytes"] + own["kv_bytes"], metrics["engine_kv_bytes"]["value"])
        self.assertEqual(beside["memory"]["reserved_compute_bytes"] + own["reserved_compute_bytes"],
                         metrics["engine_compute_bytes"]["value"])
        table = self.predict("embedded:nano", *requests[:2], *SMALL, *draft)
        self.assertRegex(table.stdout, r"program +draft +total")
        self.assertIn("speeds are those without a draft", table.stderr)
        lookup = json.loads(self.predict(*options, "--draft", "lookup").stdout)
        self.assertNotIn("draft", lookup["predictions"][0])
        self.assertIn("speeds are those without a draft", " ".join(lookup["warnings"]))
        (line,) = csv.DictReader(io.StringIO(self.predict(*options[:-2], *draft, "-o", "csv").stdout))
        self.assertGreater(int(line["draft_bytes"]), 0)

    def test_a_shape_needs_no_weights_and_may_not_fit(self):
        options = ["synthetic:qwen2.5-0.5b", "--precisions", "int4", "--n-prompt", "8", *SMALL]
        before = cache_bytes()
        done = self.predict(*options, "--memory", "100MiB")
        self.assertLess(cache_bytes() - before, 32 << 20)
        self.assertIn("DOES NOT FIT", done.stdout)
        page = json.loads(self.predict(*options, "--memory", "2GiB", "-o", "json").stdout)
        self.assertEqual(page["budget_bytes"], 2 << 30)
        (prediction,) = page["predictions"]
        self.assertTrue(prediction["fits"])
        self.assertEqual(prediction["prompt_tokens"], 8)
        self.assertEqual(prediction["parameters"], 494_032_768)  # as its publisher says: 0.49B, tied embeddings
        longer = json.loads(self.predict(*options, "--context", "4096", "-o", "json").stdout)["predictions"][0]
        self.assertEqual(longer["context"], 4096)
        # 24 layers x 2 x 2 heads of 64 x 2 bytes x 4096 cells
        self.assertEqual(longer["memory"]["kv_bytes"], 24 * 2 * 2 * 64 * 2 * 4096)

    def test_pages_that_no_request_reads_need_not_stay(self):
        options = ["synthetic:llama-3.1-8b", "--precisions", "fp16", "--n-prompt", "8", "--max-new-tokens", "4", "--no-repack", *SMALL,
                   "--memory", "64GiB", "-o", "json"]
        (prediction,) = json.loads(self.predict(*options).stdout)["predictions"]
        memory = prediction["memory"]
        # The output matrix is a tensor of its own, so requests look up rows of the table of embeddings only: 12 times 64 KiB.
        table = 128_256 * 4096 * 2
        self.assertEqual(memory["file_bytes"], prediction["weight_bytes"] - table + 12 * 65_536)
        self.assertEqual(memory["file_evictable_bytes"], prediction["file_bytes"] - memory["file_bytes"])
        self.assertEqual(memory["rearranged_bytes"], 0)

    def test_repacked_weights_are_not_counted_twice(self):
        options = ["synthetic:qwen2.5-0.5b", "--precisions", "Q4_0", "--n-prompt", "8", *SMALL, "--memory", "8GiB", "-o", "json"]
        repacked, mapped = (json.loads(self.predict(*options, form).stdout)["predictions"][0] for form in ("--repack", "--no-repack"))
        self.assertEqual(mapped["memory"]["rearranged_bytes"], 0)
        if repacked["memory"]["rearranged_bytes"] == 0:
            self.skipTest("the engine repacks nothing for this CPU")
        # Embeddings are tied: without repacking each weight is read where it lies, with it only what has no copy.
        self.assertAlmostEqual(mapped["memory"]["file_bytes"] / mapped["weight_bytes"], 1.0, delta=0.001)
        self.assertLess(repacked["memory"]["file_bytes"] + repacked["memory"]["rearranged_bytes"], 1.1 * mapped["weight_bytes"])
        self.assertGreater(repacked["memory"]["file_evictable_bytes"], 0.5 * repacked["file_bytes"])

    def test_a_file_stays_in_whole_pieces(self):
        options = ["synthetic:qwen2.5-0.5b", "--precisions", "Q4_0", "--n-prompt", "8", *SMALL, "--memory", "8GiB", "-o", "json"]
        pieces = environment(BANTAM_DRILL=f"others=0,file_piece={PIECE}")

        def file_bytes(form, env):
            return json.loads(self.predict(*options, form, env=env).stdout)["predictions"][0]["memory"]["file_bytes"]

        # Read as a whole it is one run of pieces, cut at both ends.
        whole, mapped = (file_bytes("--no-repack", env) for env in (None, pieces))
        self.assertEqual(mapped % PIECE, 0)
        self.assertTrue(0 <= mapped - whole < 2 * PIECE, (whole, mapped))
        # With copies norms and biases lie alone: each keeps its piece.
        alone, repacked = (file_bytes("--repack", env) for env in (None, pieces))
        if alone == whole:
            self.skipTest("the engine repacks nothing for this CPU")
        self.assertGreater(repacked - alone, 24 * PIECE)
        self.assertLessEqual(repacked, mapped)

    def test_rates_are_measured_once(self):
        options = ["embedded:nano", "--precisions", "fp16", *SMALL, "-o", "json"]
        env = environment(BANTAM_CACHE=str(self.folder / "cache"), **QUIET)
        first, second = (json.loads(self.predict(*options, env=env).stdout) for _ in range(2))
        if first["warnings"] or second["warnings"]:
            self.skipTest("the machine read from its disk: rates are not kept")
        self.assertEqual(first["read_bytes_per_s"], second["read_bytes_per_s"])
        self.assertEqual(first["predictions"][0]["single_stream"], second["predictions"][0]["single_stream"])

    def test_what_cannot_be_made_is_skipped_with_the_reason(self):
        self.assert_ok(self.bantam("run", *UNDISTURBED, "--models", "embedded:nano", "--precisions", "int8", "--tasks", "performance",
                                   *QUICK))
        made = next(Path(CACHE.name).rglob("nano-Q8_0.gguf"))
        page = json.loads(self.predict(made, "--precisions", "int8", "int4", *SMALL, "-o", "json").stdout)
        own, lower = page["predictions"]
        self.assertNotIn("skipped", own)
        self.assertIn("quantized", lower["skipped"])
        page = json.loads(self.predict(made, *SMALL, "-o", "json").stdout)
        self.assertEqual([row["precision"] for row in page["predictions"]], ["int8"])


def little_space(mebibytes):
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (mebibytes << 20,) * 2)


class DisturbedTest(CliTest):
    """The drill "others" sets the share of the CPU that other programs are taken to have had while rates were measured."""

    def predict(self, others, form):
        env = environment(BANTAM_CACHE=str(self.folder / "cache"), BANTAM_DRILL=f"others={others}")
        command = [BINARY, "predict", "embedded:nano", "--precisions", "fp16", *SMALL, "--measure-again", "-o", form]
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, timeout=300,
                              preexec_fn=None if SANITIZED else little_space(1024))  # a shorter array to read
        self.assert_ok(done)
        return done

    def test_the_error_grows_with_what_others_took(self):
        # 20 % of the model, then 1 - 0.8 x (1 - others): what a quiet machine may need less.
        for others, error in ((0.04, 0.20), (0.3, 1 - 0.8 * 0.7)):
            with self.subTest(others=others):
                done = self.predict(others, "json")
                self.assertAlmostEqual(json.loads(done.stdout)["predictions"][0]["single_stream"]["time_error"], error)
        self.assertIn("other programs used 30.0 % of the CPU time", done.stderr)
        self.assertIn("± 44 %", self.predict(0.3, "table").stdout)

    def test_beyond_half_there_is_no_speed(self):
        (row,) = json.loads(self.predict(0.5, "json").stdout)["predictions"]
        self.assertTrue(row["fits"])
        self.assertNotIn("single_stream", row)
        self.assertIn("60 %", row["speed_absent"])  # 1 - 0.8 x 0.5
        self.assertEqual(list((self.folder / "cache").rglob("peaks/*.json")), [])  # such rates are not kept
        table = self.predict(0.5, "table").stdout
        self.assertIn("no speed: the machine was not quiet", table)
        self.assertNotIn("tok/s", table)
        (line,) = csv.DictReader(io.StringIO(self.predict(0.5, "csv").stdout))
        self.assertEqual(line["decode_tokens_per_s"], "")
        self.assertIn("60 %", line["speed_absent"])


class FittingTest(CliTest):
    """qwen2.5-0.5b at int4: 24 layers x 2 x 2 heads of 64 x 2 bytes = 12 KiB a token of f16 cache."""

    OPTIONS = ["synthetic:qwen2.5-0.5b", "--precisions", "int4", "--n-prompt", "8", "--threads", "1", "--max-new-tokens", "64"]
    CHANGED = ["--context", "2048", "--batch-size", "4"]

    def predict(self, budget, *more):
        asked = [*self.OPTIONS, *more]
        for name, value in zip(self.CHANGED[::2], self.CHANGED[1::2]):
            asked += [] if name in more else [name, value]
        done = self.bantam("predict", *asked, "--memory", budget, "-o", "json", env=environment(**QUIET))
        self.assert_ok(done)
        return json.loads(done.stdout)["predictions"][0]

    @staticmethod
    def need(memory):
        return memory["total_bytes"] + memory["margin_bytes"]

    def test_options_that_make_it_fit(self):
        as_asked = self.predict("8GiB")
        self.assertTrue(as_asked["fits"])
        self.assertNotIn("fits_with", as_asked)
        budget = f"{(self.need(as_asked['memory']) >> 20) - 8}MiB"  # 8 MiB and more are missing
        row = self.predict(budget)
        self.assertFalse(row["fits"])
        ways = {way["options"]: way for way in row["fits_with"]}
        # Copies of rearranged weights take the place of the file's own pages: without them nothing is saved here.
        self.assertNotIn("--no-repack", ways)
        self.assertIn("--batch-size 2", ways)
        self.assertIn("--context 1024", ways)
        cache = ways["--cache-type-k q8_0 --cache-type-v q8_0"]
        self.assertEqual(cache["memory"]["kv_bytes"], 24 * 2 * 2 * 64 * 34 // 32 * 2048 * 4)  # 34 bytes for 32 values
        self.assertIn("fidelity", cache["cost"])
        for options, way in ways.items():
            with self.subTest(options=options):
                self.assertGreater(way["single_stream"]["decode_tokens_per_s"], 0)
                again = self.predict(budget, *options.split())
                self.assertTrue(again["fits"])
                self.assertAlmostEqual(self.need(again["memory"]) / self.need(way["memory"]), 1, delta=0.02)

        asked = ["predict", *self.OPTIONS, *self.CHANGED, "--memory", budget]
        self.assertIn(f"it fits with {next(iter(ways))}: ", self.bantam(*asked, env=environment(**QUIET)).stdout)
        (line,) = csv.DictReader(io.StringIO(self.bantam(*asked, "-o", "csv", env=environment(**QUIET)).stdout))
        self.assertEqual(line["fits_with"], "'" + "; ".join(ways))  # as all texts that a spreadsheet might compute

    def test_without_the_draft_it_fits(self):
        options = ["embedded:nano", "--precisions", "int8", *SMALL, "--draft", "embedded:nano", "-o", "json"]

        def predict(*more):
            done = self.bantam("predict", *options, *more, env=environment(**QUIET))
            self.assert_ok(done)
            return json.loads(done.stdout)["predictions"][0]

        both = predict("--memory", "8GiB")
        budget = self.need(both["memory"]) - both["memory"]["draft_bytes"] // 2
        row = predict("--memory", f"{budget >> 10}KiB")
        self.assertFalse(row["fits"])
        way = row["fits_with"][0]
        self.assertEqual(way["options"], "--draft off")
        self.assertNotIn("draft_bytes", way["memory"])
        self.assertLessEqual(self.need(way["memory"]), budget)
        for way in row["fits_with"][1:]:
            self.assertGreater(way["memory"]["draft_bytes"], 0)
            self.assertLessEqual(self.need(way["memory"]), budget)

    def test_none_that_do(self):
        row = self.predict("100MiB")
        self.assertEqual(row["fits_with"], [])
        self.assertIn("the weights alone", row["fits_with_absent"])


class LimitsTest(CliTest):
    @unittest.skipIf(SANITIZED, "a sanitizer takes address space of its own")
    def test_little_address_space_is_told(self):
        """Each amount fails at another place of the engine, which mostly aborts."""
        told = set()
        for mebibytes in range(32, 137, 8):
            done = subprocess.run([BINARY, "predict", NANO, *SMALL], cwd=self.folder, env=environment(**QUIET), capture_output=True,
                                  text=True, timeout=120,
                                  preexec_fn=little_space(mebibytes))
            if done.returncode == 127:  # not even the libraries are loaded
                continue
            if done.returncode == -signal.SIGSEGV and mebibytes * 2**20 < Path(BINARY).stat().st_size:
                continue  # the kernel cannot even map the program
            with self.subTest(mebibytes=mebibytes):
                self.assertNotIn("SIGABRT", done.stderr)
                if done.returncode == 0:
                    continue
                self.assertEqual(done.returncode, 4, done.stderr)
                self.assertIn("memory", done.stderr)
                self.assertIn("ulimit -v", done.stderr)
                told.add(mebibytes)
        self.assertTrue(told)

    @unittest.skipIf(SANITIZED, "a sanitizer takes address space of its own")
    def test_the_address_space_is_a_budget(self):
        done = subprocess.run([BINARY, "predict", NANO, *SMALL, "-o", "json"], cwd=self.folder, env=environment(**QUIET),
                              capture_output=True, text=True, timeout=120,
                              preexec_fn=little_space(600))
        self.assert_ok(done)
        page = json.loads(done.stdout)
        self.assertEqual(page["budget_bytes"], 600 << 20)
        self.assertIn("ulimit -v", page["budget_source"])
        self.assertIn("single_stream", page["predictions"][0])

    def test_layers_on_a_gpu_that_is_not_there_are_told(self):
        if b"CUDA" in self.bantam("device").stdout.encode():
            self.skipTest("there is a GPU")
        done = self.bantam("predict", NANO, *SMALL, "--n-gpu-layers", "20", env=environment(**QUIET))
        self.assert_ok(done)
        self.assertIn("--n-gpu-layers 20 has no effect", done.stderr)
        done = self.bantam("predict", NANO, *SMALL, "--n-gpu-layers", "0", env=environment(**QUIET))
        self.assertNotIn("--n-gpu-layers", done.stderr)
        self.assert_ok(self.bantam("run", "--models", NANO, "--precisions", "fp16", "--tasks", "performance", *QUICK,
                                   "--n-gpu-layers", "20"))
        self.assertIn("--n-gpu-layers 20 has no effect", " ".join(self.records()[0]["warnings"]))


class OtherMachineTest(CliTest):
    RATES = {"schema": "bantam-device-rates", "version": 1, "name": "board", "measured": True,
             "measured_at": "2026-01-31T12:00:00Z", "source": "by hand", "physical_cores": 4, "engine": "llama",
             "rates_of": "kernels", "threads": [{"threads": 4, "read_bytes_per_s": 1e10, "operation_s": 1e-9}],
             "types": [{"type": kind, "weight_bytes_per_s": 1e10} for kind in ("q4_K", "q6_K")],
             "memory_bytes": 8 << 30}
    OPTIONS = ["synthetic:llama-3.2-1b", "--precisions", "int4", "--batch-size", "1", "-o", "json"]

    def predict(self, *arguments):
        done = self.bantam("predict", *self.OPTIONS, *arguments)
        self.assert_ok(done)
        return json.loads(done.stdout)

    def test_a_file_is_enough(self):
        (self.folder / "board.json").write_text(json.dumps(self.RATES))
        page = self.predict("--device", "board.json")
        told = page["predicted_for"]
        self.assertEqual((told["name"], told["from"], told["measured_here"], told["measured"]),
                         ("board", "board.json", False, True))
        self.assertEqual(page["budget_bytes"], 8 << 30)
        self.assertIn("the memory of board", page["budget_source"])
        self.assertNotIn("read_bytes_per_s", page)
        (row,) = page["predictions"]
        speed = row["single_stream"]
        # A token reads all weights once, in matrices but for the norms: 33 vectors of 2048 numbers.
        self.assertAlmostEqual(speed["decode_step_s"]["matrices"], (row["weight_bytes"] - 33 * 2048 * 4) / 1e10, delta=1e-6)
        # K and V of 8 heads of 64 halves in 16 layers, for the prompt and half of the 256 new tokens.
        cells = row["prompt_tokens"] + 128
        self.assertAlmostEqual(speed["decode_step_s"]["attention"], cells * 16 * 2 * 8 * 64 * 2 / 1e10, delta=1e-9)
        self.assertAlmostEqual(speed["decode_tokens_per_s"], 1 / sum(speed["decode_step_s"].values()), delta=1e-6)
        self.assertNotIn("ttft_s", speed)
        self.assertIn("no rate of prompts", speed["ttft_absent"])
        self.assertNotIn("time_error", speed)
        self.assertEqual(self.predict("--device", "board.json", "--memory", "2GiB")["budget_bytes"], 2 << 30)

    def test_nothing_is_measured(self):
        self.predict("--device", "raspberry-pi-5")
        self.assertEqual([path for path in Path(CACHE.name).glob("peaks/*") if path.stat().st_mtime > self.begin], [])

    def setUp(self):
        super().setUp()
        self.begin = time.time()


class PredictHubTest(CliTest):
    def test_the_head_of_a_remote_file_is_enough(self):
        hub = HubServer()
        self.addCleanup(hub.close)
        hub.add("someone/nano", {"nano-f16.gguf": NANO.read_bytes()})
        env = environment(HF_ENDPOINT=hub.url, HF_HUB_CACHE=str(self.folder / "hub"), HOME=str(self.folder), **QUIET)
        options = ["--precisions", "fp16", "int4", *SMALL, "-o", "json"]
        remote = self.bantam("predict", "hf:someone/nano", *options, env=env)
        self.assert_ok(remote)
        local = self.bantam("predict", "embedded:nano", *options, env=environment(**QUIET))
        self.assert_ok(local)
        here = json.loads(local.stdout)["predictions"]
        for there, same in zip(json.loads(remote.stdout)["predictions"], here):
            self.assertEqual(there["download_bytes"], NANO.stat().st_size)
            self.assertEqual(same["download_bytes"], 0)
            self.assertEqual(there["file_bytes"], same["file_bytes"])
            for part in ("file", "rearranged", "kv", "compute", "outputs"):
                self.assertEqual(there["memory"][f"{part}_bytes"], same["memory"][f"{part}_bytes"])
        self.assertLess(hub.body_bytes("/resolve/"), NANO.stat().st_size / 4)
        self.assertEqual([path for path in (self.folder / "hub").rglob("*.gguf")], [])
        self.assertEqual([path for path in Path(CACHE.name).glob("heads/*")], [])


class PredictRefusalTest(CliTest):
    def assert_refused(self, code, *arguments, says=""):
        done = self.bantam("predict", *arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertIn(says, done.stderr)

    def test_refusals(self):
        self.assert_refused(2)
        self.assert_refused(2, "embedded:nano", "--memory", "8XB", says="8XB")
        self.assert_refused(2, "embedded:nano", "--precisions", "int5")
        self.assert_refused(2, "embedded:nano", "-o", "xml")
        self.assert_refused(2, "synthetic:nobody-1b")
        self.assert_refused(2, "embedded:nano", "--context", "100000", says="4096")
        self.assert_refused(3, "missing.gguf", says="missing.gguf")
        self.assert_refused(3, "embedded:nano", "--draft", "missing.gguf", says="missing.gguf")
        self.assert_refused(2, "embedded:nano", "--draft", "synthetic:smollm2-135m", says="random weights guess nothing")
        self.assert_refused(3, "synthetic:qwen2.5-0.5b", "--draft", "embedded:nano", says="other tokens")
        self.assert_refused(2, "embedded:nano", "--draft", "off,lookup", says="one value per option")
        self.assert_refused(4, "hf:user/repo", "--offline")
        (self.folder / "cut.gguf").write_bytes(NANO.read_bytes()[:5000])
        self.assert_refused(3, "cut.gguf", says="cut.gguf")
        self.assert_refused(3, "embedded:nano", "--n-prompt", "100000", says="100000")


if __name__ == "__main__":
    unittest.main()

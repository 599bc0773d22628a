"""`bantam models inspect` and `list`: what they say of files here, on a hub without fetching them, and in the caches."""
import json
import random
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
import gguf_file as gguf  # noqa: E402
from cli_support import ROOT, CliTest, environment  # noqa: E402
from gguf_file import ARRAY, F16, texts  # noqa: E402
from hub_server import HubServer  # noqa: E402

NANO = ROOT / "models" / "nano" / "nano-f16.gguf"
ADAPTER = ROOT / "models" / "nano" / "nano-lora-beekeeper.gguf"


class InspectTest(CliTest):
    def inspect(self, *arguments, env=None):
        done = self.bantam("models", "inspect", *arguments, env=env)
        self.assert_ok(done)
        return done.stdout

    def test_what_nano_says(self):
        page = self.inspect("embedded:nano")
        for fact in ("llama", "F16", "4096 tokens", "1792 tokens", "64 elements", "eos token", "8.00 MiB for 4096 tokens"):
            self.assertIn(fact, page)

    def test_tensors(self):
        self.assertIn("embd.weight | F16 | 256 x 1792 |", self.inspect("--tensors", "-o", "md", NANO))
        tensors = json.loads(self.inspect("--tensors", "-o", "json", NANO))["tensors"]
        self.assertEqual(sum(tensor["elements"] for tensor in tensors), 3606784)

    def test_adapter_alone_and_behind_a_model(self):
        alone = json.loads(self.inspect("-o", "json", ADAPTER))
        self.assertNotIn("model", alone)
        behind = json.loads(self.inspect("-o", "json", f"embedded:nano+lora:{ADAPTER}"))
        self.assertEqual(behind["adapter"], alone["adapter"])
        self.assertEqual(behind["model"]["name"], "nano")

    def test_shape(self):
        said = json.loads(self.inspect("-o", "json", "synthetic:llama-3.2-1b"))
        self.assertEqual(said["model"]["parameters"], 1_235_814_400 + 32)  # published, and a file's RoPE factors
        self.assertEqual(said["kv_cache_f16_bytes_per_token"], 32768)  # 2 x 16 layers x 8 heads x 64 x 2 bytes


class HubInspectTest(CliTest):
    def setUp(self):
        super().setUp()
        self.hub = HubServer()
        self.addCleanup(self.hub.close)
        self.cache = self.folder / "hub"
        self.env = environment(HF_ENDPOINT=self.hub.url, HF_HUB_CACHE=str(self.cache), HOME=str(self.folder))

    def inspect(self, *arguments):
        return self.bantam("models", "inspect", "-o", "json", *arguments, env=self.env)

    def said(self, *arguments):
        done = self.inspect(*arguments)
        self.assert_ok(done)
        return json.loads(done.stdout)

    def test_only_the_head_is_fetched(self):
        self.hub.add("someone/nano", {"nano-F16.gguf": NANO.read_bytes()})
        remote = self.said("hf:someone/nano:F16")
        here = json.loads(self.bantam("models", "inspect", "-o", "json", NANO).stdout)
        self.assertEqual(remote["model"], here["model"])
        self.assertEqual(remote["fetched_bytes"], 256 * 1024)
        self.assertEqual(self.hub.body_bytes("/resolve/"), 256 * 1024)
        self.assertEqual([path for path in self.cache.rglob("*") if path.is_file()], [], "nothing is kept")

    def test_large_vocabulary(self):
        model = gguf.tiny_model()
        tokens = [f"token {i}" for i in range(100_000)]
        model.key("tokenizer.ggml.tokens", ARRAY, texts(tokens))
        model.tensors = []
        model.tensor("token_embd.weight", (32, len(tokens)), F16, random.Random(1).randbytes(64 * len(tokens)))
        content = model.bytes()
        self.hub.add("someone/wide", {"wide-F16.gguf": content})
        said = self.said("hf:someone/wide:F16")
        self.assertEqual(said["model"]["vocabulary"], len(tokens))
        self.assertLess(said["fetched_bytes"], len(content) / 2)

    def test_split_model(self):
        parts = gguf.read(NANO.read_bytes()).parts(3)
        names = [f"nano-F16-{i + 1:05}-of-00003.gguf" for i in range(3)]
        self.hub.add("someone/nano", {name: part.bytes() for name, part in zip(names, parts)})
        said = self.said("hf:someone/nano:F16")
        self.assertEqual(said["model"]["parts"], 3)
        self.assertEqual(said["model"]["parameters"], 3606784)

    def test_what_was_fetched_before_is_read_here(self):
        self.hub.add("someone/nano", {"nano-F16.gguf": NANO.read_bytes()})
        self.assert_ok(self.bantam("models", "pull", "hf:someone/nano:F16", env=self.env))
        fetched = self.hub.body_bytes("/resolve/")
        self.assertNotIn("fetched_bytes", self.said("hf:someone/nano:F16"))
        self.assertNotIn("fetched_bytes", self.said("--offline", "hf:someone/nano:F16"))
        self.assertEqual(self.hub.body_bytes("/resolve/"), fetched)

    def test_damaged_file(self):
        self.hub.add("someone/nano", {"nano-F16.gguf": NANO.read_bytes()[:3_000_000]})
        done = self.inspect("hf:someone/nano:F16")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("hf:someone/nano:nano-F16.gguf is cut off", done.stderr)

    def test_offline_without_a_cache(self):
        done = self.inspect("--offline", "hf:someone/nano")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertEqual(self.hub.requests, [])


class ListTest(CliTest):
    def test_what_is_at_hand_and_how_to_free_it(self):
        hub = HubServer()
        self.addCleanup(hub.close)
        hub.add("someone/nano", {"nano-F16.gguf": NANO.read_bytes()})
        env = environment(BANTAM_CACHE=str(self.folder / "cache"), HF_HUB_CACHE=str(self.folder / "hub"),
                          HF_ENDPOINT=hub.url)
        self.assert_ok(self.bantam("models", "pull", "hf:someone/nano:F16", env=env))
        self.assert_ok(self.bantam("run", "--models", NANO, "--precisions", "int8", "--tasks", "performance",
                                   "--num-runs", "1", "--num-warmup", "1", "--max-new-tokens", "4", "--batch-size", "1",
                                   "--threads", "1", "--prompt", "Once", env=env))
        done = self.bantam("models", "list", env=env)
        self.assert_ok(done)
        for part in ("embedded:nano", "synthetic:llama-3.2-1b", "hf:someone/nano", "nano-F16.gguf", "Q8_0.gguf", "remove"):
            self.assertIn(part, done.stdout)
        listed = json.loads(self.bantam("models", "list", "-o", "json", env=env).stdout)
        self.assertEqual(listed["hub"]["snapshots"][0]["bytes"], NANO.stat().st_size)
        made = listed["made"]["files"]
        self.assertEqual([file["kind"] for file in made], ["quantized"])
        self.assertEqual(made[0]["bytes"], Path(made[0]["path"]).stat().st_size)


if __name__ == "__main__":
    unittest.main()

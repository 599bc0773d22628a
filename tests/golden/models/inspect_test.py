"""`bantam models inspect` and `list`: what they say of files here, on a hub without fetching them, and in the caches."""
import json
import random
import struct
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
import gguf_file as gguf  # noqa: E402
from cli_support import ROOT, UNDISTURBED, CliTest, environment  # noqa: E402
from gguf_file import ARRAY, F16, STRING, U32, text, texts, u32, u64  # noqa: E402
from hub_server import HubServer  # noqa: E402

FLOAT = 6  # the type of a key
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


def head(architecture: str, **values) -> gguf.Gguf:
    """A file that says so of itself, with two underscores for a dot; its only weights are an embedding."""
    model = gguf.Gguf().key("general.architecture", STRING, text(architecture))
    for name, value in values.items():
        name = f"{architecture}.{name.replace('__', '.')}"
        if isinstance(value, float):
            model.key(name, FLOAT, struct.pack("<f", value))
        elif isinstance(value, list):
            model.key(name, ARRAY, u32(U32) + u64(len(value)) + b"".join(u32(element) for element in value))
        else:
            model.key(name, U32, u32(value))
    width = values["embedding_length"]
    return model.tensor("token_embd.weight", (width, 4), F16, b"\0" * (2 * 4 * width))


RMS = {"attention__layer_norm_rms_epsilon": 1e-6}
# Qwen3.5 4B: every fourth layer attends, the others keep a state of fixed size.
QWEN35 = dict(context_length=262144, embedding_length=2560, block_count=32, feed_forward_length=9216,
              attention__head_count=16, attention__head_count_kv=4, attention__key_length=256, attention__value_length=256,
              rope__dimension_sections=[11, 11, 10, 0], ssm__conv_kernel=4, ssm__inner_size=4096, ssm__state_size=128,
              ssm__time_step_rank=32, ssm__group_count=16, **RMS)
# Bytes of a state: float32; the last three columns of the convolution, and one matrix a head.
QWEN35_STATE = 24 * 4 * (3 * (4096 + 2 * 16 * 128) + 128 * 4096)


class CacheTest(CliTest):
    """Figures follow from the models' published configurations: layers that attend x what they keep x 2 bytes."""

    def said(self, model):
        (self.folder / "m.gguf").write_bytes(model.bytes())
        done = self.bantam("models", "inspect", "-o", "json", "m.gguf")
        self.assert_ok(done)
        return json.loads(done.stdout)

    def token_bytes(self, model):
        return self.said(model).get("kv_cache_f16_bytes_per_token")

    def test_layers_that_keep_a_state_have_no_cache(self):
        said = self.said(head("qwen35", **QWEN35))
        self.assertEqual(said["kv_cache_f16_bytes_per_token"], 8 * 2 * 4 * 256 * 2)
        self.assertEqual(said["kv_cache_q8_0_bytes_per_token"], 8 * 2 * 4 * 256 * 34 // 32)
        self.assertEqual(said["recurrent_state_bytes_per_request"], QWEN35_STATE)
        page = self.bantam("models", "inspect", "m.gguf").stdout
        self.assertIn("8.00 GiB for 262144 tokens, 32.0 KiB for one", page)
        self.assertIn("50.2 MiB for a request", page)
        every_second = head("qwen35", **QWEN35, full_attention_interval=2)
        self.assertEqual(self.token_bytes(every_second), 16 * 2 * 4 * 256 * 2)
        # LFM2 1.2B: six of sixteen layers attend, the others convolve.
        lfm2 = head("lfm2", context_length=128000, embedding_length=2048, block_count=16, feed_forward_length=8192,
                    attention__head_count=32, attention__head_count_kv=[0, 0, 8, 0, 0, 8, 0, 0, 8, 0, 8, 0, 8, 0, 8, 0],
                    shortconv__l_cache=3, **RMS)
        self.assertEqual(self.token_bytes(lfm2), 6 * 2 * 8 * 64 * 2)
        # Mamba 130M: no layer attends.
        mamba = self.said(head("mamba", context_length=2048, embedding_length=768, block_count=24, feed_forward_length=0,
                               attention__head_count=0, ssm__conv_kernel=4, ssm__inner_size=1536, ssm__state_size=16,
                               ssm__time_step_rank=48, **RMS))
        self.assertNotIn("kv_cache_f16_bytes_per_token", mamba)
        self.assertEqual(mamba["recurrent_state_bytes_per_request"], 24 * 4 * (3 * 1536 + 16 * 1536))

    def test_layers_that_predict_further_tokens_have_no_cache(self):
        with_mtp = head("qwen35", **{**QWEN35, "block_count": 33}, nextn_predict_layers=1)
        self.assertEqual(self.token_bytes(with_mtp), 8 * 2 * 4 * 256 * 2)
        glm_air = head("glm4moe", context_length=131072, embedding_length=4096, block_count=47, nextn_predict_layers=1,
                       feed_forward_length=10944, attention__head_count=96, attention__head_count_kv=8,
                       attention__key_length=128, attention__value_length=128, leading_dense_block_count=1,
                       expert_count=128, expert_used_count=8, expert_shared_count=1, expert_feed_forward_length=1408, **RMS)
        self.assertEqual(self.token_bytes(glm_air), 46 * 2 * 8 * 128 * 2)

    def test_latent_attention_keeps_one_row_for_keys_and_values(self):
        # DeepSeek V2 Lite: 512 latent elements and 64 that carry the position, in each of 27 layers.
        lite = dict(context_length=163840, embedding_length=2048, block_count=27, feed_forward_length=10944,
                    attention__head_count=16, attention__kv_lora_rank=512, rope__dimension_count=64,
                    leading_dense_block_count=1, expert_count=64, expert_used_count=6, expert_shared_count=2,
                    expert_feed_forward_length=1408, **RMS)
        latent = head("deepseek2", **lite, attention__head_count_kv=1, attention__key_length=576, attention__value_length=512,
                      attention__key_length_mla=192, attention__value_length_mla=128)
        self.assertEqual(self.token_bytes(latent), 27 * (512 + 64) * 2)
        # An older conversion, which keeps all heads: 128 + 64 elements of keys and 128 of values each.
        unfolded = head("deepseek2", **lite, attention__head_count_kv=16, attention__key_length=192,
                        attention__value_length=128)
        self.assertEqual(self.token_bytes(unfolded), 27 * 16 * (192 + 128) * 2)

    def test_layers_that_share_a_cache(self):
        # Gemma 3n E2B: the last 10 of 30 layers read what others keep.
        shared = head("gemma3n", context_length=32768, embedding_length=2048, block_count=30, feed_forward_length=8192,
                      attention__head_count=8, attention__head_count_kv=2, attention__key_length=256,
                      attention__value_length=256, attention__sliding_window=512, attention__shared_kv_layers=10.0, **RMS)
        self.assertEqual(self.token_bytes(shared), 20 * 2 * 2 * 256 * 2)

    def test_what_cannot_be_told_has_its_reason(self):
        unknown = self.said(head("martian", context_length=2048, embedding_length=256, block_count=2, attention__head_count=4))
        self.assertNotIn("kv_cache_f16_bytes_per_token", unknown)
        self.assertIn("unknown model architecture: 'martian'", unknown["kv_cache_absent"])
        phi2 = json.loads(self.bantam("models", "inspect", "-o", "json", "synthetic:phi-2").stdout)
        self.assertEqual(phi2["kv_cache_f16_bytes_per_token"], 32 * 2 * 32 * 80 * 2)
        self.assertNotIn("kv_cache_q8_0_bytes_per_token", phi2)
        self.assertIn("32 elements into a block", phi2["kv_cache_q8_0_absent"])

    def test_a_prediction_says_the_same(self):
        for model in ("synthetic:gemma-3-1b", "synthetic:phi-3.5-mini"):
            inspected = json.loads(self.bantam("models", "inspect", "-o", "json", model).stdout)
            done = self.bantam("predict", model, "--precisions", "Q4_0", "--context", "1024", "--batch-size", "1",
                               "--threads", "1", "-o", "json", timeout=300)
            self.assert_ok(done)
            predicted = json.loads(done.stdout)["predictions"][0]
            for_1024 = 1024 * inspected["kv_cache_f16_bytes_per_token"]
            self.assertEqual(predicted["kv_cache_bytes"]["f16"], for_1024)
            self.assertEqual(predicted["memory"]["kv_bytes"], for_1024)  # of the context that the engine planned


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
        self.assertEqual(remote["kv_cache_f16_bytes_per_token"], here["kv_cache_f16_bytes_per_token"])
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
        self.assert_ok(self.bantam("run", *UNDISTURBED, "--models", NANO, "--precisions", "int8", "--tasks", "performance",
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

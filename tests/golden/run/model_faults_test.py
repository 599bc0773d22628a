"""Model files that are broken, hostile, of another kind, or change under a run: exit code, a message that names file and
cause, and nothing left behind."""
import json
import os
import resource
import sqlite3
import struct
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
import gguf_file as gguf  # noqa: E402
from cli_support import BINARY, ROOT, SANITIZED, UNDISTURBED, CliTest, children, environment, mortal_environment, wait_until  # noqa: E402
from gguf_file import ARRAY, BOOL, F16, F32, STRING, U32, U64, text, texts, tiny_model, u32, u64  # noqa: E402

NANO = ROOT / "models" / "nano" / "nano-f16.gguf"
ADAPTER = ROOT / "models" / "nano" / "nano-lora-beekeeper.gguf"
SPEED = ["--precisions", "fp16", "--tasks", "performance", "--num-warmup", "1", "--num-runs", "1", "--max-new-tokens", "4",
         "--batch-size", "1", "--prompt", "Once upon a time", "--threads", "1", *UNDISTURBED]
ANSWERS = ["--precisions", "fp16", "--tasks", "accuracy", "--accuracy-tasks", "nano_topic", "--threads", "1"]


# Runs a command; prints its exit code, its peak of memory in KiB and its CPU time.
COUNTED = """import json, resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
use = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([code, use.ru_maxrss, use.ru_utime + use.ru_stime]))"""


def nano() -> gguf.Gguf:
    return gguf.read(NANO.read_bytes())


class ModelCase(CliTest):
    def save(self, content, name="m.gguf") -> str:
        (self.folder / name).write_bytes(content if isinstance(content, bytes) else content.bytes())
        return name

    def refused(self, code, says, model, *more):
        before = sorted(self.folder.rglob("*"))
        done = self.bantam("run", "--models", model, *(more or SPEED), timeout=60)
        self.assert_error(done, code, says)
        self.assertEqual(sorted(self.folder.rglob("*")), before, "left something behind")

    def assert_error(self, done, code, says):
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout, "")
        for part in (says,) if isinstance(says, str) else says:
            self.assertIn(part, done.stderr)


class DamagedFileTest(ModelCase):
    def expect(self, cases):
        """(name, content, what the message says)"""
        for name, content, says in cases:
            with self.subTest(name):
                self.refused(3, ("m.gguf", says), self.save(content))

    def test_too_short(self):
        self.expect((f"{size} bytes", b"GGUF"[:size], "too short") for size in (0, 3))

    def test_other_formats(self):
        filler = b" " * 64
        swapped = tiny_model()
        swapped.header = {"magic": b"FUGG"}
        self.expect([("swapped", swapped, "swapped"), ("zip", b"PK\x03\x04" + filler, "zip"),
                     ("safetensors", u64(200) + b'{"__metadata__":' + filler, "safetensors"),
                     ("pointer", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "LFS")])

    def test_versions(self):
        for version in (0, 1, 4, 0x7FFF):
            model = tiny_model()
            model.header = {"version": version}
            self.expect([(str(version), model, "version")])

    def test_absurd_counts_cost_neither_time_nor_memory(self):
        for field in ("n_tensors", "n_keys"):
            for count in (2**63, 2**64 - 1):
                model = tiny_model()
                model.header = {field: count}
                with self.subTest(field=field, count=count):
                    path = self.folder / self.save(model)
                    done = subprocess.run(["/usr/bin/env", BINARY, "models", "inspect", path], env=environment(), timeout=10,
                                          capture_output=True, text=True, preexec_fn=bounded)
                    self.assert_error(done, 3, "which cannot be")

    def test_a_refused_description_is_not_kept(self):
        """Files that are right up to a wrong last key, and large before it: below 64 MiB and a second."""
        vocabulary = tiny_model().key("tokenizer.ggml.tokens", ARRAY, u32(STRING) + u64(2**20) + u64(0) * 2**20)
        too_many = tiny_model().key("tokenizer.ggml.tokens", ARRAY, u32(STRING) + u64(2**22) + u64(0) * 2**22)
        long_texts = tiny_model()
        for i in range(20):
            long_texts.key(f"text.{i}", STRING, text("x" * 3_000_000))
        numbers = tiny_model()
        for i in range(2000):
            numbers.key(f"numbers.{i}", ARRAY, u32(0) + u64(512) + b"\1" * 512)
        long_token = tiny_model().key("tokenizer.ggml.tokens", ARRAY, texts(["x" * 3_000_000] * 20))
        for name, model in (("vocabulary", vocabulary), ("too many", too_many), ("texts", long_texts),
                            ("numbers", numbers), ("token", long_token)):
            model.extra_key("last", 99, b"")
            with self.subTest(name):
                path = self.folder / self.save(model)
                # By a small process in between: a child starts with the peak of the one that it was forked from.
                done = subprocess.run([sys.executable, "-c", COUNTED, BINARY, "models", "inspect", path], env=environment(),
                                      capture_output=True, text=True, timeout=60)
                code, peak_kib, cpu_s = json.loads(done.stdout)
                self.assertEqual(code, 3, done.stderr)
                if not SANITIZED:
                    self.assertLess(peak_kib, 64 * 1024, done.stderr)
                    self.assertLess(cpu_s, 1.0, done.stderr)

    def test_context_that_the_engine_cannot_count(self):
        for context in (2**31, 2**32 - 1):
            self.expect([(str(context), nano().key("llama.context_length", U32, u32(context)), str(context))])

    def test_keys(self):
        self.expect([("long", raw_key(u64(2**40) + b"x"), "name of a key"),
                     ("empty", tiny_model().extra_key("", U32, u32(1)), "empty name"),
                     ("twice", tiny_model().extra_key("a", U32, u32(1)).extra_key("a", U32, u32(2)), "a is there twice"),
                     ("string past the end", tiny_model().key("s", STRING, u64(2**30) + b"x"), "string value"),
                     ("strings", tiny_model().key("a", ARRAY, u32(STRING) + u64(2**31)), "which cannot be"),
                     ("nested", tiny_model().key("a", ARRAY, u32(ARRAY) + u64(1) + u32(U32) + u64(0)), "array of arrays")])

    def test_alignment(self):
        self.expect((str(value), tiny_model().key("general.alignment", U32, u32(value)), "general.alignment")
                    for value in (0, 3, 2**31))
        self.expect([("type", tiny_model().key("general.alignment", U64, u64(32)), "not of type uint32")])

    def test_tensors(self):
        self.expect([("overflow", tiny_model().tensor("t", (2**32, 2**32, 2, 1), F32, b""), "impossible shape"),
                     ("overflow of bytes", tiny_model().tensor("t", (2**62,), F32, b""), "impossible size"),
                     ("twice", tiny_model().tensor("output_norm.weight", (32,), F32, b"\0" * 128), "is there twice"),
                     ("type", tiny_model().tensor("t", (32,), 99, b"\0" * 128), "supported: F32"),
                     ("past the end", tiny_model().bytes({"output_norm.weight": 2**40}), "away from"),
                     ("overlap", tiny_model().bytes({"output_norm.weight": 0}), "overlaps")])

    def test_cut_off(self):
        whole = NANO.read_bytes()
        for share in (0.1, 0.5, 0.99):
            self.expect([(f"{share:.0%}", whole[:int(len(whole) * share)], "is cut off")])

    def test_vocabulary(self):
        self.expect([("equal tokens", tiny_model().key("tokenizer.ggml.tokens", ARRAY, texts("aaab")), "are equal"),
                     ("size", tiny_model().key("tokenizer.ggml.tokens", ARRAY, texts("abc")), "the embedding has 4 rows")])

    def test_byte_token_out_of_range(self):
        tokens = ["<unk>", "<s>", "</s>", "<0x-1>"]
        model = tiny_model().key("tokenizer.ggml.model", STRING, text("llama"))
        model.key("tokenizer.ggml.tokens", ARRAY, texts(tokens))
        model.key("tokenizer.ggml.scores", ARRAY, u32(6) + u64(4) + struct.pack("<4f", 0, 0, 0, 0))
        model.key("tokenizer.ggml.token_type", ARRAY, u32(5) + u64(4) + struct.pack("<4i", 2, 3, 3, 6))
        done = self.bantam("run", "--models", self.save(model), *SPEED)
        self.assertIn(done.returncode, (3, 7), done.stderr)

    def test_unknown_architecture(self):
        for says in ("perceptron", "supported: ", "llama, "):
            self.expect([(says, tiny_model().key("general.architecture", STRING, text("perceptron")), says)])


def bounded():
    """For a child: 64 MiB of data, one second of processor time."""
    if not SANITIZED:
        resource.setrlimit(resource.RLIMIT_DATA, (64 << 20, 64 << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (1, 1))


def raw_key(raw: bytes) -> bytes:
    """A file whose first key is these bytes."""
    return b"GGUF" + u32(3) + u64(0) + u64(1) + raw + b"\0" * 64


class OtherKindTest(ModelCase):
    def test_adapter_as_a_model(self):
        self.refused(3, ("LoRA adapter", "+lora:"), ADAPTER)

    def test_model_as_an_adapter(self):
        self.refused(3, "not an adapter", f"{NANO}+lora:{NANO}")

    def test_projector(self):
        projector = tiny_model().key("general.type", STRING, text("mmproj"))
        self.refused(3, ("m.gguf", "projector"), self.save(projector))
        self.refused(3, "projector", self.save(tiny_model().key("general.architecture", STRING, text("clip"))))

    def test_encoder_for_answers(self):
        encoder = tiny_model().key("general.architecture", STRING, text("bert")).key("bert.pooling_type", U32, u32(1))
        self.refused(3, ("m: bert", "embeddings"), self.save(encoder), *ANSWERS)
        silent = nano().key("llama.attention.causal", BOOL, b"\0")
        self.refused(3, "embeddings", self.save(silent), *ANSWERS)


class SplitModelTest(ModelCase):
    def save_parts(self, model=None, stem="m"):
        parts = (model or nano()).parts(3)
        return [self.save(part, f"{stem}-{i + 1:05}-of-00003.gguf") for i, part in enumerate(parts)]

    def test_the_first_part_runs_the_whole_model(self):
        names = self.save_parts()
        self.assert_ok(self.bantam("run", "--models", names[0], *ANSWERS, "--accuracy-limit", "8"))
        self.assert_ok(self.bantam("run", "--models", NANO, *ANSWERS, "--accuracy-limit", "8", "--store", "one.db"))
        of_parts, of_one = self.records()[0], self.records("one.db")[0]
        self.assertEqual(of_parts["metrics"]["acc"], of_one["metrics"]["acc"])
        self.assertEqual(of_parts["model_info"]["parts"], 3)
        self.assertEqual(of_parts["model_info"]["weight_bytes"], of_one["model_info"]["weight_bytes"])

    def test_quantized_from_parts(self):
        names = self.save_parts()
        self.assert_ok(self.bantam("run", "--models", names[0], *SPEED, "--precisions", "int8"))
        types = {record["precision"]: record["model_info"]["file_type"] for record in self.records()}
        self.assertEqual(types, {"fp16": "F16", "int8": "Q8_0"})

    def test_another_part_than_the_first(self):
        names = self.save_parts()
        self.refused(3, (names[1], "part 2 of 3", names[0]), names[1])

    def test_missing_part(self):
        names = self.save_parts()
        (self.folder / names[1]).unlink()
        self.refused(3, (names[1], "part 2 of 3 of the model is missing"), names[0])

    def test_parts_out_of_order(self):
        names = [self.folder / name for name in self.save_parts()]
        names[1].rename(self.folder / "aside")
        names[2].rename(names[1])
        (self.folder / "aside").rename(names[2])
        self.refused(3, (names[1].name, "this is part 3"), names[0].name)

    def test_part_of_another_model(self):
        names = self.save_parts()
        other = self.save_parts(tiny_model().tensor("blk.0.attn_norm.weight", (32,), F32, b"\0" * 128), "other")
        (self.folder / other[1]).rename(self.folder / names[1])
        self.refused(3, (names[1], "another model"), names[0])

    def test_a_part_that_changes_is_another_model(self):
        names = self.save_parts()
        self.assert_ok(self.bantam("run", "--models", names[0], *SPEED))
        content = bytearray((self.folder / names[2]).read_bytes())
        content[-1000] ^= 1
        self.save(bytes(content), names[2])
        self.assert_ok(self.bantam("run", "--models", names[0], *SPEED))
        self.assertEqual(len({record["model_info"]["sha256"] for record in self.records()}), 2)


class UnusualPathTest(ModelCase):
    def test_names_that_shells_and_terminals_mistake(self):
        for name in ("a b.gguf", "größe-模型.gguf", "new\nline.gguf", "-rf", "'\"$x;.gguf", "a,b.gguf", "a+b@2.gguf"):
            with self.subTest(name):
                self.save(NANO.read_bytes(), name)
                done = self.bantam("models", "inspect", "-o", "json", "--", name)
                self.assert_ok(done)
        self.assert_ok(self.bantam("run", "--models", "new\nline.gguf", *SPEED))

    def test_long_names(self):
        self.refused(3, "cannot open", "x/" * 1000 + "m.gguf")
        self.refused(2, "longer than 4096", "x" * 5000)

    def test_repository_names_that_are_none(self):
        # Nothing listens there: an attempt to ask would end with 4.
        env = environment(HF_ENDPOINT="http://127.0.0.1:9", HOME=str(self.folder))
        for name in ("../../x", "a//b", "C:\\x", "\\\\host\\s", "%2e%2e/x", "a/%2e%2e", "a/b:../c.gguf", "a/b@../c", "/a/b"):
            with self.subTest(name):
                done = self.bantam("run", "--models", "hf:" + name, *SPEED, env=env, timeout=5)
                self.assert_error(done, 2, "no model reference")


    def test_a_mistyped_path_is_told_to_nobody(self):
        env = environment(HF_ENDPOINT="http://127.0.0.1:9", HOME=str(self.folder))  # nothing listens: 4 if it is asked
        (self.folder / "here").mkdir()
        for name in ("folder/x.gguf", "folder/x.GGUF", "here/x", "folder/x.safetensors", "folder/models.txt.json"):
            for command in (["run", "--models", name, *SPEED], ["predict", name], ["models", "inspect", name]):
                with self.subTest(name=name, command=command[0]):
                    done = self.bantam(*command, env=env, timeout=20)
                    self.assert_error(done, 3, (name, "No such file"))
        for name in ("someone/model", "hf:folder/x.gguf"):  # repositories
            self.assert_error(self.bantam("predict", "--offline", name, env=env), 4, "is not in the cache")


class WeightsTest(ModelCase):
    def test_weights_that_are_not_numbers(self):
        for value in (0x7E00, 0x7C00):  # NaN, infinity
            model = nano()
            name, shape, kind, data = model.tensors[0]
            self.assertEqual((name, kind), ("token_embd.weight", F16))
            model.tensors[0] = (name, shape, kind, struct.pack("<H", value) * (len(data) // 2))
            with self.subTest(hex(value)):
                done = self.bantam("run", "--models", self.save(model), *ANSWERS, "--accuracy-limit", "4")
                self.assertEqual(done.returncode, 8, done.stderr)
                record = self.records()[-1]
                self.assertEqual(record["failure"]["kind"], "integrity")
                self.assertNotIn("acc", record.get("metrics", {}))

    def test_weights_that_are_not_numbers_give_no_speed_and_no_damage(self):
        model = nano()
        name, shape, kind, data = model.tensors[0]
        model.tensors[0] = (name, shape, kind, struct.pack("<H", 0x7E00) * (len(data) // 2))
        model = self.save(model)
        damage = ["--precisions", "fp16", "--threads", "1", "--fidelity-chunks", "1", "--fidelity-context", "64",
                  "--similarity-new-tokens", "4", "--tasks"]
        for store, words in (("speed.db", SPEED), ("fidelity.db", [*damage, "fidelity"]), ("similarity.db", [*damage, "similarity"])):
            with self.subTest(store):
                done = self.bantam("run", "--models", model, *words, "--store", store)
                self.assertEqual(done.returncode, 8, done.stderr)
                record = self.records(store)[-1]
                self.assertEqual((record["status"], record["failure"]["kind"]), ("failed", "integrity"))
                self.assertIn("not finite", record["failure"]["message"])

    def test_cache_larger_than_memory(self):
        model = nano().key("llama.context_length", U32, u32(2**30))
        model = self.save(model)
        done = self.bantam("run", "--models", model, *SPEED, "--batch-size", "64", "--max-new-tokens", "1000000")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("KV cache of 64 requests", self.records()[0]["failure"]["message"])

    def test_context_longer_than_trained(self):
        self.refused(2, ("4096", "5000"), NANO, *SPEED, "--max-model-len", "5000")
        self.refused(2, ("4096", "--n-prompt 5000"), NANO, *SPEED, "--n-prompt", "5000")
        self.refused(2, ("4096", "--n-gen 5000"), NANO, *SPEED, "--n-gen", "5000")
        self.refused(2, ("4096", "5000"), NANO, "--tasks", "fidelity", "--fidelity-context", "5000")

    @unittest.skipIf(SANITIZED, "a sanitizer takes address space of its own")
    def test_cache_of_similarity_larger_than_memory(self):
        model = self.save(nano().key("llama.context_length", U32, u32(2**30)))  # 4 KiB a token at f32
        command = ["run", "--models", model, "--precisions", "fp16", "--tasks", "similarity", "--cache-type-k", "f32",
                   "--cache-type-v", "f32", "--similarity-new-tokens", str(2**20), "--threads", "1"]
        done = subprocess.run([BINARY, *command], cwd=self.folder, env=environment(), capture_output=True, text=True,
                              timeout=120, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (4 * 2**30,) * 2))
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("KV cache of 1 requests", self.records()[0]["failure"]["message"])


class EngineSettingsTest(ModelCase):
    def test_what_would_end_the_engine_is_refused_before_any_work(self):
        for says, options in ((("--n-batch 4", "--batch-size 8"), [*SPEED, "--n-batch", "4", "--batch-size", "8"]),
                              ("from 1 to 256", [*SPEED, "--batch-size", "257"]),
                              ("--accuracy-batch-size 16", [*ANSWERS, "--n-batch", "8"]),
                              ("flash attention", [*SPEED, "--flash-attn", "off", "--cache-type-v", "q4_0"]),
                              ("--gpu-index 99", [*SPEED, "--gpu-index", "99"])):
            with self.subTest(options=options):
                self.refused(2, says, NANO, *options)
        for says, options in ((("--n-batch 4", "--batch-size 8"), ["--n-batch", "4"]),
                              ("from 1 to 256", ["--batch-size", "257"]), ("--gpu-index 99", ["--gpu-index", "99"])):
            with self.subTest(predict=options):
                self.assert_error(self.bantam("predict", NANO, *options), 2, says)

    def test_cache_types_that_a_model_cannot_have(self):
        # Heads of 80 elements: blocks of 32 do not fit. No weight is made.
        says = ("phi-2", "the K cache cannot be q8_0", "has 80")
        self.refused(2, says, "synthetic:phi-2", *SPEED, "--cache-type-k", "q8_0")
        done = self.bantam("predict", "synthetic:phi-2", "--cache-type-k", "q8_0", "--precisions", "Q4_0")
        self.assert_error(done, 2, says[1:])
        self.assertNotIn("/proc/", done.stderr)

    def test_batches_of_any_size_give_the_same_fidelity(self):
        kept = []
        for size in ("1", "7", "2048"):
            self.assert_ok(self.bantam("run", "--models", NANO, "--precisions", "fp16", "Q4_0", "--tasks", "fidelity",
                                       "--fidelity-chunks", "1", "--fidelity-context", "64", "--threads", "1",
                                       "--n-batch", size))
            kept.append([r["metrics"]["kld_mean"]["value"] for r in self.records()
                         if r["precision"] == "Q4_0"][-1])
        self.assertAlmostEqual(kept[0], kept[2], places=3)
        self.assertAlmostEqual(kept[1], kept[2], places=3)

    def test_more_threads_than_cpus_are_told(self):
        cpus = len(os.sched_getaffinity(0))
        done = self.bantam("run", "--models", NANO, *SPEED, "--threads", str(cpus + 14))
        self.assertIn(done.returncode, (0, 6), done.stderr)
        record = self.records()[0]
        warning = f"{cpus + 14} threads were asked for, but this process may use {cpus} CPUs"
        self.assertIn(warning, " ".join(record["warnings"]))
        self.assertIn(warning, done.stderr)
        self.assertEqual(record["engine"]["threads"], cpus)


class ChangingFileTest(ModelCase):
    def start_answers(self, env=None):
        """A run with a worker that has begun; nano_topic takes some seconds."""
        self.save(NANO.read_bytes())
        process = self.start("run", "--models", "m.gguf", *ANSWERS, "--accuracy-limit", "200", "--accuracy-batch-size", "2",
                             env=env)
        wait_until(self.has_items)
        self.assertTrue(children(process.pid))
        return process

    def has_items(self):
        try:
            return self.count("items") > 0
        except sqlite3.OperationalError:  # the store is not made yet
            return False

    def end_of(self, process):
        process.communicate(timeout=120)
        return process.returncode, self.records()[0]

    def test_cut_while_in_use(self):
        process = self.start_answers(mortal_environment())
        os.truncate(self.folder / "m.gguf", 200_000)
        code, record = self.end_of(process)
        self.assertEqual(code, 7)
        self.assertEqual(record["failure"]["signal"], "SIGBUS")

    def test_replaced_while_in_use(self):
        process = self.start_answers()
        self.save(NANO.read_bytes(), "other.gguf")
        (self.folder / "other.gguf").rename(self.folder / "m.gguf")
        code, record = self.end_of(process)
        self.assertEqual(code, 8)
        self.assertIn("changed while it was in use", record["failure"]["message"])
        self.assertEqual(self.count("items"), 0)

    def test_changed_while_speed_is_measured(self):
        model = self.folder / "m.gguf"

        def overwrite():
            with model.open("r+b") as file:
                file.seek(-1000, 2)
                file.write(b"\0" * 16)
        for name, change in (("touched", lambda: os.utime(model)), ("overwritten", overwrite), ("removed", model.unlink)):
            with self.subTest(name):
                self.save(NANO.read_bytes())
                process = self.start("run", "--models", "m.gguf", *SPEED, "--num-runs", "3", "--max-new-tokens", "1000", "--store",
                                     f"{name}.db")
                wait_until(lambda: self.trials(f"{name}.db"))
                change()
                _, errors = process.communicate(timeout=120)
                self.assertEqual(process.returncode, 8, errors)
                self.assertIn("m.gguf changed while it was in use", errors)

    def trials(self, store):
        try:
            return self.count("trials", store)
        except sqlite3.OperationalError:  # the store is not made yet
            return 0

    def test_made_file_that_changed(self):
        cache = self.folder / "cache"
        env = environment(BANTAM_CACHE=str(cache))
        run = ["run", "--models", NANO, *SPEED, "--precisions", "int8"]
        self.assert_ok(self.bantam(*run, env=env))
        made = next(cache.glob("quantized/*/*.gguf"))
        content = bytearray(made.read_bytes())
        content[-1000] ^= 1
        made.write_bytes(bytes(content))
        self.assert_error(self.bantam(*run, "--store", "again.db", env=env), 8, (made.name, "set aside"))
        self.assertFalse(made.exists())
        self.assertTrue(made.with_name(made.name + ".corrupt").exists())
        self.assert_ok(self.bantam(*run, "--store", "again.db", env=env))
        self.assertNotEqual(made.read_bytes(), bytes(content))


if __name__ == "__main__":
    unittest.main()

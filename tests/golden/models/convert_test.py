"""Converting model folders. What needs the converter runs only where it is installed already: its packages are gigabytes.
`bantam models convert --install-only --yes` installs it; scripts/convert_check.sh does so and runs all of this."""
import json
import os
import shutil
import struct
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import SHARED, UNDISTURBED, CliTest, environment  # noqa: E402

PROBE = SHARED / "models" / "probe"
PROBE_FILES = ("config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")


def installed_cache():
    """The cache folder that has a complete converter, or None."""
    places = [os.environ.get("BANTAM_CACHE"), os.path.join(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "bantam")]
    for place in filter(None, places):
        if any(Path(place).glob("converter/*/.complete")):
            return Path(place)
    return None


class FolderTest(CliTest):
    """Needs no converter."""

    def folder_with(self, **files):
        made = self.folder / "model"
        made.mkdir(exist_ok=True)
        for name, content in files.items():
            (made / name.replace("__", ".")).write_bytes(content)
        return made

    def refused(self, code, says, *arguments):
        done = self.bantam("models", "convert", *arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertIn(says, done.stderr)

    def test_what_is_no_model_folder(self):
        config = json.dumps({"architectures": ["LlamaForCausalLM"]}).encode()
        self.refused(3, "nowhere", "nowhere")
        self.refused(3, "no config.json", self.folder_with())
        self.refused(3, "not valid JSON", self.folder_with(config__json=b"{"))
        self.refused(3, "no *.safetensors", self.folder_with(config__json=config))
        self.refused(3, "pickles", self.folder_with(pytorch_model__bin=b"\x80"))
        self.refused(3, "cut off", self.folder_with(model__safetensors=b"\xff" * 8 + b"{}"))
        header = json.dumps({"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
        self.refused(3, "cut off", self.folder_with(model__safetensors=struct.pack("<Q", len(header)) + header + b"\0" * 15))
        self.refused(3, "no tokenizer", self.folder_with(model__safetensors=struct.pack("<Q", len(header)) + header + b"\0" * 16))
        index = json.dumps({"weight_map": {"a": "model-00002-of-00002.safetensors"}}).encode()
        self.refused(3, "model-00002-of-00002", self.folder_with(**{"model__safetensors__index__json": index}))

    def test_a_folder_is_not_run_before_it_is_converted(self):
        if not PROBE.exists():
            self.skipTest("needs ../shared/models/probe, which is not part of this project")
        shutil.copytree(PROBE, self.folder / "probe", ignore=shutil.ignore_patterns("*.gguf"))
        done = self.bantam("run", "--models", "./probe", "--precisions", "fp16", "--tasks", "performance")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("bantam models convert", done.stderr)

    def test_nothing_is_installed_without_consent(self):
        if not PROBE.exists():
            self.skipTest("needs ../shared/models/probe, which is not part of this project")
        cache = self.folder / "cache"
        done = self.bantam("models", "convert", PROBE, env=environment(BANTAM_CACHE=str(cache), HOME=str(self.folder)))
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("torch 2", done.stderr)
        self.assertIn("--yes", done.stderr)
        self.assertFalse((cache / "converter").exists() and any((cache / "converter").glob("*/bin")))

    def test_no_python(self):
        env = environment(BANTAM_CACHE=str(self.folder / "cache"), HOME=str(self.folder), PATH=str(self.folder))
        done = self.bantam("models", "convert", "--install-only", "--yes", env=env)
        self.assertIn(done.returncode, (4, 5), done.stderr)  # 5: a disk too small for the packages is found first

    def test_an_interpreter_without_the_packages(self):
        done = self.bantam("models", "convert", "--install-only", "--yes", "--python", "/bin/false")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("/bin/false", done.stderr)


class ConvertTest(CliTest):
    """Needs the converter, and the probe model."""

    def setUp(self):
        super().setUp()
        cache = installed_cache()
        if cache is None:
            self.skipTest("the converter is not installed: bantam models convert --install-only --yes")
        if not PROBE.exists():
            self.skipTest("needs ../shared/models/probe, which is not part of this project")
        # Converted files go to a cache of this test's own; only what is installed is shared.
        own = self.folder / "cache"
        own.mkdir()
        for name in ("converter", "src"):
            if (cache / name).exists():
                (own / name).symlink_to(cache / name)
        self.env = environment(BANTAM_CACHE=str(own))
        self.model = self.folder / "probe"
        self.model.mkdir()
        for name in PROBE_FILES:
            shutil.copy(PROBE / name, self.model / name)
            (self.model / name).chmod(0o644)

    def convert(self, *arguments):
        return self.bantam("models", "convert", *arguments, env=self.env)

    def converted(self, *arguments):
        done = self.convert(self.model, *arguments)
        self.assert_ok(done)
        return Path(done.stdout.strip())

    def test_gives_the_files_of_the_converter(self):
        for outtype in ("f32", "f16"):
            with self.subTest(outtype):
                ours = self.converted("--outtype", outtype).read_bytes()
                reference = (PROBE / f"probe-{outtype}.gguf").read_bytes()
                # Same folder name, hence the same name in the file: nothing is left to differ.
                self.assertEqual(len(ours), len(reference))
                self.assertTrue(ours == reference, "the files differ")

    def test_is_found_again_and_run(self):
        first = self.convert(self.model)
        self.assert_ok(first)
        self.assertIn("61 sample lines", first.stderr)
        again = self.convert(self.model)
        self.assert_ok(again)
        self.assertEqual(first.stdout, again.stdout)
        self.assertIn("converted before", again.stderr)
        done = self.bantam("run", "--models", "./probe", *UNDISTURBED, "--precisions", "fp16", "--tasks", "performance", "--num-runs", "1",
                           "--num-warmup", "0", "--max-new-tokens", "4", "--batch-size", "1", env=self.env)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertNotIn("not converted", done.stderr)
        # Another content is another model.
        (self.model / "generation_config.json").write_text("{}")
        self.assertNotIn("converted before", self.convert(self.model).stderr)

    def test_refuses_other_tokens(self):
        """Llama 3's rule cuts numbers and words otherwise than GPT-2's, by which the probe's tokenizer was trained."""
        done = self.convert(self.model, "--pre-tokenizer", "llama-bpe")
        self.assertEqual(done.returncode, 8, done.stderr)
        self.assertIn("instead of", done.stderr)
        self.assertEqual([path for path in (self.folder / "cache" / "converted").rglob("*") if path.suffix in (".gguf", ".part")], [])

    def test_unsupported_model(self):
        config = json.loads((self.model / "config.json").read_text())
        config["architectures"] = ["MadeUpForCausalLM"]
        (self.model / "config.json").write_text(json.dumps(config))
        done = self.convert(self.model)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("MadeUpForCausalLM is not supported", done.stderr)

    def test_never_runs_code_of_the_folder(self):
        trap = self.folder / "trapped"
        code = f"open({str(trap)!r}, 'w').write('ran')\nraise SystemExit\n"
        for name in ("modeling_probe.py", "configuration_probe.py", "tokenization_probe.py"):
            (self.model / name).write_text(code)
        for name, classes in (("config.json", {"AutoConfig": "configuration_probe.ProbeConfig"}),
                              ("tokenizer_config.json", {"AutoTokenizer": ["tokenization_probe.ProbeTokenizer", None]})):
            content = json.loads((self.model / name).read_text())
            content["auto_map"] = classes
            (self.model / name).write_text(json.dumps(content))
        done = self.convert(self.model)
        self.assertIn("it is not run", done.stderr)
        self.assertIn(done.returncode, (0, 3), done.stderr)
        self.assertFalse(trap.exists())


if __name__ == "__main__":
    unittest.main()

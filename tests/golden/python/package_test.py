"""The Python package (python/bantam) with the program. Scores and frames: scripts/python_check.sh, from the wheel."""
import importlib.util
import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import BINARY, CliTest  # noqa: E402

if importlib.util.find_spec("bantam") is None:
    sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "python"))
    os.environ["BANTAM_BINARY"] = str(BINARY)
import bantam  # noqa: E402
from bantam._binary import arguments  # noqa: E402

PICO = {"models": "embedded:pico", "precisions": "int8", "tasks": "accuracy"}
CITIES = [{"city": "Rome", "land": "Italy"}, {"city": "Oslo", "land": "Norway"}, {"city": "Lima", "land": "Peru"}]


class ArgumentsTest(unittest.TestCase):
    def test_options_become_arguments(self):
        self.assertEqual(arguments({"num_runs": 5, "offline": True, "repack": False, "seed": None, "precisions": ["int8", "-q"],
                                    "gate": {"drift": 0.2}}),
                         ["--num-runs=5", "--offline", "--no-repack", "--precisions=int8", "--precisions=-q", "--gate=drift=0.2"])


class RunTest(CliTest):
    def run_here(self, **options):
        self.said = []
        return bantam.run(**PICO, store=self.folder / "r.db", output_dir=self.folder / "out", progress=self.said.append, **options)

    def test_records_items_and_progress(self):
        store = self.run_here(accuracy_tasks="nano_sentiment", limit=6)
        (record,) = store.records()
        self.assertEqual((record["model"], record["precision"], record["task"], record["status"]), ("pico", "int8", "nano_sentiment", "ok"))
        items = store.items("nano_sentiment")
        self.assertEqual(len(items), 6)
        self.assertAlmostEqual(record["metrics"]["acc"]["value"], sum(item["metrics"]["acc"] for item in items) / 6)
        self.assertTrue(any("nano_sentiment" in line for line in self.said), self.said)
        self.assertEqual(bantam.open(self.folder / "r.db").records(), [record])
        self.assertEqual(store.items("nano_sentiment", precision="int4"), [])

    def test_what_is_stored_is_not_measured_again(self):
        first = self.run_here(accuracy_tasks="nano_sentiment", limit=3).records()
        self.assertEqual(self.run_here(accuracy_tasks="nano_sentiment", limit=3).records(), first)

    def test_a_wrong_option_is_named(self):
        with self.assertRaises(bantam.BantamError) as raised:
            self.run_here(accuracy_taks="nano_sentiment")
        self.assertEqual(raised.exception.exit_code, 2)
        self.assertIn("--accuracy-taks", str(raised.exception))
        self.assertIn("bantam run --help", raised.exception.hint)

    def test_no_store(self):
        with self.assertRaises(bantam.BantamError):
            bantam.open(self.folder / "none.db")

    def test_a_broken_model_is_bad_input(self):
        (self.folder / "bad.gguf").write_bytes(b"GGUF" + bytes(100))
        with self.assertRaises(bantam.BantamError) as raised:
            bantam.run(**PICO | {"models": self.folder / "bad.gguf"}, store=self.folder / "r.db", accuracy_tasks="nano_sentiment", progress=None)
        self.assertEqual(raised.exception.exit_code, 3)
        self.assertIn("GGUF version 0", str(raised.exception))


class InterruptTest(CliTest):
    def test_ctrl_c_reaches_the_program_once(self):
        """A terminal and a notebook send it to the whole process group, so the program must not be in ours: a second one, which it
        would get from us, stops it at once."""
        program = self.folder / "program"
        program.write_text(f"#!{sys.executable}\n" + """
import os, signal, sys, time
signal.signal(signal.SIGINT, lambda *_: print("interrupted", file=sys.stderr, flush=True))
print("apart" if os.getpgid(0) != os.getpgid(os.getppid()) else "together", file=sys.stderr, flush=True)
end = time.monotonic() + 2
while time.monotonic() < end: time.sleep(0.1)
sys.exit(130)
""")
        program.chmod(0o755)
        # Programs in the background of a shell are born deaf to Ctrl-C.
        script = "import bantam, signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\ntry:\n bantam.run(models='x', progress=lambda line: print(line, flush=True))\n" \
                 "except KeyboardInterrupt: print('over', flush=True)"
        place = str(Path(bantam.__file__).parents[1])
        started = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, start_new_session=True,
                                   env={**os.environ, "PYTHONPATH": place, "BANTAM_BINARY": str(program)})
        with started:
            lines = [started.stdout.readline().strip()]
            os.killpg(started.pid, signal.SIGINT)
            lines += started.stdout.read().split()
        self.assertEqual(lines, ["apart", "interrupted", "over"])


class TaskTest(CliTest):
    def run_task(self, task):
        return bantam.run(**PICO, store=self.folder / "r.db", output_dir=self.folder / "out", accuracy_tasks=[task], progress=None)

    def test_functions_and_a_metric_of_ones_own(self):
        task = bantam.Task("capitals", CITIES, text=lambda row: f"{row['city']} is the capital of", target="land", max_new_tokens=4,
                           metrics={"length": lambda row, answer: len(answer), "first_row": lambda row, answer: row["city"] == "Rome"})
        store = self.run_task(task)
        items = store.items("capitals")
        self.assertEqual([item["content"]["context"] for item in items],
                         ["Rome is the capital of", "Oslo is the capital of", "Lima is the capital of"])
        values = task.values(items)
        lengths = [len(item["content"]["filtered_resps"]["none"][0]) for item in items]
        self.assertAlmostEqual(values["length"]["value"], sum(lengths) / 3)
        # One of three is 1: mean 1/3, sample variance ((2/3)^2 + 2 (1/3)^2) / 2 = 1/3, standard error sqrt(1/9).
        self.assertAlmostEqual(values["first_row"]["value"], 1 / 3)
        self.assertAlmostEqual(values["first_row"]["stderr"], 1 / 3)
        self.assertIn("exact_match", store.records()[0]["metrics"])

    def test_choices(self):
        task = bantam.Task("lands", CITIES, text="city", target="land", choices=["Peru", "Norway", "Italy"],
                           metrics={"right": lambda row, answer: answer == row["land"]})
        store = self.run_task(task)
        items = store.items("lands")
        self.assertEqual([item["content"]["gold"] for item in items], [2, 1, 0])
        self.assertAlmostEqual(task.values(items)["right"]["value"], store.records()[0]["metrics"]["acc"]["value"])

    def test_text_of_a_row_is_no_template(self):
        rows = [{"q": "{{ 1 + 1 }} {% if %}", "a": "{{ x }}"}]
        (item,) = self.run_task(bantam.Task("braces", rows, text="q", target="a", max_new_tokens=2)).items()
        self.assertEqual((item["content"]["context"], item["content"]["target"]), (rows[0]["q"], rows[0]["a"]))

    def test_wrong_tasks_are_named(self):
        with self.assertRaisesRegex(ValueError, "no name of a task"):
            bantam.Task("../x", CITIES, text="city", target="land")
        with self.assertRaisesRegex(ValueError, "row 1 of lands: its answer 'Norway' is none of its choices"):
            self.run_task(bantam.Task("lands", CITIES, text="city", target="land", choices=["Peru", "Italy"]))
        same = bantam.Task("same", CITIES, text="city", target="land")
        with self.assertRaisesRegex(ValueError, "one name"):
            bantam.run(**PICO, accuracy_tasks=[same, same])


@unittest.skipUnless(importlib.util.find_spec("pandas"), "needs pandas")
class FrameTest(CliTest):
    def test_a_row_per_record_and_per_item(self):
        task = bantam.Task("lands", CITIES, text="city", target="land", choices=["Peru", "Norway", "Italy"],
                           metrics={"right": lambda row, answer: answer == row["land"]})
        store = bantam.run(**PICO | {"precisions": ["int8", "int4"]}, store=self.folder / "r.db", accuracy_tasks=["nano_sentiment", task],
                           limit=3, progress=None)
        frame = store.frame()
        self.assertEqual(sorted(zip(frame.precision, frame.task)),
                         [("int4", "lands"), ("int4", "nano_sentiment"), ("int8", "lands"), ("int8", "nano_sentiment")])
        self.assertTrue((frame.acc_low <= frame.acc).all() and (frame.acc <= frame.acc_high).all())
        lands = frame[frame.task == "lands"]
        self.assertTrue((lands.right == lands.acc).all())
        self.assertTrue(frame[frame.task == "nano_sentiment"].right.isna().all())
        items = store.items_frame("lands")
        self.assertEqual(len(items), 6)
        self.assertEqual(set(items.answer) - {"Peru", "Norway", "Italy"}, set())


if __name__ == "__main__":
    unittest.main()

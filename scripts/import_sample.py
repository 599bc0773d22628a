#!/usr/bin/env python3
"""Writes tests/data/lm_eval/outputs: what lm-evaluation-harness itself leaves behind for a small model at two types of
weights. Run it with a Python that has lm_eval 0.4.13 and its [hf] extra.

usage: import_sample.py MODEL_FOLDER
  MODEL_FOLDER  a model of Transformers; it is called `probe` in the files
The tasks are those of tests/data/oracle/lm_eval, a few items each. What the files say of the machine is left out
(pretty_env_info).
"""
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ORACLE = ROOT / "tests" / "data" / "oracle" / "lm_eval"
OUTPUTS = ROOT / "tests" / "data" / "lm_eval" / "outputs"
RUNS = [("float32", ["probe_mmlu", "probe_sst2_extra", "probe_lambada"], 3), ("bfloat16", ["probe_mmlu", "probe_sst2_extra", "probe_lambada"], 3),
        ("float32", ["probe_squad_em", "probe_gsm8k"], 2)]


def evaluate(output, dtype, tasks, limit):
    from lm_eval import simple_evaluate
    from lm_eval.loggers import EvaluationTracker
    from lm_eval.tasks import TaskManager

    tracker = EvaluationTracker(output_path=str(output))
    results = simple_evaluate(model="hf", model_args={"pretrained": "probe", "dtype": dtype}, tasks=tasks, device="cpu", batch_size="1",
                              limit=limit, log_samples=True, bootstrap_iters=10, evaluation_tracker=tracker, gen_kwargs={},
                              fewshot_as_multiturn=None, task_manager=TaskManager(include_path="tasks"))
    samples = results.pop("samples")
    results["pretty_env_info"] = "left out"
    tracker.save_results_aggregated(results=results, samples=samples)
    for task in results["configs"]:
        tracker.save_results_samples(task_name=task, samples=samples[task])


def main():
    model = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ORACLE, folder, dirs_exist_ok=True)
        (folder / "probe").symlink_to(model)
        os.chdir(folder)  # where the tasks' relative paths start
        for dtype, tasks, limit in RUNS:
            evaluate(folder / "outputs", dtype, tasks, limit)
        shutil.rmtree(OUTPUTS, ignore_errors=True)
        shutil.copytree(folder / "outputs", OUTPUTS)
    for path in sorted(OUTPUTS.rglob("*.json*")):
        text = path.read_text(encoding="utf-8")
        if str(folder) in text:
            sys.exit(f"{path} names {folder}")
        print(path.relative_to(ROOT), len(text))
        for line in text.splitlines() if path.suffix == ".jsonl" else [text]:
            json.loads(line)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Race bantam's scoring against lm-eval and llama-perplexity: same weights, runs in turn on an otherwise idle machine.

usage: vs_lm_eval.py --gguf M135.gguf --hf HF_FOLDER [--race FOLDER] [--python LM_EVAL_PYTHON] [--tools FOLDER]
                     [--bantam FILE] [--repeats N] [--threads N] [--quick]

FOLDER holds `tasks/hs.yaml` (200 HellaSwag items, 0-shot) and `tasks/mm.yaml` (100 MMLU items, 5-shot).
LM_EVAL_PYTHON has lm-eval with the Hugging Face backend (torch==2.13.0, transformers, lm-eval[hf]==0.4.13). The tools
are llama-bench and llama-perplexity. GGUF (f32) and HF_FOLDER are one model in both forms.

Prints for each task the time that all sides spend on the model's batches (loading left out), their ratios, the tokens
decoded beside the distinct tokens of the prefix tree, and the limit: distinct tokens at llama-bench's prefill rate at
that depth, plus the output layer's work at the GFLOP/s of that rate. Exit status 1 when a bound is missed.
--quick: one repeat, two runs of llama-bench.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# task: tokens before those of an item, least ratio to lm-eval, least ratio to llama-perplexity
TASKS = {"hs": {"depth": 0, "lm_eval": 1.8, "perplexity": 1.3},
         "mm": {"depth": 431, "lm_eval": 5.5, "perplexity": None}}
MOST_DECODED = 1.02  # times the distinct tokens
MOST_TIME = 1.15  # times the limit

# Runs one task and prints the time inside the loop over the model's batches.
LM_EVAL = """
import json, sys, time
import torch
from lm_eval import simple_evaluate
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager

task, model, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
torch.set_num_threads(threads)
spent = []
loop = HFLM._loglikelihood_tokens
def timed(self, *positional, **named):
    begin = time.perf_counter()
    answer = loop(self, *positional, **named)
    spent.append(time.perf_counter() - begin)
    return answer
HFLM._loglikelihood_tokens = timed
found = simple_evaluate(model="hf", model_args=f"pretrained={model},dtype=float32", tasks=[task], batch_size=8,
                        device="cpu", task_manager=TaskManager(include_path="tasks"), bootstrap_iters=0)
print("RACE " + json.dumps({"seconds": sum(spent), "acc": found["results"][task]["acc,none"]}))
"""


def run(command, **more) -> subprocess.CompletedProcess:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **more)
    if done.returncode != 0:
        sys.exit(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done


def timed(side) -> dict:
    begin = time.perf_counter()
    found = side()
    found["process"] = time.perf_counter() - begin
    return found


def lm_eval(task: str, options, scratch: Path) -> dict:
    more = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(scratch / "hf"),
            "OMP_NUM_THREADS": str(options.threads), "TOKENIZERS_PARALLELISM": "false"}
    done = run([options.python, "-c", LM_EVAL, task, options.hf, options.threads], cwd=options.race,
               env=os.environ | more)
    line = next(line for line in done.stdout.splitlines() if line.startswith("RACE "))
    return json.loads(line.removeprefix("RACE "))


def bantam(task: str, options, scratch: Path) -> dict:
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        run([options.bantam, "run", "--quiet", "--models", f"m={options.gguf}", "--precisions", "fp32", "--tasks",
             "accuracy", "--accuracy-tasks", task, "--include-path", "tasks", "--threads", options.threads, "--store",
             f"{folder}/s.db", "--output-dir", f"{folder}/out"], cwd=options.race,
            env=os.environ | {"BANTAM_CACHE": str(scratch / "cache")})
        record = json.loads((Path(folder) / "out" / "m" / "m_fp32" / f"{task}.json").read_text())
    if record["status"] != "ok":
        sys.exit(f"bantam: {task} ended as {record['status']}: {record.get('error')}")
    scoring = record["engine"]["scoring"]
    info = record["model_info"]
    head = info["vocabulary"] * info["embedding"]
    return {"seconds": scoring["seconds"], "acc": record["metrics"]["acc"]["value"],
            "decoded": scoring["computed_tokens"], "distinct": scoring["distinct_tokens"],
            "outputs": scoring["output_rows"], "shared": scoring["shared_prefixes"],
            "head": head, "body": info["parameters"] - head}  # the model's embedding is its output layer


def perplexity_text(options, scratch: Path) -> Path:
    text = scratch / "hellaswag.txt"  # six lines an item: query, right answer, four endings
    lines = []
    for row in (json.loads(line) for line in (options.race / "tasks" / "hs.jsonl").read_text().splitlines()):
        lines += [row["query"], str(row["gold"]), *row["choices"]]
    text.write_text("\n".join(line.replace("\n", " ") for line in lines))
    return text


def perplexity(options, scratch: Path) -> dict:
    begin = time.perf_counter()
    done = run([options.tools / "llama-perplexity", "-m", options.gguf, "-f", perplexity_text(options, scratch),
                "--hellaswag", "--hellaswag-tasks", 200, "-t", options.threads, "-c", 2048, "-b", 2048])
    spent = re.search(r"total time =\s*([0-9.]+) ms", done.stdout + done.stderr)
    # Some versions print no times of their own; loading is then in it.
    return {"seconds": float(spent.group(1)) / 1e3 if spent else time.perf_counter() - begin}


def prefill_rate(depth: int, options) -> dict:
    done = run([options.tools / "llama-bench", "-m", options.gguf, "-p", 512, "-n", 0, "-d", depth, "-t",
                options.threads, "-fa", "auto", "-r", 2 if options.quick else 5, "-o", "json"])
    return {"rate": statistics.median(json.loads(done.stdout)[0]["samples_ts"])}


class Verdict:
    """Prints values beside their bounds and remembers whether all were met."""

    def __init__(self):
        self.good = True

    def say(self, name: str, value: float, sign: str, bound: float) -> None:
        met = value >= bound if sign == ">=" else value <= bound
        self.good = self.good and met
        print(f"  {name:<46}{value:>9.3f}   {sign} {bound:<6}{'' if met else '  MISSED'}")


def race(task: str, options, scratch: Path, verdict: Verdict) -> None:
    wanted = TASKS[task]
    sides = {"bantam": lambda: bantam(task, options, scratch), "lm-eval": lambda: lm_eval(task, options, scratch),
             "llama-bench": lambda: prefill_rate(wanted["depth"], options)}
    if wanted["perplexity"]:
        sides["llama-perplexity"] = lambda: perplexity(options, scratch)
    found = {name: [] for name in sides}
    for repeat in range(options.repeats):
        for name in sides if repeat % 2 == 0 else reversed(sides):
            found[name].append(timed(sides[name]))
            result = found[name][-1]
            measured = f"{result['rate']:.0f} tok/s" if "rate" in result else f"{result['seconds']:.2f} s"
            print(f"    {task} {name}: {measured} (process {result['process']:.1f} s)", file=sys.stderr, flush=True)
    report(task, found, wanted, verdict, options)


def report(task: str, found: dict, wanted: dict, verdict: Verdict, options) -> None:
    loops = {name: statistics.median(run["seconds"] for run in runs)
             for name, runs in found.items() if "seconds" in runs[0]}
    processes = {name: statistics.median(run["process"] for run in runs) for name, runs in found.items()}
    rate = statistics.median(run["rate"] for run in found["llama-bench"])
    ours = found["bantam"][0]
    flops = rate * 2 * ours["body"]
    limit = ours["distinct"] / rate + 2 * ours["outputs"] * ours["head"] / flops
    print(f"\n{task}  ({options.repeats} repeats in turn, {options.threads} threads)")
    for name, seconds in loops.items():
        accuracy = f"   acc {found[name][0]['acc']:.3f}" if "acc" in found[name][0] else ""
        print(f"  {name:<18}{seconds:>8.2f} s in the loop{processes[name]:>9.2f} s the process{accuracy}")
    print(f"  {'limit':<18}{limit:>8.2f} s: {ours['distinct']} distinct tokens at {rate:.0f} tok/s (llama-bench -d "
          f"{wanted['depth']}), {ours['outputs']} rows of the output layer at {flops / 1e9:.0f} GFLOP/s")
    print(f"  decoded {ours['decoded']} tokens; prefixes shared: {ours['shared']}")
    verdict.say("lm-eval's loop / bantam's", loops["lm-eval"] / loops["bantam"], ">=", wanted["lm_eval"])
    if wanted["perplexity"]:
        verdict.say("llama-perplexity / bantam's loop", loops["llama-perplexity"] / loops["bantam"], ">=",
                    wanted["perplexity"])
    verdict.say("decoded / distinct tokens", ours["decoded"] / ours["distinct"], "<=", MOST_DECODED)
    verdict.say("bantam's loop / limit", loops["bantam"] / limit, "<=", MOST_TIME)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gguf", type=Path, required=True)
    parser.add_argument("--hf", type=Path, required=True)
    parser.add_argument("--race", type=Path, default=ROOT.parent / "shared" / "bench")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--tools", type=Path, default=ROOT / "build" / "peers" / "bin")
    parser.add_argument("--bantam", type=Path, default=ROOT / "build" / "peers" / "bantam")
    parser.add_argument("--tasks", nargs="+", choices=list(TASKS), default=list(TASKS))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    for name in ("gguf", "hf", "race", "tools", "bantam"):
        setattr(options, name, getattr(options, name).resolve())
    for program in (options.bantam, options.tools / "llama-bench", options.tools / "llama-perplexity"):
        if not program.is_file():
            sys.exit(f"{program} is missing; scripts/build.sh peers builds it")
    if options.quick:
        options.repeats = 1
    verdict = Verdict()
    with tempfile.TemporaryDirectory() as scratch:
        for task in options.tasks:
            race(task, options, Path(scratch), verdict)
    print(f"\nbounds: {'met' if verdict.good else 'NOT met'}")
    return 0 if verdict.good else 1


if __name__ == "__main__":
    sys.exit(main())

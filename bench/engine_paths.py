#!/usr/bin/env python3
"""One model through each engine: are its answers and log-likelihoods the same, and what does each path cost?

usage: engine_paths.py --gguf F32.gguf --folder HF_FOLDER [--onnx FOLDER] [--server LLAMA_SERVER] [--bantam BINARY] [--limit N] [--tokens N]
                       [--no-speed]
  --gguf     the weights in float32
  --folder   the same weights for Transformers
  --onnx     the same weights as an ONNX decoder with its tokenizer.json
  --server   the program llama-server (preset `peers`), started here with the GGUF on a port of this machine

Engines that are not set up (bantam engines setup) are left out and named. Printed: greedy answers that differ from those of llama.cpp,
the largest difference of a log-likelihood (of a continuation; of a whole text per token), and the table of speeds. Exit status 1 when an answer differs or a difference is above 0.001.
"""
import argparse
import contextlib
import hashlib
import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BOUND = 1e-3
TASKS = "nano_knowledge,nano_completion,nano_arithmetic,nano_text,nano_tagging"
PROMPTS = ["The most important thing to know about the sea is", "Once upon a time, a young fox found a lantern in the snow.",
           "To make a good vegetable soup, you first need to"]


def run(options, *arguments):
    done = subprocess.run([str(options.bantam), "run", *map(str, arguments), "--store", str(options.store)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, cwd=options.work)
    if done.returncode not in (0, 1):
        print("\n".join(line for line in done.stderr.splitlines() if "error" in line or "hint" in line or "FAILED" in line)
              or done.stderr[-500:])
    return done.returncode in (0, 1)


@contextlib.contextmanager
def serving(options):
    """llama-server with the model, on a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(options.server), "-m", str(options.gguf), "--alias", "model", "--host", "127.0.0.1", "--port", str(port), "-ctk", "f32", "-ctv", "f32",
               "-np", "1", "-c", "2048", "-fa", "off"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with contextlib.suppress(OSError):
                if json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/health"))["status"] == "ok":
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def export(options):
    path = Path(options.work) / "all.jsonl"
    subprocess.run([str(options.bantam), "export", "jsonl", "--store", str(options.store), "--output-path", str(path), "--items", "--trials",
                    "--overwrite"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=options.work)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def items_of(lines):
    """By model and item: its answers and its log-likelihoods."""
    found = {}
    for line in lines:
        if line["kind"] != "item":
            continue
        item, content = line["item"], line["item"]["content"]
        answers = content.get("resps") or ([content["answer"]] if "answer" in content else [])
        numbers = content.get("log_likelihoods") or [content[name] / content["tokens"] for name in ["log_likelihood"] if name in content]
        found.setdefault(line["model"], {})[item["task"], item["doc_id"]] = (answers, numbers)
    return found


def compare(found, name, usual="llama"):
    answers = differing = numbers = 0
    worst, where = 0.0, ""
    for key, (own_answers, own_numbers) in found.get(name, {}).items():
        base_answers, base_numbers = found[usual].get(key, ([], []))
        answers += len(own_answers)
        differing += sum(a != b for a, b in zip(own_answers, base_answers)) + abs(len(own_answers) - len(base_answers))
        numbers += len(own_numbers)
        for own, base in zip(own_numbers, base_numbers):
            if abs(own - base) > worst:
                worst, where = abs(own - base), f", {key[0]} item {key[1]}: {own:.6f} and {base:.6f}"
    print(f"{name} against {usual}: {differing} of {answers} greedy answers differ; {numbers} log-likelihoods, largest difference {worst:.2g}{where}")
    return differing == 0 and worst <= BOUND and answers > 0


def check_server(options, found):
    """Its answer to a prompt, by the hash that its trial keeps, against the text that llama.cpp gave here."""
    texts = {key[1]: answers[0] for key, (answers, _) in found["llama"].items() if key[0] == "similarity"}
    differing = 0
    with serving(options) as address:
        for number, prompt in enumerate(PROMPTS):
            run(options, f"server-{number}=model", "--engine", "openai", "--base-url", address, "--tasks", "performance", "--prompt", prompt,
                "--max-new-tokens", options.tokens, "--num-warmup", "0", "--num-runs", "1", "--rounds", "1", "--batch-size", "1", "--no-ignore-eos", "--max-disturbance", "1",
                "--max-drift", "10")
    wanted = {number: hashlib.sha256(("\n" + text).encode()).hexdigest() for number, text in texts.items()}
    for line in export(options):
        if line["kind"] == "trial" and line["model"].startswith("server-"):
            given = {stream["output_sha256"] for stream in line["trial"]["streams"]}
            differing += given != {wanted[int(line["model"].rpartition("-")[2])]}
    print(f"openai (llama-server) against llama: {differing} of {len(PROMPTS)} greedy answers differ; no log-likelihoods of prompts are told")
    return differing == 0


def measure_speeds(options, paths):
    common = ["--tasks", "performance", "--max-new-tokens", options.tokens, "--batch-size", "1", "--prompt", PROMPTS[0], "--max-seconds", "20"]
    speeds = Path(options.work) / "speeds.db"
    options.store = speeds
    for name, arguments in paths:
        run(options, *arguments, *common)
    if options.server:
        with serving(options) as address:
            run(options, "server=model", "--engine", "openai", "--base-url", address, *common)
    subprocess.run([str(options.bantam), "analyze", "--store", str(speeds)], cwd=options.work)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gguf", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--onnx", type=Path)
    parser.add_argument("--server", type=Path)
    parser.add_argument("--bantam", type=Path, default=ROOT / "build/release/bantam")
    parser.add_argument("--limit", type=int, default=25)
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--no-speed", action="store_true")
    options = parser.parse_args()
    for name in ("gguf", "folder", "onnx", "server", "bantam"):
        if getattr(options, name):
            setattr(options, name, getattr(options, name).resolve())
    with tempfile.TemporaryDirectory(prefix="bantam-paths-") as folder:
        options.work, options.store = folder, Path(folder) / "paths.db"
        paths = [("llama", [f"llama={options.gguf}", "--precisions", "fp32"]),
                 ("transformers", [f"transformers={options.folder}", "--engine", "transformers", "--precisions", "fp32"])]
        if options.onnx:
            paths.append(("onnx", [f"onnx={options.onnx}", "--engine", "onnx"]))
        exact = ["--tasks", "accuracy", "similarity", "--accuracy-tasks", TASKS, "--accuracy-limit", options.limit, "--similarity-prompts", *PROMPTS,
                 "--similarity-new-tokens", options.tokens]
        # llama.cpp's flash attention on the CPU rounds to 16 bits, which the others do not.
        llama_exact = ["--cache-type-k", "f32", "--cache-type-v", "f32", "--flash-attn", "off"]
        there = [name for name, arguments in paths if run(options, *arguments, *exact, *(llama_exact if name == "llama" else []))]
        found = items_of(export(options))
        good = all([compare(found, name) for name in there if name != "llama"])
        if options.server:
            good = check_server(options, found) and good
        if not options.no_speed:
            measure_speeds(options, paths)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Are answers and log-likelihoods of a model behind a server those that lm-eval 0.4.13 gets of the same server?

usage: PYTHON scripts/server_parity.py --model FOLDER --server-python FILE [--bantam FILE] [--items N] [--work FOLDER]
       (PYTHON: of an environment with `pip install lm-eval[api]==0.4.13`; no network)
  --model          a model in Transformers' form
  --server-python  a Python with torch and transformers, for tests/support/model_server.py, which has the model
  --bantam         the program [build/release/bantam]
  --items          of each task [40]
  --work           keep task files and stores here [a temporary folder]

Tasks of ../shared/data: arc_easy (choices), lambada (one continuation) and squad (written answers, with two examples) by
`local-completions`, squad by `local-chat-completions` with --apply-chat-template. Compared is each response: texts as they
are, log-likelihoods within 1e-6, whether a continuation is the most probable one.
Exit status: 0 without differences, 1 with, 77 without lm-eval or data.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
os.environ.update(TQDM_DISABLE="1", HF_DATASETS_OFFLINE="1", HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false", OPENAI_API_KEY="none")

CHOICES = """task: parity_choices
output_type: multiple_choice
doc_to_text: "{{query}}"
doc_to_choice: "{{choices}}"
doc_to_target: gold
metric_list:
  - metric: acc
  - metric: acc_norm
"""
NEXT = """task: parity_next
output_type: loglikelihood
doc_to_text: "{{context}}"
doc_to_target: " {{continuation}}"
metric_list:
  - metric: perplexity
  - metric: acc
"""
WRITTEN = """task: parity_written
output_type: generate_until
doc_to_text: "{{text}}\\nQuestion: {{question}}\\nAnswer:"
doc_to_target: "{{answer}}"
num_fewshot: 2
fewshot_split: test
generation_kwargs:
  until: ["\\n", "Question:"]
  max_gen_toks: 12
metric_list:
  - metric: exact_match
"""


def squad_rows(count):
    for article in json.loads((DATA / "squad" / "small.json").read_text())["data"]:
        for paragraph in article["paragraphs"]:
            for one in paragraph["qas"]:
                if one["answers"] and count > 0:
                    count -= 1
                    yield {"text": paragraph["context"][:300], "question": one["question"], "answer": one["answers"][0]["text"]}


def jsonl_rows(name, count):
    lines = (DATA / "llm_foundry" / f"{name}.jsonl").read_text().splitlines()[:count]
    return [json.loads(line) for line in lines]


def write_tasks(folder, items):
    rows = {"parity_choices": jsonl_rows("arc_easy", items), "parity_next": jsonl_rows("lambada_openai", items),
            "parity_written": list(squad_rows(items))}
    for text in (CHOICES, NEXT, WRITTEN):
        name = text.split("\n")[0].split(": ")[1]
        data = folder / f"{name}.jsonl"
        data.write_text("".join(json.dumps(row) + "\n" for row in rows[name]))
        (folder / f"{name}.yaml").write_text(f"{text}dataset_path: json\ndataset_kwargs:\n  data_files:\n    test: {data}\ntest_split: test\n")
    return list(rows)


def by_lm_eval(folder, kind, address, model, tasks, chat):
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    path = "chat/completions" if chat else "completions"
    arguments = {"base_url": f"{address}/v1/{path}", "model": "model", "num_concurrent": 1, "max_length": 4096}
    if not chat:
        arguments.update(tokenizer=str(model), tokenizer_backend="huggingface")
    done = simple_evaluate(model=kind, model_args=arguments, tasks=tasks, apply_chat_template=chat,
                           task_manager=TaskManager(include_path=str(folder), include_defaults=False), bootstrap_iters=0)
    return {task: {one["doc_id"]: [one["resps"][i][0] for i in range(len(one["resps"]))] for one in done["samples"][task]} for task in tasks}


def by_bantam(program, folder, address, tasks, chat):
    store = folder / ("chat.db" if chat else "completions.db")
    flags = ["--api", "chat", "--apply-chat-template"] if chat else []
    subprocess.run([program, "run", "--engine", "openai", "--base-url", address, "--models", "model", "--tasks", "accuracy", "--accuracy-tasks",
                    *tasks, "--include-path", folder, "--store", store, "--output-dir", folder / "outputs", "-q", *flags], check=True, cwd=folder)
    told = subprocess.run([program, "export", "jsonl", "--store", store, "--output-path", "-", "--items"], check=True, cwd=folder,
                          capture_output=True, text=True).stdout
    answers = {task: {} for task in tasks}
    for line in map(json.loads, told.splitlines()):
        if line["kind"] != "item":
            continue
        item = line["item"]
        content = item["content"]
        answers[item["task"]][item["doc_id"]] = content["resps"] if "resps" in content else list(zip(content["log_likelihoods"], content["is_greedy"]))
    return answers


def same(ours, theirs):
    if isinstance(theirs, str):
        return ours == theirs
    return abs(ours[0] - theirs[0]) <= 1e-6 and bool(ours[1]) == bool(theirs[1])


def compare(ours, theirs):
    good = True
    for task, items in theirs.items():
        equal = [doc for doc, responses in items.items()
                 if len(ours[task].get(doc, [])) == len(responses) and all(map(same, ours[task][doc], responses))]
        print(f"  {task}: {len(equal)} of {len(items)} items equal lm-eval's")
        good = good and len(equal) == len(items) and len(items) > 0
        for doc in [doc for doc in items if doc not in equal][:3]:
            print(f"    item {doc}: {ours[task].get(doc)} here, {items[doc]} there")
    return good


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--model", required=True, type=Path)
    parser.add_argument("--server-python", required=True)
    parser.add_argument("--bantam", default=str(ROOT / "build" / "release" / "bantam"))
    parser.add_argument("--items", type=int, default=40)
    parser.add_argument("--work", type=Path)
    options = parser.parse_args()
    try:
        import lm_eval  # noqa: F401
    except ImportError:
        print("lm-eval is not installed")
        return 77
    if not DATA.is_dir():
        print(f"{DATA} is not there")
        return 77
    program = str(Path(options.bantam).resolve())
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.work or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        tasks = write_tasks(folder, options.items)
        server = subprocess.Popen([options.server_python, str(ROOT / "tests/support/model_server.py"), str(options.model.resolve())],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            address = server.stdout.readline().strip()
            good = True
            for kind, chat, some in (("local-completions", False, tasks), ("local-chat-completions", True, ["parity_written"])):
                print(f"{kind}:")
                theirs = by_lm_eval(folder, kind, address, options.model.resolve(), some, chat)
                good = compare(by_bantam(program, folder, address, some, chat), theirs) and good
        finally:
            server.stdin.close()
            server.wait(timeout=30)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

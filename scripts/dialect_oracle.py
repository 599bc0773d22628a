#!/usr/bin/env python3
"""Writes what lm-eval 0.4.13 makes of the small tasks in tests/data/oracle/task_dialect: expected.json of each folder.

usage: PYTHON scripts/dialect_oracle.py [CASE]...      (PYTHON: of an environment with `pip install lm-eval==0.4.13`; no network)

A folder holds task.yaml, its rows and Python, and expected.json, whose member "ask" is ours: num_fewshot (as --num-fewshot gives it;
absent: the task's own), answers (of a model, to be scored) and responses (lists of answers to one question, to be filtered and scored).
The rest is written here, for all rows of the evaluated split:
contexts, continuations, target, gold; for the conversation that TEMPLATE writes, `turns` and `one_turn`; scores by answer; and, list by
list of the responses, what each filter leaves and its scores.
"error" stands for what lm-eval raised, of the task or of one item.
"""
import argparse
import copy
import json
import logging
import os
import sys
from functools import partial
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
ROOT = Path(__file__).resolve().parent.parent / "tests/data/oracle/task_dialect"
SEED = 1234


def template(messages, add_generation_prompt=True):
    text = "".join(f"[{m['role']}]{m['content']}[end]" for m in messages)
    if not add_generation_prompt and messages[-1]["role"] == "assistant":
        return text.removesuffix("[end]")
    return text + "[assistant]"


def failure(error):
    return f"{type(error).__name__}: {error}"[:200]


def load(folder, ask):
    from lm_eval.api.task import ConfigurableTask
    from lm_eval.tasks._yaml_loader import load_yaml

    task = ConfigurableTask(config=load_yaml(Path("task.yaml").resolve(), resolve_func=True))
    own = task.get_config("num_fewshot")
    if own != 0 and (ask.get("num_fewshot") is not None or own is None):
        task.set_config(key="num_fewshot", value=ask.get("num_fewshot") or 0)
    task.set_fewshot_seed(SEED)
    return task


def contexts_of(task, doc, **chat):
    context = task.fewshot_context(doc, task.config.num_fewshot, gen_prefix=task.doc_to_prefix(doc), **chat)
    return context if isinstance(context, list) else [context]


def filtered(task, doc, number, responses):
    from lm_eval.api.instance import Instance

    one = Instance("generate_until", doc, ("", {}), 0, metadata=("t", number, len(responses)))
    one.resps = list(responses)
    made = {}
    for ensemble in task._filters:
        try:
            ensemble.apply([one])
            answer = one.filtered_resps[ensemble.name]
            scores = {name: float(value) for name, value in task.process_results(doc, [answer]).items()}
            made[ensemble.name] = {"answer": answer, "scores": scores}
        except Exception as error:  # whatever it is
            made[ensemble.name] = {"error": failure(error)}
    return made


def item(tasks, number, ask):
    plain, turns, one_turn = tasks
    doc = plain.task_docs[number]
    made = {"doc": number}
    contexts = contexts_of(plain, doc)
    made["contexts"] = contexts
    chat = {"apply_chat_template": True, "chat_template": template}
    made["turns"] = contexts_of(turns, doc, fewshot_as_multiturn=True, **chat)
    made["one_turn"] = contexts_of(one_turn, doc, fewshot_as_multiturn=False, **chat)
    made["target"] = plain.doc_to_target(doc)
    requests = plain.construct_requests(doc, contexts if len(contexts) > 1 else contexts[0], metadata=("t", number, 1))
    if plain.OUTPUT_TYPE in ("multiple_choice", "loglikelihood"):
        requests = requests if isinstance(requests, list) else [requests]
        made["continuations"] = [request.args[1] for request in requests]
    if plain.OUTPUT_TYPE == "multiple_choice":
        gold = plain.doc_to_text(doc) if plain.multiple_input else made["target"]
        if isinstance(gold, str):
            gold = plain.doc_to_choice(doc).index(gold)
        made["gold"] = [int(one) for one in gold] if isinstance(gold, list) else [int(gold)]
    if plain.OUTPUT_TYPE == "generate_until":
        for answer in ask.get("answers", []):
            try:
                scores = plain.process_results(doc, [answer])
                scores = {name: float(value) for name, value in scores.items()}
            except Exception as error:  # whatever it is
                scores = {"error": failure(error)}
            made.setdefault("scores", {})[answer] = scores
        if "responses" in ask:
            made["filtered"] = [filtered(plain, doc, number, responses) for responses in ask["responses"]]
    return made


def expected(folder, ask):
    os.chdir(folder)
    try:
        tasks = [load(folder, ask) for _ in range(3)]
    except Exception as error:
        return {"error": failure(error)}
    items = []
    for number in range(len(tasks[0].task_docs)):
        try:
            items.append(item(tasks, number, ask))
        except Exception as error:
            items.append({"doc": number, "error": failure(error)})
            break  # the examples of later items follow from those before
    return {"items": items}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="*")
    parser.add_argument("--root", type=Path, default=ROOT)
    arguments = parser.parse_args()
    logging.disable(logging.ERROR)
    import datasets

    datasets.disable_progress_bars()
    for folder in sorted(path for path in arguments.root.resolve().iterdir() if path.is_dir()):
        if arguments.case and folder.name not in arguments.case:
            continue
        path = folder / "expected.json"
        ask = json.loads(path.read_text())["ask"] if path.exists() else {}
        made = {"ask": ask, **expected(folder, ask)}
        path.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(folder.name, made.get("error", f"{len(made.get('items', []))} items"), file=sys.stderr)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Are bantam's prompts lm-eval 0.4.13's? Tasks of all folders of lm-eval's library, with Python functions too, on made-up rows.

usage: PYTHON scripts/prompt_parity.py [--bantam FILE] [--short | --long] [--tasks N] [--chats N] [--rows N] [--seed N] [--only TASK]...
                                       [--list FILE] [--work FOLDER]
       (PYTHON: of an environment with `pip install lm-eval==0.4.13`, and the packages that task code asks for; no network)
  --bantam   the program [build/dev/bantam]
  --short    a tenth of the tasks: every tenth folder
  --long     every form of templates and functions in the library instead of --tasks many
  --tasks    stop when so many are compared and every folder had its turn [330]
  --chats    so many of them with chat templates as well, each in two ways [32]
  --rows     rows of a task [3]
  --only     this task file of the library, as arc/arc_easy.yaml; may be repeated
  --list     what `bantam tasks list --all --allow-task-code --include-path TASKS -o json` has printed, which takes minutes
  --work     keep task files, rows and answers here; the same folder goes on where a comparison was interrupted [a temporary folder]

One task of each folder is taken, then a second form of each folder that has one, and so on. Both sides read the same rows. Compared on
every row: contexts without and with two examples (or the task's own fixed number), continuations, stop strings, settings of generated
answers, targets, and the number of items. lm-eval's side is Task.build_all_requests with its own rendering of chat templates.
An error on both sides is equal and counted apart; a task of which all rows fail on both sides, for which no rows were found, or that needs a
package that is not installed does not count.
Exit status: 0 without differences, 1 with, 77 without lm-eval.
"""
import collections
import json
import os
import re
import sys
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
os.environ.update(TQDM_DISABLE="1", HF_DATASETS_OFFLINE="1", OPENBLAS_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false")

from library_sides import (SEED, TASKS, accepted_files, code_of, compared, failure, first_difference, form_of, load_yaml,  # noqa: E402
                           loaded, ours, parity_parser, plain, run_parity, task_of, theirs_item, told, without_fetched_metrics, write_case)
from parity_rows import functions_of, rows_for, turns  # noqa: E402
from taskcode_rows import TooLong  # noqa: E402

OUT = []
WAYS = [(name, system, turns) for name in ("chatml", "llama3", "qwen2.5", "gemma") for system in (None, "Be brief.") for turns in (True, False)]
PACKAGE = re.compile(r"the package \S+ is not installed|needs the package \S+, which|code wanted to use the network|would fetch code from the hub")
MOST = 4  # items of a task that are compared


def tell(text):
    print(text, file=OUT[0], flush=True)


# Which tasks.

def forms(files):
    """{folder: paths, one for each form}."""
    found = collections.defaultdict(dict)
    for path in map(Path, files):
        config = load_yaml(path, resolve_func=False)
        if not isinstance(config.get("task"), str):
            continue
        more = [code_of(config.get(key)) for key in ("process_results", "custom_dataset")]
        form = (form_of(path, config, False), *more, str(config.get("generation_kwargs")))
        found[path.relative_to(TASKS).parts[0]].setdefault(form, path)
    return {folder: list(paths.values()) for folder, paths in sorted(found.items())}


# lm-eval's side.

def grouped(task):
    items = collections.OrderedDict()
    for one in task.instances:
        items.setdefault(one.doc_id, []).append(one)
    return items


def theirs_of(task, shots, chat, count):
    """The items as build_all_requests makes them; where that fails, one after the other."""
    task.set_config(key="num_fewshot", value=shots)
    task.set_fewshot_seed(SEED)
    try:
        task.build_all_requests(limit=count, **{**(chat or {}), "tokenizer_name": "t"})
        items = []
        for requests in grouped(task).values():
            requests.sort(key=lambda one: one.idx)
            several = [one.args[0] for one in requests[:task.multiple_input]] if task.multiple_input else None
            items.append(told(task, requests[0].doc, several or requests[0].args[0], requests))
        return items
    except Exception:
        task.set_fewshot_seed(SEED)
    items = []
    for number in range(count):
        state = task.sampler.rnd.getstate() if hasattr(task, "sampler") else None
        try:
            items.append(theirs_item(task, number, chat))
        except (Exception, SystemExit, TooLong) as error:
            items.append({"error": failure(error)})
            if state is not None and shots:  # an item that fails draws its examples all the same
                task.sampler.rnd.setstate(state)
                try:
                    task.fewshot_context(task.task_docs[number], shots)
                except Exception:
                    pass
    return items


def settings_differ(own, other):
    """Stop strings and the settings of generated answers."""
    from lm_eval.models.utils import normalize_gen_kwargs

    if "asked" not in other or "error" in own:
        return None
    asked = normalize_gen_kwargs(other["asked"], 256)
    if own["until"] != asked["until"]:
        return f"until: {first_difference(own['until'], plain(asked['until']))}"
    if own["max_gen_toks"] != asked["max_gen_toks"]:
        return f"max_gen_toks: ours {own['max_gen_toks']}, lm-eval's {asked['max_gen_toks']}"
    drawn = asked["do_sample"] and asked["temperature"] > 0
    if drawn != ("sampling" in own):
        return f"do_sample: ours {'sampling' in own}, lm-eval's {asked}"
    if drawn:
        expected = {"top_p": 1.0, "top_k": 50, "min_p": 0.0, **asked}
        for key in ("temperature", "top_k", "top_p", "min_p"):
            if own["sampling"][key] != expected[key]:
                return f"{key}: ours {own['sampling'][key]}, lm-eval's {expected[key]}"
    return None


# One task.

class Case:
    def __init__(self, path, folder, arguments, chats):
        self.path, self.folder, self.arguments, self.chats = path, folder, arguments, chats
        self.name, self.differences, self.items, self.failed, self.why = path.stem, [], 0, 0, ""
        self.task, self.has_code, self.equal_chats = None, False, None
        self.env = {"BANTAM_TASK_PYTHON": sys.executable}

    def prepare(self, seed):
        config = loaded(self.path)
        self.name, self.has_code = config["task"], bool(functions_of(config))
        if callable(config.get("custom_dataset")):
            self.folder.mkdir(parents=True, exist_ok=True)
            self.file = self.folder / "task.yaml"
            self.file.write_text(json.dumps({"include": str(self.path), "task": self.name}))
            return
        rows = rows_for(config, f"{seed} {self.path.relative_to(TASKS)}", self.arguments.rows)
        self.file, _ = write_case(self.folder, self.path, load_yaml(self.path, resolve_func=False), *rows)

    def run(self, seed, ways):
        """'equal', 'differs', 'both fail' or 'no rows'."""
        warnings.simplefilter("ignore")
        self.differences, self.items, self.failed, self.lacking = [], 0, 0, ""
        try:
            self.prepare(seed)
        except (Exception, SystemExit, TooLong) as error:
            self.why = failure(error)
            return "no rows"
        try:
            task = task_of(self.file)
            count, own = min(len(task.task_docs), MOST), task.config.num_fewshot
        except (Exception, SystemExit, TooLong) as error:
            shown = ours(self.arguments.bantam, self.file, self.name, None, 1, "--allow-task-code", env=self.env)[0]
            self.why = f"lm-eval: {failure(error)}; bantam: {shown.get('error', 'no error')[:200]}"
            if "error" not in shown:
                self.differences.append(self.why)
                return "differs"
            return "both fail"
        self.task, self.count, self.own = task, count, own
        for shots in [0] if own == 0 else [0, 2]:
            self.compare(shots)
        if self.lacking:
            self.why, self.differences = self.lacking, []
            return "package or network"
        if self.failed == self.items:
            return "both fail"
        if ways:
            found = [self.compare(0 if own == 0 else 2, way) for way in ways]
            self.equal_chats = not any(found)
        return "differs" if self.differences else "equal"

    def compare(self, shots, way=None):
        """How many differences there are."""
        chat, more, label = None, ["--allow-task-code"], f"{shots} examples"
        if way:
            name, system, several = way
            chat = {"apply_chat_template": True, "fewshot_as_multiturn": several, "chat_template": self.chats.render(name), "system_instruction": system}
            more += ["--model", self.chats.model(name), "--apply-chat-template"] + (["--system-instruction", system] if system else [])
            more += [] if several else ["--no-fewshot-as-multiturn"]
            label += f", {name}, system message {system!r}, " + ("turns" if several else "one turn")
        other = theirs_of(self.task, shots, chat, self.count)
        asked = 2 if self.own == 0 and not way else shots  # a task without examples keeps none
        own = ours(self.arguments.bantam, self.file, self.name, asked, self.count, *more, env=self.env)
        found, failed = [], []
        for number, (left, right) in enumerate(zip(own, other, strict=True)):
            if PACKAGE.search(left.get("error", "")):  # lm-eval's side goes on without it
                self.lacking = left["error"]
            what = compared(left, right)
            what = what[0] + ": " + what[1] if what else settings_differ(left, right) if "error" not in right else None
            if what:
                found.append((number, what, left, right))
            elif "error" in right:
                failed.append((number, right["error"], left["error"]))
        shown = next((one["items"] for one in own if "items" in one), None)
        if shown is not None and shown != len(self.task.task_docs):
            found.append((0, f"items: ours {shown}, lm-eval's {len(self.task.task_docs)}", {}, {}))
        (self.folder / f"found{'_chat' if way else ''}{shots}.json").write_text(json.dumps([own, plain(other), failed], indent=1))
        self.differences += [f"row {number}, {label}: {what}" for number, what, _, _ in found]
        if failed and not way:
            self.why = f"lm-eval: {failed[0][1]}; bantam: {failed[0][2]}"[:300]
        if not way:
            self.items += len(other)
            self.failed += len(failed)
        return len(found)


# All of them.

class Campaign:
    def __init__(self, arguments, work):
        self.arguments, self.work, self.chats = arguments, work, None
        self.counts, self.folders, self.with_code, self.chat = collections.Counter(), set(), 0, [0, 0]
        self.items, self.failed_items, self.number = 0, 0, 0
        self.kinds = collections.Counter()
        before = work / "found.jsonl"
        lines = map(json.loads, before.read_text().splitlines()) if before.exists() else []
        self.kept = {one["path"]: one for one in lines if one["state"] not in ("differs", "script fails")}

    def one(self, path):
        """Compares a task, or takes what an interrupted comparison in the same folder found; differences are looked for again."""
        self.number += 1
        kept = self.kept.get(str(path))
        found = kept or self.compared(path)
        if not kept:
            with (self.work / "found.jsonl").open("a") as file:
                file.write(json.dumps({"path": str(path), **found}) + "\n")
        state = found["state"]
        self.counts[state] += 1
        if state in ("equal", "differs"):
            self.folders.add(path.relative_to(TASKS).parts[0])
            self.with_code += found["code"] and state == "equal"
            self.items += found["items"]
            self.failed_items += found["failed"]
            self.kinds[found["type"]] += 1
        if found["chats"] is not None:
            self.chat[0] += found["chats"]
            self.chat[1] += 1

    def compared(self, path):
        """The state of a task; other rows are tried where none comes to an end."""
        if self.chats is None:
            from chat_side import Chats

            self.chats = Chats(self.work)
        is_wanted = self.chat[1] < self.arguments.chats and self.number % self.arguments.chat_step == 1 % self.arguments.chat_step
        ways = [WAYS[(self.chat[1] * 2 + step * 3) % len(WAYS)] for step in (0, 1)] if is_wanted else []
        begin = time.monotonic()
        for attempt in range(2):
            case = Case(path, self.work / f"{self.number:04d}", self.arguments, self.chats)
            try:
                state = case.run(f"{self.arguments.seed}.{attempt}", ways)
            except (Exception, SystemExit, TooLong) as error:
                case.why, state = f"{failure(error)}", "script fails"
            if state in ("equal", "differs") or time.monotonic() - begin > 15:
                break
        if state not in ("equal", "differs"):
            tell(f"{state}: {path.relative_to(TASKS)}: {case.why}")
        for what in case.differences[:4]:
            tell(f"different: {case.name} ({path.relative_to(TASKS)}, {self.number:04d}): {what}")
        if self.arguments.times:
            tell(f"{time.monotonic() - begin:.1f} s {state} {path.relative_to(TASKS)} items {case.items} failed {case.failed}")
        return {"state": state, "code": case.has_code, "items": case.items, "failed": case.failed, "type": str(case.task and case.task.OUTPUT_TYPE),
                "chats": case.equal_chats if state in ("equal", "differs") else None}

    def run(self):
        arguments = self.arguments
        if arguments.only:
            for one in arguments.only:
                self.one(TASKS / one)
            return self.report(len({Path(one).parts[0] for one in arguments.only}))
        files, all_tasks = accepted_files(arguments.bantam, arguments.list, "--allow-task-code")
        folders = forms(files)
        tell(f"tasks of the library: {all_tasks}, accepted {len(files)}, folders with accepted ones {len(folders)}, forms {sum(map(len, folders.values()))}")
        for place, folder, path in turns(folders, arguments.short):
            enough = self.counts["equal"] + self.counts["differs"] >= arguments.tasks
            if enough and (place > 3 or folder in self.folders) and not arguments.long:
                continue
            self.one(path)
        return self.report(len(folders))

    def report(self, folders):
        counts, done = self.counts, self.counts["equal"] + self.counts["differs"]
        tell(f"not counted: {counts['both fail']} tasks that fail on both sides on every row, {counts['no rows']} for which no rows were found, "
             f"{counts['package or network']} that need a package or the network, {counts['script fails']} on which this script fails")
        tell(f"items compared: {self.items}, of which both sides fail on {self.failed_items}; tasks by output type: "
             + ", ".join(f"{kind} {count}" for kind, count in sorted(self.kinds.items())))
        tell(f"{self.chat[0]} of {self.chat[1]} with a chat template")
        tell(f"{counts['equal']} of {done} tasks: all contexts, continuations, stop strings and targets equal lm-eval's "
             f"({self.with_code} of them with code, {len(self.folders)} of {folders} folders)")
        return 1 if counts["differs"] or self.chat[0] != self.chat[1] or counts["script fails"] or not done else 0


def main():
    parser = parity_parser(__doc__)
    parser.add_argument("--rows", type=int, default=3)
    parser.add_argument("--chats", type=int)
    arguments = parser.parse_args()
    arguments.tasks = arguments.tasks or (33 if arguments.short else 330)
    arguments.chats = arguments.chats or (4 if arguments.short else 32)
    arguments.chat_step = 1 if arguments.only else 7
    without_fetched_metrics()
    run_parity(Campaign, arguments, OUT)


if __name__ == "__main__":
    main()
